/* Rules files: every mistake is named with its place, and a user's file adds and overrides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "runners/language.h"
#include "tests/cpu.h"
#include "tests/validators_support.h"
#include "validators/validators.h"

static void check(const struct ruleset *rules, const struct block *block, struct arena *arena,
		  struct findings *out)
{
	struct blocks blocks = {.items = (struct block *)block, .count = 1};
	struct check_limits none = {0};

	assert_int_equal(validators_check(rules, &none, 0, &blocks, arena, out, NULL), 0);
}

static int load_text(const char *text, struct ruleset **out, struct error *err)
{
	char path[] = "/tmp/test-rules-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(file_write_fd(fd, text, strlen(text), NULL), 0);
	close(fd);
	int rc = ruleset_load(out, path, err);
	unlink(path);
	/* The name changes from run to run. */
	char *name = strstr(err->text, path);
	if (name)
		memmove(name + 1, name + strlen(path), strlen(name + strlen(path)) + 1),
			*name = '@';
	return rc;
}

#define BODY                                                                                       \
	"\"languages\":[\"go\"],\"severity\":\"low\",\"action\":\"warn\",\"where\":\"any\","       \
	"\"message\":\"m\",\"remedy\":\"r\""
#define EXAMPLES ",\"examples\":{\"hit\":[\"abc\"],\"miss\":[\"xyz\"]}"
#define RULE(id, rest) "{\"rules\":[{\"id\":\"" id "\"," rest "}]}"

static const struct mistake {
	const char *text, *error;
} mistakes[] = {
	{"{\n \"rules\": [,]\n}", "@:2:12: not valid JSON"},
	{"[]", "@:1: expected an object"},
	{"{\"rulez\":[]}", "@: unknown field \"rulez\" (known: rules, overrides)"},
	{"{\"rules\":{}}", "@: \"rules\" and \"overrides\" are arrays"},
	{"{\"rules\":[7]}", "@:1: rule 1: expected an object"},
	{"{\"rules\":[{}]}", "@:1: rule 1: \"id\" must be 1 to 64 of a-z, 0-9 and -"},
	{RULE("A", BODY), "@:1: rule \"A\": \"id\" must be 1 to 64 of a-z, 0-9 and -"},
	{RULE("path-x", BODY),
	 "@:1: rule \"path-x\": names that start with \"path-\" are taken by other checks"},
	{RULE("x", "\"colour\":1"), NULL},
	{RULE("go-unsafe", BODY EXAMPLES ",\"pattern\":\"abc\""),
	 "@:1: rule \"go-unsafe\": duplicate id, also in validators/rules/go.json (to alter that "
	 "rule, write an override)"},
	{RULE("x", "\"languages\":[\"go\"],\"severity\":\"bad\""),
	 "@:1: rule \"x\": unknown severity \"bad\" (info, low, medium, high, critical)"},
	{RULE("x", "\"languages\":[\"go\"],\"severity\":\"low\",\"action\":\"stop\""),
	 "@:1: rule \"x\": unknown action \"stop\" (block, warn, off)"},
	{RULE("x", "\"languages\":[]"),
	 "@:1: rule \"x\": \"languages\" must be an array of language names, or [\"any\"]"},
	{RULE("x", BODY ",\"cwe\":\"78\"" EXAMPLES ",\"pattern\":\"abc\""),
	 "@:1: rule \"x\": \"cwe\" must look like \"CWE-78\""},
	{RULE("x", BODY ",\"lines\":51" EXAMPLES ",\"pattern\":\"abc\""),
	 "@:1: rule \"x\": \"lines\" must be a whole number from 1 to 50"},
	{RULE("x", BODY ",\"pattern\":\"abc\""),
	 "@:1: rule \"x\": \"examples\" is missing: texts it must hit and must miss"},
	{RULE("x", BODY ",\"pattern\":\"abc\",\"examples\":{\"hit\":[\"abc\"],\"miss\":[]}"),
	 "@:1: rule \"x\": \"examples.miss\" must be an array of texts that the rule does not hit"},
	{RULE("x", BODY EXAMPLES), "@:1: rule \"x\": \"pattern\" is missing or not a text"},
	{RULE("x", BODY EXAMPLES ",\"pattern\":\"ab(c\""),
	 "@:1: rule \"x\": pattern: at offset 4: missing closing parenthesis"},
	{RULE("x", BODY EXAMPLES ",\"pattern\":\"(abc)*\""),
	 "@:1: rule \"x\": pattern: at offset 0: matches the empty string, so it would match "
	 "everywhere"},
	{RULE("x", BODY EXAMPLES ",\"pattern\":\"b$\""),
	 "@:1: rule \"x\": the pattern does not hit examples.hit[0]"},
	{RULE("x", BODY EXAMPLES ",\"pattern\":\"abc|y\""),
	 "@:1: rule \"x\": the pattern hits examples.miss[0]"},
	{"{\"overrides\":[{\"rules\":[\"py-evil\"],\"action\":\"off\"}]}",
	 "@:1: override 1: no rule is called \"py-evil\""},
	{"{\"overrides\":[\n{\"rules\":[\"py-eval\"],\"action\":\"off\",\"reason\":\"\\\"]\"},\n\n7]}",
	 "@:4: override 2: expected an object"},
	{"{\"overrides\":[{\"rules\":[\"py-eval\"]}]}",
	 "@:1: override 1: says neither \"action\" nor \"severity\""},
};

static void mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct error err = {0};
		struct ruleset *loaded;
		if (load_text(mistakes[i].text, &loaded, &err) == 0)
			fail_msg("loads: %s", mistakes[i].text);
		if (mistakes[i].error)
			assert_string_equal(err.text, mistakes[i].error);
		else
			assert_non_null(
				strstr(err.text, "@:1: rule \"x\": unknown field \"colour\""));
	}
}

static void a_missing_rules_file_is_named(void **state)
{
	struct error err = {0};
	struct ruleset *loaded;

	(void)state;
	assert_int_equal(ruleset_load(&loaded, "/nonexistent/rules.json", &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "/nonexistent/rules.json"));
}

static void a_users_file_adds_and_overrides(void **state)
{
	static const char text[] =
		"{\"rules\":[{\"id\":\"our-print\",\"languages\":[\"python\"],\"severity\":\"low\","
		"\"action\":\"block\",\"where\":\"code\",\"pattern\":\"\\\\bprint\\\\(\","
		"\"message\":\"m\",\"remedy\":\"r\","
		"\"examples\":{\"hit\":[\"print(x)\"],\"miss\":[\"sprint(x)\"]}}],"
		"\"overrides\":[{\"rules\":[\"py-*\"],\"action\":\"off\",\"reason\":\"legacy\"},"
		"{\"rules\":[\"py-eval\"],\"action\":\"block\",\"severity\":\"high\"}]}";
	static const char code[] = "print(eval(pickle.load(f)))\n";
	struct ruleset *loaded;
	struct error err = {0};
	struct findings findings;
	struct arena arena;

	(void)state;
	if (load_text(text, &loaded, &err) != 0)
		fail_msg("%s", err.text);
	arena_init(&arena);
	struct block block = support_block("python", code, sizeof(code) - 1);
	check(loaded, &block, &arena, &findings);
	assert_int_equal(findings.count, 2);
	assert_string_equal(findings.items[0].rule, "our-print");
	assert_int_equal(findings.items[0].action, ACTION_BLOCK);
	assert_string_equal(findings.items[1].rule, "py-eval");
	assert_int_equal(findings.items[1].action, ACTION_BLOCK);
	assert_int_equal(findings.items[1].severity, SEVERITY_HIGH);
	arena_done(&arena);
	ruleset_free(loaded);
}

/* A pattern that takes exponential time: the check ends soon and says that it does not know. */
static void a_costly_pattern_ends_in_a_finding(void **state)
{
	static const char text[] =
		"{\"rules\":[{\"id\":\"slow\",\"languages\":[\"any\"],\"severity\":\"low\","
		"\"action\":\"block\",\"where\":\"any\",\"pattern\":\"(x+x+)+y\","
		"\"message\":\"m\",\"remedy\":\"r\","
		"\"examples\":{\"hit\":[\"xxxy\"],\"miss\":[\"xxx\"]}}]}";
	struct ruleset *loaded;
	struct error err = {0};
	struct findings findings;
	struct arena arena;
	struct buf code;

	(void)state;
	if (load_text(text, &loaded, &err) != 0)
		fail_msg("%s", err.text);
	arena_init(&arena);
	buf_init(&code, 1 << 20);
	while (!code.truncated)
		buf_puts(&code, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxz y\n");
	struct block block = support_block("python", code.data, code.len);
	double start = cpu_ms();
	check(loaded, &block, &arena, &findings);
	assert_true(cpu_ms() - start < 5000);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].rule, "check-limit");
	assert_string_equal(findings.items[0].message,
			    "the text makes 1 rule too costly to check to the end (slow)");
	/* What could not be ruled out is not let through. */
	assert_int_equal(findings.items[0].action, ACTION_BLOCK);
	buf_done(&code);
	arena_done(&arena);
	ruleset_free(loaded);
}

static void every_language_of_a_rule_exists(void **state)
{
	struct ruleset *rules;
	struct error err = {0};
	struct arena arena;

	(void)state;
	if (ruleset_load(&rules, NULL, &err) != 0)
		fail_msg("%s", err.text);
	arena_init(&arena);
	if (ruleset_check_languages(rules, language_all(&arena), &err) != 0)
		fail_msg("%s", err.text);
	const struct language *const only_go[] = {support_language("go"), NULL};
	assert_int_equal(ruleset_check_languages(rules, only_go, &err), -1);
	assert_non_null(strstr(err.text, "unknown language \""));
	ruleset_free(rules);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(a_missing_rules_file_is_named),
		cmocka_unit_test(a_users_file_adds_and_overrides),
		cmocka_unit_test(a_costly_pattern_ends_in_a_finding),
		cmocka_unit_test(every_language_of_a_rule_exists),
	};

	return cmocka_run_group_tests_name("ruleset", tests, NULL, NULL);
}
