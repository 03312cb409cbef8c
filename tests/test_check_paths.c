/* Which paths of files are refused, and that many of them are checked in good time. */
#include <stdlib.h>

#include "tests/cpu.h"
#include "tests/validators_cmocka.h"

static char long_part[300], long_path[1200];

static const struct path_case {
	const char *path, *rule; /* NULL: nothing to say */
} path_cases[] = {
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

static void paths_that_are_refused(void **state)
{
	(void)state;
	memset(long_part, 'a', 256);
	for (size_t i = 0; i < 1100; i++)
		long_path[i] = i % 2 ? '/' : 'a';
	long_path[1099] = 'a';
	for (size_t i = 0; i < sizeof(path_cases) / sizeof(path_cases[0]); i++) {
		struct block block = support_block(NULL, "x\n", 2);
		struct findings findings;
		struct arena arena;
		arena_init(&arena);
		block.path = path_cases[i].path;
		check(&block, 1, &arena, &findings);
		if (path_cases[i].rule && !find(&findings, path_cases[i].rule))
			fail_msg("%s: no %s", path_cases[i].path, path_cases[i].rule);
		if (!path_cases[i].rule && findings.count)
			fail_msg("%s: %s", path_cases[i].path, findings.items[0].rule);
		arena_done(&arena);
	}
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
	double start = cpu_ms();
	check(items, COUNT, &arena, &findings);
	assert_true(cpu_ms() - start < 5000);
	assert_non_null(find(&findings, "path-collides"));
	assert_int_equal(findings.count, COUNT / 2);
	free(items);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_are_refused),
		cmocka_unit_test(colliding_ten_thousand_blocks_is_quick),
	};

	return cmocka_run_group_tests_name("check_paths", tests, load, unload);
}
