/* Imports as people write them, and the packages they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runners/imports.h"
#include "runners/language.h"
#include "runners/node_frameworks.h"
#include "runners/node_packages.h"
#include "runners/python_deps.h"
#include "runners/python_modules.h"

static void check(void (*scan)(const char *, struct words *), const char *text,
		  const char *expected)
{
	struct arena arena;
	struct words found;

	arena_init(&arena);
	words_init(&found, &arena);
	scan(text, &found);
	assert_string_equal(words_join(&found, ""), expected);
	arena_done(&arena);
}

static void python_statements(void **state)
{
	(void)state;
	check(imports_python, "import a, b.c as d, e # , f\nfrom g.h import (i,\n j)\n",
	      "a b.c e g.h");
	check(imports_python, "try:\n    import x\nexcept ImportError: import y\n", "x y");
	check(imports_python, "x = 1; import z\nif a: import b\n", "z b");
	check(imports_python, "from . import a\nfrom .b import c\nfrom ..d import e\n", "");
	check(imports_python, "\"\"\"\nimport no\n\"\"\"\n'''import no'''\n# import no\n", "");
	check(imports_python, "s = 'import no'\nt = \"it's\"\nimport yes\n", "yes");
	check(imports_python, "from here to there\nimportant = 1\n", "");
	check(imports_python, "from google.cloud import storage\n", "google.cloud.storage");
	check(imports_python, "import\n", "");
	check(imports_python, "import \"", "");
	check(imports_python, "'''never closed\nimport no", "");
}

static void python_packages(void **state)
{
	static const char *const cases[][2] = {
		{"PIL.Image", "Pillow"},
		{"cv2", "opencv-python-headless"},
		{"yaml", "PyYAML"},
		{"sklearn.svm", "scikit-learn"},
		{"bs4", "beautifulsoup4"},
		{"dotenv", "python-dotenv"},
		{"jwt", "PyJWT"},
		{"dateutil.parser", "python-dateutil"},
		{"Crypto.Cipher", "pycryptodome"},
		{"google.cloud.vision.x", "google-cloud-vision"},
		{"azure.identity", "azure-identity"},
		{"requests", "requests"},
		{"os.path", NULL},
		{"asyncio", NULL},
		{"tomllib", NULL},
		{"zoneinfo", NULL},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *package = package_python(&arena, cases[i][0]);
		if (cases[i][1])
			assert_string_equal(package, cases[i][1]);
		else
			assert_null(package);
	}
	assert_true(python_is_placeholder("utils"));
	assert_false(python_is_placeholder("requests"));
	arena_done(&arena);
}

static void javascript_specifiers(void **state)
{
	(void)state;
	check(imports_javascript, "import a from 'a';\nimport {b} from \"b/c\"\nimport 'd'\n",
	      "a b/c d");
	check(imports_javascript, "const x = require('e'), y = await import(`f`);", "e f");
	check(imports_javascript, "export * from '@s/g';jest.mock('./h', () => ({}))", "@s/g ./h");
	check(imports_javascript, "import type { T } from 'i'", "i");
	check(imports_javascript, "// require('no')\n/* import 'no' */ `require('no')`", "");
	check(imports_javascript, "const s = \"require('no')\"; let t = 'from'; f('no')", "");
	check(imports_javascript, "a.require = 1; x('no'); require(name)", "");
	check(imports_javascript, "require( 'j' )\nimport k\nfrom\n'k'", "j k");
	check(imports_javascript, "'never closed\nrequire('l')", "l");
	check(imports_javascript, "require('", "");
	check(imports_javascript, "`${`", "");
}

static void javascript_packages(void **state)
{
	static const char *const cases[][2] = {
		{"express", "express"},
		{"lodash/fp", "lodash"},
		{"@scope/name/x", "@scope/name"},
		{"@scope", NULL},
		{"./a", NULL},
		{"../a", NULL},
		{"/abs", NULL},
		{"node:fs", NULL},
		{"fs/promises", NULL},
		{"#internal", NULL},
		{"@/components", NULL},
		{"https://x.example/a", NULL},
		{"assert/strict", NULL},
		{"", NULL},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *package = package_javascript(&arena, cases[i][0]);
		if (cases[i][1])
			assert_string_equal(package, cases[i][1]);
		else
			assert_null(package);
	}
	assert_string_equal(node_version_of("chalk", true), "^4");
	assert_string_equal(node_version_of("chalk", false), "^5");
	assert_string_equal(node_version_of("left-pad", true), "*");
	arena_done(&arena);
}

static void go_specs(void **state)
{
	(void)state;
	check(imports_go, "package a\nimport \"fmt\"\nimport x \"y.z/w\"\nfunc f() {}",
	      "fmt y.z/w");
	check(imports_go, "// c\npackage a; import (\n\t\"a\" // c\n\n\t_ `b`\n\t. \"c\"\n)\n",
	      "a b c");
	check(imports_go, "package a\nimport (\n\"a\"\n/* c */\n)\nimport \"b\"\nvar s = \"no\"",
	      "a b");
	check(imports_go, "package a\nimport (", "");
	check(imports_go, "package a\nimport \"never", "");
	check(imports_go, "import \"no\"", "");
	assert_true(standard_go("net/http"));
	assert_false(standard_go("golang.example/x/sync"));
}

static void test_scripts(void **state)
{
	static const struct {
		const char *script;
		enum node_framework framework;
	} cases[] = {
		{"jest", FRAMEWORK_JEST},
		{"eslint . && jest --ci", FRAMEWORK_JEST},
		{"NODE_ENV=test npx jest --runInBand", FRAMEWORK_JEST},
		{"node --experimental-vm-modules node_modules/jest/bin/jest.js", FRAMEWORK_JEST},
		{"vitest run", FRAMEWORK_VITEST},
		{"./node_modules/.bin/mocha --exit", FRAMEWORK_MOCHA},
		{"node --test test/", FRAMEWORK_NODE},
		{"jest && eslint .", FRAMEWORK_NONE},
		{"jest | tee log", FRAMEWORK_NONE},
		{"jest > log", FRAMEWORK_NONE},
		{"false || jest", FRAMEWORK_JEST},
		{"node test.js", FRAMEWORK_NONE},
		{"react-scripts test", FRAMEWORK_NONE},
		{"jestify", FRAMEWORK_NONE},
		{"", FRAMEWORK_NONE},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (node_framework_of_script(&arena, cases[i].script) != cases[i].framework)
			fail_msg("%s", cases[i].script);
	arena_done(&arena);
}

static void pyproject_lists(void **state)
{
	struct arena arena;
	struct words found;

	(void)state;
	arena_init(&arena);
	words_init(&found, &arena);
	assert_true(pyproject_dependencies("[project]\nname = \"dependencies\"\ndependencies = [\n"
					   "  'a>=1', # \"no\"\n  \"b[c]\",\n]\n[tool.x]\n"
					   "dependencies = [\"no\"]\n[dependency-groups]\n"
					   "test = [\"d\", {include-group = \"no\"}]\n",
					   &found));
	assert_string_equal(words_join(&found, ""), "a>=1 b[c] d");
	assert_false(pyproject_dependencies("[project]\ndynamic = [\"dependencies\"]\n", &found));
	assert_false(pyproject_dependencies("[tool.poetry.dependencies]\na = \"1\"\n", &found));
	assert_true(pyproject_dependencies("[project\ndependencies = [\"", &found));
	arena_done(&arena);
}

static void every_language_is_whole(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	const struct language *const *all = language_all(&arena);
	size_t count = 0;
	for (; all[count]; count++) {
		const struct language *language = all[count];
		assert_non_null(language->name);
		assert_non_null(language->tags);
		assert_non_null(language->extensions);
		assert_non_null(language->code_name);
		assert_non_null(language->test_name);
		for (const char *const *tag = language->tags; *tag; tag++)
			for (size_t i = 0; i < count; i++)
				for (const char *const *other = all[i]->tags; *other; other++)
					assert_string_not_equal(*tag, *other);
	}
	assert_int_equal(count, REGISTRY_COUNT(runners));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(python_statements),
		cmocka_unit_test(python_packages),
		cmocka_unit_test(javascript_specifiers),
		cmocka_unit_test(javascript_packages),
		cmocka_unit_test(go_specs),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(pyproject_lists),
		cmocka_unit_test(every_language_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
