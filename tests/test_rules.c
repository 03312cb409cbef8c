/* The rules: every example of every rule, and that the scanner never hides a match. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/validators_cmocka.h"

static int try_example(const struct rule *rule, const char *language, const char *text, bool wanted)
{
	struct block block = support_block(language, text, strlen(text));
	struct findings findings;
	struct arena arena;
	int wrong = 0;

	for (int everywhere = 0; everywhere < 2; everywhere++) {
		arena_init(&arena);
		support_check_rules(rules, &block, everywhere, &arena, &findings);
		if (!!find(&findings, rule->id) != wanted) {
			print_error("%s (%s%s) %s: %s\n", rule->id, language ? language : "any",
				    everywhere ? ", everywhere" : "",
				    wanted ? "does not hit" : "hits", text);
			wrong++;
		}
		arena_done(&arena);
	}
	return wrong;
}

static int try_language(const struct rule *rule, const char *language)
{
	int wrong = 0;

	for (size_t i = 0; rule->hits[i]; i++)
		wrong += try_example(rule, language, rule->hits[i], true);
	for (size_t i = 0; rule->misses[i]; i++)
		wrong += try_example(rule, language, rule->misses[i], false);
	return wrong;
}

static void every_example_is_as_it_says(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		for (size_t k = 0; rule->languages && rule->languages[k]; k++)
			wrong += try_language(rule, rule->languages[k]);
		if (!rule->languages)
			wrong += try_language(rule, NULL);
	}
	assert_int_equal(wrong, 0);
}

static void every_rule_is_complete(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(rules->count > 60);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		bool good = rule->needles->count && rule->hits[0] && rule->hits[1] &&
			    rule->misses[0] && rule->misses[1] && rule->cwe;
		if (!good)
			print_error("%s lacks needles, a CWE or two examples each\n", rule->id);
		wrong += !good;
	}
	assert_int_equal(wrong, 0);
}

/* A text that nobody planned: pieces of all examples, glued with what code is made of. */
static size_t glue(char *out, size_t max, unsigned *seed)
{
	static const char *const between[] = {"\n",   "\n", " ",  "\"", "'",   "#",
					      "//",   "`",  "; ", "${", "}",   "\\",
					      "\r\n", "(",  "/*", "*/", "xxxx"};
	size_t len = 0;

	while (len + 600 < max && rand_r(seed) % 40) {
		const struct rule *rule = &rules->rules[(size_t)rand_r(seed) % rules->count];
		const char *const *list = rand_r(seed) % 3 ? rule->hits : rule->misses;
		const char *example = list[rand_r(seed) % 2];
		size_t whole = strlen(example), from = 0;
		if (rand_r(seed) % 4 == 0)
			from = (size_t)rand_r(seed) % whole;
		size_t part = rand_r(seed) % 4 ? whole - from
					       : (size_t)rand_r(seed) % (whole - from) + 1;
		len += (size_t)snprintf(out + len, max - len, "%.*s%s", (int)part, example + from,
					between[(size_t)rand_r(seed) % 17]);
	}
	return len;
}

static int by_place(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->rule, b->rule);
}

static void sort(struct findings *findings)
{
	if (findings->count)
		qsort(findings->items, findings->count, sizeof(struct finding), by_place);
}

static void compare(const struct block *block, unsigned seed, size_t *total)
{
	struct findings with, without;
	struct arena arena;

	arena_init(&arena);
	support_check_rules(rules, block, false, &arena, &with);
	support_check_rules(rules, block, true, &arena, &without);
	sort(&with);
	sort(&without);
	for (size_t i = 0; i < with.count && i < without.count; i++)
		if (by_place(&with.items[i], &without.items[i]) != 0)
			fail_msg("seed %u: %s at %zu:%zu, everywhere %s at %zu:%zu", seed,
				 with.items[i].rule, with.items[i].line, with.items[i].column,
				 without.items[i].rule, without.items[i].line,
				 without.items[i].column);
	assert_int_equal(with.count, without.count);
	*total += with.count;
	arena_done(&arena);
}

static void the_scanner_hides_nothing(void **state)
{
	static char text[16384];
	size_t total = 0;

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		unsigned seed = round;
		const char *language =
			__start_registry_runners[round % REGISTRY_COUNT(runners)]->language.name;
		size_t len = glue(text, sizeof(text), &seed);
		struct block block = support_block(language, text, len);
		text[len] = '\0';
		compare(&block, round, &total);
	}
	if (total < 1000)
		fail_msg("only %zu findings: the texts test nothing", total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_complete),
		cmocka_unit_test(every_example_is_as_it_says),
		cmocka_unit_test(the_scanner_hides_nothing),
	};

	return cmocka_run_group_tests_name("rules", tests, load, unload);
}
