/* Reads a command line by its table of options, and writes the help from the same table. */
#include "engine/commands/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/nearest.h"
#include "engine/commands/option_value.h"

struct reader {
	const struct subcommand *command;
	char **argv;
	int argc;
	int at; /* index of the argument being read */
	void *settings;
	const char **operand;
	struct error *err;
};

static const char *option_name_at(const void *ctx, size_t index)
{
	const struct option_spec *options = ctx;

	for (size_t i = 0; i < index; i++) {
		if (!options[i].name)
			return NULL;
	}
	return options[index].name ? options[index].name : "help";
}

static int unknown_option(struct reader *r, const char *shown, const char *name)
{
	const char *near = name ? nearest_word(name, r->command->options, option_name_at) : NULL;

	if (near)
		return error_set(r->err, ERROR_USAGE,
				 "there is no option \"%.60s\"; did you mean --%s?", shown, near);
	return error_set(r->err, ERROR_USAGE,
			 "there is no option \"%.60s\"; type \"assay %s --help\" for the list",
			 shown, r->command->name);
}

/* inline_value is what stood after "=" or glued to the letter, NULL when nothing did. */
static int take(struct reader *r, const struct option_spec *spec, const char *inline_value)
{
	if (spec->kind == OPTION_FLAG && inline_value)
		return error_set(r->err, ERROR_USAGE, "--%s takes no value", spec->name);
	if (spec->kind == OPTION_FLAG)
		return option_store(spec, "yes", r->settings, r->err);
	if (!inline_value) {
		if (r->at + 1 >= r->argc)
			return error_set(r->err, ERROR_USAGE, "--%s needs a value: --%s %s",
					 spec->name, spec->name, spec->value);
		inline_value = r->argv[++r->at];
	}
	return option_store(spec, inline_value, r->settings, r->err);
}

static int read_long(struct reader *r, const char *arg)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);

	for (const struct option_spec *spec = r->command->options; spec->name; spec++) {
		if (strlen(spec->name) == len && strncmp(spec->name, arg, len) == 0)
			return take(r, spec, equals ? equals + 1 : NULL);
	}
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63), arg);
	return unknown_option(r, arg - 2, name);
}

static int read_short(struct reader *r, const char *letters)
{
	for (const char *at = letters; *at; at++) {
		const struct option_spec *spec = r->command->options;
		while (spec->name && spec->letter != *at)
			spec++;
		if (!spec->name)
			return unknown_option(r, letters - 1, NULL);
		if (spec->kind == OPTION_FLAG) {
			if (take(r, spec, NULL) != 0)
				return -1;
			continue;
		}
		return take(r, spec, at[1] ? at + 1 : NULL);
	}
	return 0;
}

static int read_operand(struct reader *r, const char *arg)
{
	const struct subcommand *command = r->command;

	if (!command->operand)
		return error_set(r->err, ERROR_USAGE,
				 "\"%.60s\" is too much: assay %s takes options only", arg,
				 command->name);
	if (*r->operand)
		return error_set(r->err, ERROR_USAGE,
				 "\"%.60s\" is too much: assay %s takes one %s", arg, command->name,
				 command->operand);
	if (!*arg)
		return error_set(r->err, ERROR_USAGE, "%s is empty", command->operand);
	*r->operand = arg;
	return 0;
}

int options_read(const struct subcommand *command, int argc, char **argv, void *settings,
		 const char **operand, bool *help, struct error *err)
{
	struct reader r = {command, argv, argc, 0, settings, operand, err};
	bool only_operands = false;

	*operand = NULL;
	*help = false;
	if (command->defaults)
		memcpy(settings, command->defaults, command->settings_size);
	else if (command->settings_size)
		memset(settings, 0, command->settings_size);
	for (; r.at < argc; r.at++) {
		const char *arg = argv[r.at];
		int rc;

		if (only_operands || arg[0] != '-' || arg[1] == '\0') {
			rc = read_operand(&r, arg);
		} else if (strcmp(arg, "--") == 0) {
			only_operands = true;
			rc = 0;
		} else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			*help = true;
			return 0;
		} else {
			rc = arg[1] == '-' ? read_long(&r, arg + 2) : read_short(&r, arg + 1);
		}
		if (rc != 0)
			return -1;
	}
	return 0;
}

void options_done(const struct subcommand *command, void *settings)
{
	for (const struct option_spec *spec = command->options; spec->name; spec++) {
		if (spec->kind == OPTION_WORDS) {
			struct option_words *words = (struct option_words *)((char *)settings +
									     spec->offset);
			free(words->storage);
			words->storage = NULL;
		}
	}
}

/* ---- help ---- */

enum { HELP_COLUMN = 26, HELP_WIDTH = 92 };

static void pad(struct buf *out, size_t line_start)
{
	do
		buf_putc(out, ' ');
	while (out->len - line_start < HELP_COLUMN);
}

/* Words of text from HELP_COLUMN on, broken before HELP_WIDTH. */
static void write_wrapped(struct buf *out, size_t line_start, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		if (out->len - line_start > HELP_COLUMN &&
		    out->len - line_start + 1 + len > HELP_WIDTH) {
			buf_putc(out, '\n');
			line_start = out->len;
			pad(out, line_start);
		} else if (out->len - line_start > HELP_COLUMN) {
			buf_putc(out, ' ');
		}
		buf_append(out, text, len);
		text += len;
		text += strspn(text, " ");
	}
	buf_putc(out, '\n');
}

static void write_option(struct buf *out, const struct option_spec *spec)
{
	struct buf text;
	size_t start = out->len;

	if (spec->letter)
		buf_printf(out, "  -%c, --%s", spec->letter, spec->name);
	else
		buf_printf(out, "      --%s", spec->name);
	if (spec->value)
		buf_printf(out, " %s", spec->value);
	if (out->len - start >= HELP_COLUMN) {
		buf_putc(out, '\n');
		start = out->len;
	}
	pad(out, start);
	buf_init(&text, 4096);
	buf_puts(&text, spec->help);
	for (size_t i = 0; spec->choices && spec->choices(i); i++)
		buf_printf(&text, "%s%s", i ? ", " : ": ", spec->choices(i));
	write_wrapped(out, start, text.data);
	buf_done(&text);
}

void options_help(const struct subcommand *command, struct buf *out)
{
	static const struct option_spec help = {
		.name = "help",
		.letter = 'h',
		.help = "show this text",
	};

	buf_printf(out, "usage: assay %s%s", command->name,
		   command->options->name ? " [OPTION...]" : "");
	if (command->operand)
		buf_printf(out, " [%s]", command->operand);
	buf_printf(out, "\n\n%s.\n\n", command->summary);
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		write_option(out, spec);
	write_option(out, &help);
	if (command->details)
		buf_printf(out, "\n%s", command->details);
}
