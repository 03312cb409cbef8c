/* What `run` and `check` both need before a job can start: settings, rules, and the reply's text. */
#ifndef COMMANDS_PREPARE_H
#define COMMANDS_PREPARE_H

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/config.h"
#include "engine/commands/options.h"
#include "engine/pipeline/job.h"

/* The options that both commands have. */
struct reply_settings {
	const char *environment;
	const char *workspace;
	const char *rules;
	struct option_words languages;
	bool no_install;
};

/* clang-format off */
#define REPLY_OPTIONS(type, member)                                                                \
	{"env", 'e', OPTION_TEXT, offsetof(type, member.environment), "NAME",                      \
	 "environment to run in; without it the language of the code decides", NULL},              \
	{"workspace", 'w', OPTION_TEXT, offsetof(type, member.workspace), "DIR",                   \
	 "folder to start from and, when the run passes, to write to; without it a new one that "  \
	 "is forgotten", NULL},                                                                    \
	{"rules", 0, OPTION_TEXT, offsetof(type, member.rules), "FILE",                            \
	 "more rules, on top of the built-in ones", NULL},                                         \
	{"allow-language", 0, OPTION_WORDS, offsetof(type, member.languages), "NAME",              \
	 "refuse code in any other language; may be given more than once", NULL},                  \
	{"no-install", 0, OPTION_FLAG, offsetof(type, member.no_install), NULL,                    \
	 "install no dependencies", NULL}
/* clang-format on */

struct prepared {
	struct arena arena;
	struct config config;
	struct buf text;
	struct ruleset *rules;
	struct job_options options; /* from the above; sandbox and events are not set */
};

/*
 * ERROR_USAGE for what was typed wrongly (an unknown environment or language, a workspace that is a
 * file), ERROR_TOO_LARGE for a reply over 64 MiB. prepared_done is needed after failure too.
 */
int prepare(struct prepared *prepared, const struct reply_settings *settings, const char *file,
	    struct error *err);
/* The bounds on a reply's text that all commands have. */
struct check_limits prepare_check_limits(void);
/* The built-in rules and those of the file extra (NULL: none); after failure too, *out is to be freed. */
int prepare_rules(struct arena *arena, struct ruleset **out, const char *extra, struct error *err);

void prepared_done(struct prepared *prepared);

#endif
