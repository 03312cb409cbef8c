/* The rules as the checks see them: parsed, compiled, and grouped by language. */
#ifndef VALIDATORS_RULESET_H
#define VALIDATORS_RULESET_H

#include "engine/base/arena.h"
#include "engine/base/pattern.h"
#include "engine/base/regex.h"
#include "validators/scanner.h"
#include "validators/syntax.h"
#include "validators/validators.h"

enum { RULES_MAX = 2000, RULE_LINES_MAX = 50 };

enum { WHERE_ANY = 1 << TEXT_CODE | 1 << TEXT_STRING | 1 << TEXT_COMMENT };

struct rule {
	const char *file; /* where it is written */
	size_t index; /* in its "rules" */
	const char *id;
	const char *const *languages; /* NULL-terminated; NULL: every block */
	enum severity severity;
	enum finding_action action;
	bool off;
	const char *cwe;
	const char *pattern;
	unsigned where; /* bit 1 << enum text_class for each class a match may start in */
	unsigned lines; /* a match lies within so many lines */
	const char *message;
	const char *remedy;
	const char *const *hits; /* examples, NULL-terminated */
	const char *const *misses;
	struct regex *regex;
	const struct needles *needles; /* of regex */
};

/* The rules for one language, with the scanner that tells where they need to be tried. */
struct rule_group {
	const char *language; /* NULL: every language that has no group of its own */
	const struct rule **rules;
	size_t count;
	struct scanner *scanner; /* reports indexes into rules */
};

struct ruleset {
	struct arena arena;
	struct rule *rules; /* in the order of their files; those that are off too */
	size_t count;
	struct rule_group *groups; /* the last one has language NULL */
	size_t group_count;
	bool try_examples; /* of the rules being added; ours are tried by a test instead */
};

/* Adds what one rules file says. data is NUL-terminated; file names it in messages. */
int ruleset_add(struct ruleset *rules, const char *file, const char *data, size_t len,
		struct error *err);

/* After the last file: what the checks need. */
void ruleset_make_groups(struct ruleset *rules);

/* rule_parse.c: one element of "rules" and of "overrides" of a file; err does not say where it is. */
struct json;
int rule_parse(struct ruleset *rules, const char *file, const struct json *json, size_t index,
	       struct error *err);
int rule_override(struct ruleset *rules, const struct json *json, size_t index, struct error *err);

const struct rule_group *ruleset_group(const struct ruleset *rules, const char *language);

#endif
