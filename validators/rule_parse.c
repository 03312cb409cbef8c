/* One rule, and one override, out of a rules file: every mistake named with its rule. */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "validators/ruleset.h"

enum { ID_MAX = 64, TEXT_MAX = 600, EXAMPLE_STEPS = 1000000 };

/* What is being read, for messages and for where things are kept. */
struct source {
	struct arena *arena;
	const char *what; /* `rule "x"`; the caller puts file and line before it */
	struct error *err;
};

static int wrong(const struct source *src, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int wrong(const struct source *src, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(src->err, ERROR_INPUT, "%s: %s", src->what, text);
	return -1;
}

/* ---- fields ---- */

static int read_text(const struct source *src, const struct json *json, const char *key,
		     const char **out)
{
	const char *text = json_string(json_get(json, key), NULL);

	if (!text || !*text)
		return wrong(src, "\"%s\" is missing or not a text", key);
	if (strlen(text) > TEXT_MAX)
		return wrong(src, "\"%s\" is longer than %d bytes", key, TEXT_MAX);
	*out = arena_string(src->arena, text);
	return 0;
}

/* An array of one text or more; must_be says of what, in the message. */
static int read_texts(const struct source *src, const struct json *list, const char *key,
		      const char *must_be, const char *const **out)
{
	size_t count = 0;
	bool good = json_is_array(list) && json_first(list);

	JSON_EACH (it, list)
		good = good && json_is_string(it);
	if (!good) {
		wrong(src, "\"%s\" must be an array of %s", key, must_be);
		return -1;
	}
	const char **texts = arena_array(src->arena, json_count(list) + 1, sizeof(*texts));
	JSON_EACH (it, list)
		texts[count++] = arena_string(src->arena, json_string(it, ""));
	*out = texts;
	return 0;
}

static int read_severity(const struct source *src, const struct json *json, enum severity *out)
{
	const char *word = json_string(json, "");

	if (severity_from_name(word, out) != 0)
		return wrong(src, "unknown severity \"%s\" (info, low, medium, high, critical)",
			     word);
	return 0;
}

static int read_action(const struct source *src, const struct json *json, struct rule *rule)
{
	const char *word = json_string(json, "");

	rule->off = strcmp(word, "off") == 0;
	if (strcmp(word, "block") == 0)
		rule->action = ACTION_BLOCK;
	else if (strcmp(word, "warn") == 0)
		rule->action = ACTION_WARN;
	else if (!rule->off)
		return wrong(src, "unknown action \"%s\" (block, warn, off)", word);
	return 0;
}

static int add_where(const struct source *src, const char *word, unsigned *where)
{
	static const struct {
		const char *word;
		unsigned mask;
	} words[] = {{"code", 1U << TEXT_CODE},
		     {"strings", 1U << TEXT_STRING},
		     {"comments", 1U << TEXT_COMMENT},
		     {"any", WHERE_ANY}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*where |= words[i].mask;
			return 0;
		}
	}
	return wrong(src, "unknown \"where\": \"%s\" (code, strings, comments, any)", word);
}

static int read_where(const struct source *src, const struct json *json, unsigned *where)
{
	const char *const *words;

	if (json_is_string(json))
		return add_where(src, json_string(json, ""), where);
	if (read_texts(src, json, "where", "code, strings, comments or any", &words) != 0)
		return -1;
	for (; *words; words++)
		if (add_where(src, *words, where) != 0)
			return -1;
	return 0;
}

static int read_languages(const struct source *src, const struct json *json, struct rule *rule)
{
	if (read_texts(src, json, "languages", "language names, or [\"any\"]", &rule->languages) !=
	    0)
		return -1;
	if (strcmp(rule->languages[0], "any") == 0 && !rule->languages[1])
		rule->languages = NULL;
	return 0;
}

static int read_cwe(const struct source *src, const struct json *json, struct rule *rule)
{
	if (json_is_null(json))
		return 0;
	const char *cwe = json_string(json, "");
	if (strncmp(cwe, "CWE-", 4) != 0 || !cwe[4] || cwe[4 + strspn(cwe + 4, "0123456789")])
		return wrong(src, "\"cwe\" must look like \"CWE-78\"");
	rule->cwe = arena_string(src->arena, cwe);
	return 0;
}

static int read_lines(const struct source *src, const struct json *json, struct rule *rule)
{
	double lines = json_number(json, json_is_null(json) ? 1 : 0);

	if (!(lines >= 1 && lines <= RULE_LINES_MAX) || lines != (unsigned)lines)
		return wrong(src, "\"lines\" must be a whole number from 1 to %d", RULE_LINES_MAX);
	rule->lines = (unsigned)lines;
	return 0;
}

/* ---- pattern and examples ---- */

static int read_pattern(const struct source *src, const struct json *json, struct rule *rule)
{
	struct error why = {0};
	const char *pattern = json_string(json_get(json, "pattern"), NULL);

	if (!pattern || !*pattern)
		return wrong(src, "\"pattern\" is missing or not a text");
	rule->pattern = arena_string(src->arena, pattern);
	if (regex_new(&rule->regex, rule->pattern, &why) != 0)
		return wrong(src, "pattern: %s", why.text);
	rule->needles = regex_needles(rule->regex);
	return 0;
}

static int read_examples(const struct source *src, const struct json *json, struct rule *rule)
{
	static const char *const keys[] = {"hit", "miss", NULL};
	const struct json *examples = json_get(json, "examples");

	if (!examples)
		return wrong(src, "\"examples\" is missing: texts it must hit and must miss");
	if (json_only(examples, keys, src->what, src->err) != 0)
		return -1;
	if (read_texts(src, json_get(examples, "hit"), "examples.hit", "texts that the rule hits",
		       &rule->hits) != 0)
		return -1;
	return read_texts(src, json_get(examples, "miss"), "examples.miss",
			  "texts that the rule does not hit", &rule->misses);
}

static bool found(struct regex_scratch *scratch, const struct rule *rule, const char *text)
{
	size_t len = strlen(text), at;
	struct regex_window window = {.text = text, .start_end = len, .end = len};

	regex_grant(scratch, EXAMPLE_STEPS);
	return regex_find(rule->regex, scratch, &window, &at) == REGEX_MATCH;
}

/*
 * A rule whose own examples fail is a mistake that its writer wants to hear of now. Where a match
 * lies (code, string) depends on the language and is not looked at here.
 */
static int try_examples(const struct source *src, const struct rule *rule)
{
	struct regex_scratch *scratch = regex_scratch_new();
	bool anywhere = rule->where == WHERE_ANY;
	int rc = 0;

	for (size_t i = 0; rc == 0 && rule->hits[i]; i++)
		if (!found(scratch, rule, rule->hits[i]))
			rc = wrong(src, "the pattern does not hit examples.hit[%zu]", i);
	for (size_t i = 0; rc == 0 && anywhere && rule->misses[i]; i++)
		if (found(scratch, rule, rule->misses[i]))
			rc = wrong(src, "the pattern hits examples.miss[%zu]", i);
	regex_scratch_free(scratch);
	return rc;
}

/* ---- a rule ---- */

static int read_id(const struct source *src, const struct ruleset *rules, const struct json *json,
		   const char **out)
{
	static const char *const reserved[] = {"check-", "language-", "limit-", "path-"};
	const char *id = json_string(json_get(json, "id"), "");

	if (!*id || strlen(id) > ID_MAX || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return wrong(src, "\"id\" must be 1 to %d of a-z, 0-9 and -", ID_MAX);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strncmp(id, reserved[i], strlen(reserved[i])) == 0)
			return wrong(src, "names that start with \"%s\" are taken by other checks",
				     reserved[i]);
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->rules[i].id, id) == 0)
			return wrong(src,
				     "duplicate id, also in %s (to alter that rule, write "
				     "an override)",
				     rules->rules[i].file);
	*out = arena_string(src->arena, id);
	return 0;
}

static int read_fields(const struct source *src, const struct json *json, struct rule *rule)
{
	if (read_languages(src, json_get(json, "languages"), rule) != 0 ||
	    read_severity(src, json_get(json, "severity"), &rule->severity) != 0 ||
	    read_action(src, json_get(json, "action"), rule) != 0 ||
	    read_cwe(src, json_get(json, "cwe"), rule) != 0 ||
	    read_where(src, json_get(json, "where"), &rule->where) != 0 ||
	    read_lines(src, json_get(json, "lines"), rule) != 0 ||
	    read_text(src, json, "message", &rule->message) != 0 ||
	    read_text(src, json, "remedy", &rule->remedy) != 0 ||
	    read_examples(src, json, rule) != 0)
		return -1;
	return read_pattern(src, json, rule);
}

int rule_parse(struct ruleset *rules, const char *file, const struct json *json, size_t index,
	       struct error *err)
{
	static const char *const keys[] = {"id",      "languages", "severity", "action",
					   "cwe",     "pattern",   "where",    "lines",
					   "message", "remedy",    "examples", NULL};
	const char *name = json_string(json_get(json, "id"), NULL);
	struct source src = {.arena = &rules->arena, .err = err};
	struct rule rule = {.file = file, .index = index};

	src.what = name ? arena_printf(src.arena, "rule \"%.*s\"", ID_MAX, name)
			: arena_printf(src.arena, "rule %zu", index + 1);
	if (rules->count == RULES_MAX)
		return wrong(&src, "there are more than %d rules", RULES_MAX);
	if (json_only(json, keys, src.what, err) != 0 || read_id(&src, rules, json, &rule.id) != 0)
		return -1;
	/* From here the set owns what the rule holds, finished or not. */
	struct rule *slot = arena_grow(src.arena, &rules->rules, rules->count, sizeof(struct rule));
	rules->count++;
	int rc = read_fields(&src, json, &rule);
	*slot = rule;
	if (rc == 0 && rules->try_examples)
		rc = try_examples(&src, &rule);
	return rc;
}

/* ---- an override ---- */

int rule_override(struct ruleset *rules, const struct json *json, size_t index, struct error *err)
{
	static const char *const keys[] = {"rules", "action", "severity", "reason", NULL};
	struct source src = {.arena = &rules->arena, .err = err};
	const char *const *globs = NULL;

	src.what = arena_printf(src.arena, "override %zu", index + 1);
	if (json_only(json, keys, src.what, err) != 0 ||
	    read_texts(&src, json_get(json, "rules"), "rules", "rule ids, * and ? allowed",
		       &globs) != 0)
		return -1;
	const struct json *action = json_get(json, "action"),
			  *severity = json_get(json, "severity");
	if (!action && !severity)
		return wrong(&src, "says neither \"action\" nor \"severity\"");
	for (; globs && *globs; globs++) {
		bool any = false;
		for (size_t i = 0; i < rules->count; i++) {
			struct rule *rule = &rules->rules[i];
			if (fnmatch(*globs, rule->id, 0) != 0)
				continue;
			any = true;
			if ((action && read_action(&src, action, rule) != 0) ||
			    (severity && read_severity(&src, severity, &rule->severity) != 0))
				return -1;
		}
		if (!any)
			return wrong(&src, "no rule is called \"%.80s\"", *globs);
	}
	return 0;
}
