/* Checks from end to end: golden replies, paths, limits, languages, floods, and rules files. */
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
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/report/findings_json.h"
#include "runners/language.h"
#include "tests/validators_support.h"
#include "validators/validators.h"

static struct ruleset *rules;

static int load(void **state)
{
	struct error err = {0};

	(void)state;
	if (ruleset_load(&rules, NULL, &err) != 0)
		fail_msg("%s", err.text);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	ruleset_free(rules);
	return 0;
}

static bool blocks_the_reply(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action == ACTION_BLOCK)
			return true;
	return false;
}

static void check(const struct ruleset *with, const struct check_limits *limits,
		  struct block *items, size_t count, struct arena *arena, struct findings *out)
{
	struct blocks blocks = {.items = items, .count = count};
	struct check_limits none = {0};

	for (size_t i = 0; i < count; i++)
		items[i].index = i;
	assert_int_equal(
		validators_check(with, limits ? limits : &none, 0, &blocks, arena, out, NULL), 0);
}

/* ---- golden replies ---- */

static struct block *blocks_of(char *text, struct arena *arena, size_t *count)
{
	struct block *items = NULL;
	char *next;

	/* "@@ LANGUAGE PATH" opens a block; its code is all up to the next one. */
	*count = 0;
	for (char *at = text; at && *at; at = next) {
		char *end = strchr(at, '\n');
		next = strstr(end, "\n@@ ");
		if (next)
			next++;
		size_t len = next ? (size_t)(next - end) - 1 : strlen(end + 1);
		char *language = strtok(at + 3, " \n"), *path = strtok(NULL, "\n");
		struct block *slot = arena_grow(arena, &items, *count, sizeof(*slot));
		*slot = support_block(language, arena_copy(arena, end + 1, len), len);
		slot->path = path;
		slot->line = *count + 1;
		(*count)++;
	}
	return items;
}

/* tests/data/validators/NAME.in against NAME.json; ASSAY_UPDATE=1 writes the latter. */
static void golden(const char *name)
{
	char path[120];
	struct buf in, wanted, got;
	struct json_writer w;
	struct findings findings;
	struct arena arena;
	struct error err = {0};
	size_t count;

	arena_init(&arena);
	buf_init(&in, 1 << 20);
	buf_init(&wanted, 1 << 20);
	buf_init(&got, 1 << 20);
	snprintf(path, sizeof(path), "tests/data/validators/%s.in", name);
	if (file_read(path, &in, &err) != 0)
		fail_msg("%s", err.text);
	struct block *items = blocks_of(arena_copy(&arena, in.data, in.len), &arena, &count);
	check(rules, NULL, items, count, &arena, &findings);
	json_writer_init(&w, &got, false);
	findings_write_json(&w, NULL, &findings);
	buf_putc(&got, '\n');
	snprintf(path, sizeof(path), "tests/data/validators/%s.json", name);
	if (getenv("ASSAY_UPDATE"))
		file_write(path, got.data, got.len, 0644, NULL);
	if (file_read(path, &wanted, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(got.data, wanted.data);
	buf_done(&in);
	buf_done(&wanted);
	buf_done(&got);
	arena_done(&arena);
}

static void golden_replies(void **state)
{
	(void)state;
	golden("hostile");
	golden("risky");
	golden("ordinary");
	golden("paths");
}

/* ---- one block at a time ---- */

static const struct finding *find(const struct findings *findings, const char *rule)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->items[i].rule, rule) == 0)
			return &findings->items[i];
	return NULL;
}

static void paths_that_are_refused(void **state)
{
	static char long_part[300], long_path[1200];
	const struct {
		const char *path, *rule; /* NULL: nothing to say */
	} cases[] = {
		{"src/a.py", NULL},
		{"./src/a.py", NULL},
		{".github/workflows/ci.yml", NULL},
		{".gitignore", NULL},
		{"a b/\xC3\xA9t\xC3\xA9.py", NULL},
		{"...", "path-reserved"},
		{"a..b/c", NULL},
		{"auxiliary.py", NULL},
		{"console.js", NULL},
		{"/etc/passwd", "path-absolute"},
		{"~/.ssh/authorized_keys", "path-absolute"},
		{"../a.py", "path-climbs"},
		{"src/../../a.py", "path-climbs"},
		{"src/..", "path-climbs"},
		{"a//b.py", "path-empty-part"},
		{"", "path-empty"},
		{".", "path-directory"},
		{"src/", "path-directory"},
		{"src/.", "path-directory"},
		{".git/hooks/pre-commit", "path-git"},
		{"sub/.GIT/config", "path-git"},
		{"GIT~1/config", "path-git"},
		{"a\nb.py", "path-control"},
		{"a\x7F.py", "path-control"},
		{"a\xE2\x80\xAEyp.exe", "path-control"},
		{"a\xFF.py", "path-control"},
		{"a\tb.py", "path-control"},
		{"src\\a.py", "path-backslash"},
		{"C:/a.py", "path-drive"},
		{"c:a.py", "path-drive"},
		{"lib/aux.py", "path-reserved"},
		{"NUL", "path-reserved"},
		{"COM1.txt", "path-reserved"},
		{"a.py ", "path-reserved"},
		{"dir./a.py", "path-reserved"},
		{long_part, "path-long"},
		{long_path, "path-long"},
	};

	(void)state;
	memset(long_part, 'a', 256);
	for (size_t i = 0; i < 1100; i++)
		long_path[i] = i % 2 ? '/' : 'a';
	long_path[1099] = 'a';
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct block block = support_block(NULL, "x\n", 2);
		struct findings findings;
		struct arena arena;
		arena_init(&arena);
		block.path = cases[i].path;
		check(rules, NULL, &block, 1, &arena, &findings);
		if (cases[i].rule && !find(&findings, cases[i].rule))
			fail_msg("%s: no %s", cases[i].path, cases[i].rule);
		if (!cases[i].rule && findings.count)
			fail_msg("%s: %s", cases[i].path, findings.items[0].rule);
		arena_done(&arena);
	}
}

static void limits_are_counted(void **state)
{
	static const char *const only_go[] = {"go", NULL};
	struct check_limits limits = {
		.reply_bytes = 10,
		.block_bytes = 8,
		.block_lines = 2,
		.blocks = 1,
		.files = 1,
		.languages = only_go,
	};
	struct block items[3] = {
		support_block("python", "1\n2\n3\n4\n5", 9),
		support_block("go", "1\n2\n", 4),
		support_block("python", "1\n2\n3\n4\n5", 9),
	};
	struct blocks blocks = {.items = items, .count = 3};
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	items[0].path = "a.py";
	items[1].path = "b.go";
	items[1].index = 1;
	items[2].index = 2;
	items[2].used = false; /* nothing in it matters */
	validators_check(rules, &limits, 11, &blocks, &arena, &findings, NULL);
	assert_int_equal(findings.count, 6);
	assert_int_equal(findings.items[0].block, -1);
	assert_non_null(find(&findings, "limit-reply-bytes"));
	assert_non_null(find(&findings, "limit-blocks"));
	assert_non_null(find(&findings, "limit-files"));
	assert_non_null(find(&findings, "limit-block-bytes"));
	assert_string_equal(find(&findings, "limit-block-lines")->message,
			    "lines in one block: 5, the limit is 2");
	assert_string_equal(find(&findings, "language-not-allowed")->remedy, "use one of: go");
	assert_true(blocks_the_reply(&findings));
	arena_done(&arena);
}

static void only_used_programs_need_a_language(void **state)
{
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	struct block block = support_block("cobol", "DISPLAY 'X'.\n", 13);
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].rule, "language-unknown");
	assert_false(blocks_the_reply(&findings));
	block.tag = "yaml";
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	block.tag = "cobol";
	block.role = ROLE_MANIFEST;
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	block.role = ROLE_CODE;
	block.used = false;
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	arena_done(&arena);
}

static void a_place_is_exact_and_an_excerpt_safe(void **state)
{
	static const char code[] = "a = 1\r\n"
				   "b = '\xC3\xA9'; eval(x)\x1B[31m\0\xFF\r\n";
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	struct block block = support_block("python", code, sizeof(code) - 1);
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].line, 2);
	assert_int_equal(findings.items[0].column, 11);
	assert_string_equal(findings.items[0].excerpt,
			    "b = '\xC3\xA9'; eval(x)\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD");
	arena_done(&arena);
}

static void an_excerpt_of_a_long_line_is_cut_between_characters(void **state)
{
	struct findings findings;
	struct arena arena;
	struct buf code;

	(void)state;
	arena_init(&arena);
	buf_init(&code, 0);
	for (int i = 0; i < 3000; i++)
		buf_puts(&code, "\xE2\x82\xAC"); /* the euro sign */
	size_t at = code.len;
	buf_puts(&code, "eval(x)");
	for (int i = 0; i < 3000; i++)
		buf_puts(&code, "\xE2\x82\xAC");
	struct block block = support_block("python", code.data, code.len);
	check(rules, NULL, &block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].column, at + 1);
	const char *excerpt = findings.items[0].excerpt;
	assert_true(strlen(excerpt) <= 160 && strlen(excerpt) > 150);
	assert_non_null(strstr(excerpt, "eval(x)"));
	assert_null(strstr(excerpt, "\xEF\xBF\xBD"));
	buf_done(&code);
	arena_done(&arena);
}

static void findings_are_bounded_and_say_so(void **state)
{
	struct block items[100];
	struct findings findings;
	struct arena arena;
	struct buf code;

	(void)state;
	arena_init(&arena);
	buf_init(&code, 0);
	for (int i = 0; i < 1000; i++)
		buf_puts(&code, "eval(x)\n");
	for (int i = 0; i < 100; i++)
		items[i] = support_block("python", code.data, code.len);
	/* A flood of warnings must not hide the hostile block at the end. */
	items[99] = support_block("python", "os.system('rm -rf /')\n", 22);
	check(rules, NULL, items, 100, &arena, &findings);
	assert_int_equal(findings.items[0].block, -1);
	assert_string_equal(findings.items[0].rule, "check-limit");
	assert_string_equal(findings.items[1].rule, "py-eval");
	assert_non_null(strstr(findings.items[20].message, "(the first 20 places are listed)"));
	assert_int_equal(findings.items[21].block, 1);
	assert_non_null(find(&findings, "py-destroy-host"));
	assert_true(findings.count < 1100);
	buf_done(&code);
	arena_done(&arena);
}

static void colliding_ten_thousand_blocks_is_quick(void **state)
{
	enum { COUNT = 10000 };
	struct block *items = calloc(COUNT, sizeof(*items));
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT; i++) {
		items[i] = support_block("python", "x\n", 2);
		items[i].path = arena_printf(&arena, "dir%zu/f%zu.py", i % 5, i % 5000);
	}
	double start = clock_ms();
	check(rules, NULL, items, COUNT, &arena, &findings);
	assert_true(clock_ms() - start < 5000);
	assert_non_null(find(&findings, "path-collides"));
	assert_int_equal(findings.count, COUNT / 2);
	free(items);
	arena_done(&arena);
}

/* ---- rules files ---- */

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

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
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
		{RULE("x",
		      BODY ",\"pattern\":\"abc\",\"examples\":{\"hit\":[\"abc\"],\"miss\":[]}"),
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

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		struct ruleset *loaded;
		if (load_text(cases[i].text, &loaded, &err) == 0)
			fail_msg("loads: %s", cases[i].text);
		if (cases[i].error)
			assert_string_equal(err.text, cases[i].error);
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
	check(loaded, NULL, &block, 1, &arena, &findings);
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
	double start = clock_ms();
	check(loaded, NULL, &block, 1, &arena, &findings);
	assert_true(clock_ms() - start < 5000);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].rule, "check-limit");
	assert_string_equal(findings.items[0].message,
			    "the text makes 1 rule too costly to check to the end (slow)");
	assert_true(
		blocks_the_reply(&findings)); /* what could not be ruled out is not let through */
	buf_done(&code);
	arena_done(&arena);
	ruleset_free(loaded);
}

static void every_language_of_a_rule_exists(void **state)
{
	struct error err = {0};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	if (ruleset_check_languages(rules, language_all(&arena), &err) != 0)
		fail_msg("%s", err.text);
	const struct language *const only_go[] = {support_language("go"), NULL};
	assert_int_equal(ruleset_check_languages(rules, only_go, &err), -1);
	assert_non_null(strstr(err.text, "unknown language \""));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_replies),
		cmocka_unit_test(paths_that_are_refused),
		cmocka_unit_test(limits_are_counted),
		cmocka_unit_test(only_used_programs_need_a_language),
		cmocka_unit_test(a_place_is_exact_and_an_excerpt_safe),
		cmocka_unit_test(an_excerpt_of_a_long_line_is_cut_between_characters),
		cmocka_unit_test(findings_are_bounded_and_say_so),
		cmocka_unit_test(colliding_ten_thousand_blocks_is_quick),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(a_missing_rules_file_is_named),
		cmocka_unit_test(a_users_file_adds_and_overrides),
		cmocka_unit_test(a_costly_pattern_ends_in_a_finding),
		cmocka_unit_test(every_language_of_a_rule_exists),
	};

	return cmocka_run_group_tests_name("validators", tests, load, unload);
}
