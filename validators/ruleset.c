/* Loads the rules: those in the binary, then a file of the user's that adds to them or alters them. */
#include "validators/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/resource.h"

enum { RULES_FILE_MAX = 4 * 1024 * 1024 };

static int at_line(const char *file, const char *text, const char *list, size_t index,
		   struct error *err)
{
	return error_wrap(err, "%s:%zu", file, json_item_line(text, list, index));
}

int ruleset_add(struct ruleset *rules, const char *file, const char *data, size_t len,
		struct error *err)
{
	static const char *const keys[] = {"rules", "overrides", NULL};
	struct json *root = json_parse(data, len, file, err);
	size_t index = 0;
	int rc = -1;

	if (!root)
		return -1;
	const struct json *list = json_get(root, "rules"), *overrides = json_get(root, "overrides");
	if (!json_is_object(root)) {
		error_set(err, ERROR_INPUT, "%s:1: expected an object", file);
		goto done;
	}
	if (json_only(root, keys, file, err) != 0)
		goto done;
	if ((list && !json_is_array(list)) || (overrides && !json_is_array(overrides))) {
		error_set(err, ERROR_INPUT, "%s: \"rules\" and \"overrides\" are arrays", file);
		goto done;
	}
	JSON_EACH (it, list) {
		if (rule_parse(rules, file, it, index, err) != 0) {
			at_line(file, data, "rules", index, err);
			goto done;
		}
		index++;
	}
	index = 0;
	JSON_EACH (it, overrides) {
		if (rule_override(rules, it, index, err) != 0) {
			at_line(file, data, "overrides", index, err);
			goto done;
		}
		index++;
	}
	rc = 0;
done:
	json_free(root);
	return rc;
}

static int add_own_file(struct ruleset *rules, const char *path, struct error *err)
{
	struct buf text;
	const char *file = arena_string(&rules->arena, path);

	rules->try_examples = true;
	buf_init(&text, RULES_FILE_MAX);
	int rc = file_read(path, &text, err);
	if (rc == 0)
		rc = ruleset_add(rules, file, text.data, text.len, err);
	buf_done(&text);
	return rc;
}

static int add_built_in(struct ruleset *rules, struct error *err)
{
	struct resource *files;
	size_t count;

	if (resource_list(&rules->arena, "validators/rules/", ".json", &files, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (ruleset_add(rules, files[i].name, files[i].data, files[i].len, err) != 0)
			return -1;
	return 0;
}

/* ---- groups ---- */

static bool speaks(const struct rule *rule, const char *language)
{
	if (!rule->languages)
		return true;
	for (size_t i = 0; language && rule->languages[i]; i++)
		if (strcmp(rule->languages[i], language) == 0)
			return true;
	return false;
}

static void fill_group(struct ruleset *rules, struct rule_group *group)
{
	struct arena *arena = &rules->arena;
	size_t needle_count = 0;

	group->rules = arena_array(arena, rules->count + 1, sizeof(struct rule *));
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		if (rule->off || !speaks(rule, group->language))
			continue;
		group->rules[group->count++] = rule;
		needle_count += rule->needles->count;
	}
	struct scanner_needle *needles = memory_zeroed((needle_count + 1) *
						       sizeof(struct scanner_needle));
	needle_count = 0;
	for (size_t i = 0; i < group->count; i++)
		for (size_t k = 0; k < group->rules[i]->needles->count; k++)
			needles[needle_count++] = (struct scanner_needle){
				.needle = &group->rules[i]->needles->items[k], .id = (uint32_t)i};
	group->scanner = scanner_new(arena, needles, needle_count);
	free(needles);
}

static bool has_group(const struct ruleset *rules, const char *language)
{
	for (size_t i = 0; i < rules->group_count; i++)
		if (strcmp(rules->groups[i].language, language) == 0)
			return true;
	return false;
}

void ruleset_make_groups(struct ruleset *rules)
{
	struct rule_group *group;

	for (size_t i = 0; i < rules->count; i++) {
		const char *const *language = rules->rules[i].languages;
		for (; language && *language; language++) {
			if (has_group(rules, *language))
				continue;
			group = arena_grow(&rules->arena, &rules->groups, rules->group_count,
					   sizeof(*group));
			group->language = *language;
			rules->group_count++;
		}
	}
	arena_grow(&rules->arena, &rules->groups, rules->group_count++, sizeof(*group));
	for (size_t i = 0; i < rules->group_count; i++)
		fill_group(rules, &rules->groups[i]);
}

const struct rule_group *ruleset_group(const struct ruleset *rules, const char *language)
{
	size_t last = rules->group_count - 1;

	for (size_t i = 0; language && i < last; i++)
		if (strcmp(rules->groups[i].language, language) == 0)
			return &rules->groups[i];
	return &rules->groups[last];
}

/* ---- in and out ---- */

int ruleset_load(struct ruleset **out, const char *extra, struct error *err)
{
	struct ruleset *rules = memory_zeroed(sizeof(*rules));

	*out = NULL;
	arena_init(&rules->arena);
	if (add_built_in(rules, err) != 0 || (extra && add_own_file(rules, extra, err) != 0)) {
		ruleset_free(rules);
		return -1;
	}
	ruleset_make_groups(rules);
	*out = rules;
	return 0;
}

void ruleset_free(struct ruleset *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		regex_free(rules->rules[i].regex);
	arena_done(&rules->arena);
	free(rules);
}

static int unknown_language(const struct rule *rule, const char *language, struct error *err)
{
	struct buf text;

	buf_init(&text, RULES_FILE_MAX);
	bool there = file_read(rule->file, &text, NULL) == 0;
	size_t line = there ? json_item_line(text.data, "rules", rule->index) : 1;
	buf_done(&text);
	return error_set(err, ERROR_INPUT, "%s:%zu: rule \"%s\": unknown language \"%s\"",
			 rule->file, line, rule->id, language);
}

int ruleset_check_languages(const struct ruleset *rules, const struct language *const *known,
			    struct error *err)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		for (size_t k = 0; rule->languages && rule->languages[k]; k++) {
			const struct language *const *it = known;
			while (*it && strcmp((*it)->name, rule->languages[k]) != 0)
				it++;
			if (!*it)
				return unknown_language(rule, rule->languages[k], err);
		}
	}
	return 0;
}
