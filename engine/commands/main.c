/* The front door: a table of sub-commands. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/nearest.h"
#include "engine/commands/commands.h"
#include "engine/commands/streams.h"

static const struct subcommand cmd_help;

static const struct subcommand *const commands[] = {
	&cmd_run,   &cmd_check,  &cmd_extract, &cmd_report,
	&cmd_serve, &cmd_doctor, &cmd_version, &cmd_help,
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static const char *command_name(const void *ctx, size_t index)
{
	(void)ctx;
	return index < COMMAND_COUNT ? commands[index]->name : NULL;
}

static const struct subcommand *find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int print(struct buf *out)
{
	struct error err = {0};
	int status = EXIT_OK;

	if (streams_write(NULL, out->data, out->len, &err) != 0) {
		streams_complain(NULL, err.text);
		status = EXIT_CANNOT;
	}
	buf_done(out);
	return status;
}

static int unknown(const char *name)
{
	const char *near = nearest_word(name, NULL, command_name);
	struct error err = {0};

	if (near)
		error_set(&err, ERROR_USAGE, "there is no command \"%.60s\"; did you mean \"%s\"?",
			  name, near);
	else
		error_set(&err, ERROR_USAGE,
			  "there is no command \"%.60s\"; type \"assay --help\" for the list",
			  name);
	streams_complain(NULL, err.text);
	return EXIT_USAGE;
}

static void overview(struct buf *out)
{
	buf_init(out, 0);
	buf_puts(out, "usage: assay COMMAND [OPTION...]\n\n"
		      "Takes what a language model wrote, proves it in a sandbox, and says what "
		      "came of it.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		buf_printf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	buf_puts(out, "\nassay COMMAND --help says more. Try: assay run reply.md\n");
}

static int run_help(const void *settings, const char *operand)
{
	struct buf out;

	(void)settings;
	if (!operand) {
		overview(&out);
		return print(&out);
	}
	if (!find(operand))
		return unknown(operand);
	buf_init(&out, 0);
	options_help(find(operand), &out);
	return print(&out);
}

static const struct option_spec no_options[] = {{.name = NULL}};

static const struct subcommand cmd_help = {
	.name = "help",
	.summary = "Shows what a command does and takes",
	.operand = "COMMAND",
	.options = no_options,
	.run = run_help,
};

static int run_command(const struct subcommand *command, int argc, char **argv)
{
	void *settings = memory_zeroed(command->settings_size + 1);
	const char *operand;
	struct error err = {0};
	bool help;
	int status;

	if (options_read(command, argc, argv, settings, &operand, &help, &err) != 0) {
		streams_complain(command->name, err.text);
		status = EXIT_USAGE;
	} else if (help) {
		status = run_help(NULL, command->name);
	} else {
		status = command->run(settings, operand);
	}
	options_done(command, settings);
	free(settings);
	return status;
}

int main(int argc, char **argv)
{
	struct buf out;

	streams_init();
	if (argc < 2) {
		streams_complain(NULL,
				 "name a command: \"assay run reply.md\", or \"assay --help\"");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		overview(&out);
		return print(&out);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return cmd_version.run(NULL, NULL);
	const struct subcommand *command = find(argv[1]);
	return command ? run_command(command, argc - 2, argv + 2) : unknown(argv[1]);
}
