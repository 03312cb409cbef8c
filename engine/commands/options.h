/*
 * The command line: one table of options for each command is read by the parser and by the help, so
 * that neither can know an option which the other does not.
 *
 *     static const struct option_spec options[] = {
 *             {"memory", 0, OPTION_SIZE, offsetof(struct settings, memory), "SIZE", "...", NULL},
 *             {NULL},
 *     };
 */
#ifndef COMMANDS_OPTIONS_H
#define COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

enum option_kind { /* what stands in the settings at the option's offset */
		   OPTION_FLAG, /* bool */
		   OPTION_TEXT, /* const char *, never "" */
		   OPTION_CHOICE, /* const char *, one of choices */
		   OPTION_SIZE, /* uint64_t bytes, at least 1: 65536, 64K, 512M, 4G (powers of 1024) */
		   OPTION_DURATION, /* uint64_t milliseconds, at least 1: 500ms, 30s, 5m, 1h; 30 is 30s */
		   OPTION_COUNT, /* unsigned, at least 1 */
		   OPTION_STATUS, /* int, 0 to 255: an exit status */
		   OPTION_NUMBER, /* double, over 0 */
		   OPTION_WORDS, /* struct option_words; given again, or with commas, it adds */
};

enum { OPTION_WORDS_MAX = 32 };

struct option_words {
	const char *items[OPTION_WORDS_MAX + 1]; /* NULL-terminated */
	size_t count;
	char *storage; /* heap, released by options_done */
};

/* The words of a choice, one after the other; NULL past the last. */
typedef const char *(*option_choice_fn)(size_t index);

struct option_spec {
	const char *name; /* without dashes; NULL ends the table */
	char letter; /* short form, 0: none */
	enum option_kind kind;
	size_t offset;
	const char *value; /* how the help calls the value: "DIR"; NULL for flags */
	const char *help;
	option_choice_fn choices;
};

struct subcommand {
	const char *name;
	const char *summary; /* one line of `assay --help` */
	const char *operand; /* "FILE" or "COMMAND", at most one is taken; NULL: none */
	const char *details; /* paragraphs after the option list, each line ended; NULL: none */
	const struct option_spec *options;
	size_t settings_size;
	const void *defaults; /* of settings_size; NULL: zeros */
	/* operand NULL: not given. Returns the exit status. */
	int (*run)(const void *settings, const char *operand);
};

/*
 * Reads argv (without the sub-command's name) into settings, which begin as the defaults. Strings
 * borrow from argv. *help says that --help was given: the rest is then not looked at. On ERROR_USAGE
 * err is one sentence with what to type.
 */
int options_read(const struct subcommand *command, int argc, char **argv, void *settings,
		 const char **operand, bool *help, struct error *err);

/* Releases what the settings own. */
void options_done(const struct subcommand *command, void *settings);

void options_help(const struct subcommand *command, struct buf *out);

#endif
