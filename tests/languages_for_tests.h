/* A few languages for tests of what reads text: small, and the tests' own, so that it stays put. */
#ifndef TESTS_LANGUAGES_FOR_TESTS_H
#define TESTS_LANGUAGES_FOR_TESTS_H

#include "engine/model.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_WORDS ((const char *const[]){NULL})

static const struct language python_for_tests = {
	.name = "python",
	.tags = WORDS("py", "python3"),
	.extensions = WORDS("py", "pyi"),
	.filenames = WORDS("requirements.txt", "pyproject.toml"),
	.manifests = WORDS("requirements.txt", "pyproject.toml"),
	.tests = WORDS("test_*.py", "*_test.py"),
	.code_name = "main.py",
	.test_name = "test_main.py",
	.test_pattern = "(?m)^(async )?def test_|^class \\w+\\(unittest\\.TestCase\\)",
};

static const struct language javascript_for_tests = {
	.name = "javascript",
	.tags = WORDS("js", "node", "jsx"),
	.extensions = WORDS("js", "mjs", "cjs", "jsx"),
	.filenames = WORDS("package.json"),
	.manifests = WORDS("package.json"),
	.tests = WORDS("*.test.js", "*.spec.js", "*.test.mjs"),
	.code_name = "main.js",
	.test_name = "main.test.js",
	.test_pattern = "(?m)^\\s*(describe|it|test)\\s*\\(\\s*[\"'`]",
};

static const struct language typescript_for_tests = {
	.name = "typescript",
	.tags = WORDS("ts", "tsx"),
	.extensions = WORDS("ts", "tsx"),
	.filenames = WORDS("tsconfig.json"),
	.manifests = NO_WORDS,
	.tests = WORDS("*.test.ts", "*.spec.ts"),
	.code_name = "main.ts",
	.test_name = "main.test.ts",
	.test_pattern = "(?m)^\\s*(describe|it|test)\\s*\\(\\s*[\"'`]",
};

static const struct language bash_for_tests = {
	.name = "bash",
	.tags = WORDS("sh", "shell", "zsh"),
	.extensions = WORDS("sh", "bash"),
	.filenames = NO_WORDS,
	.manifests = NO_WORDS,
	.tests = WORDS("*.bats", "test_*.sh"),
	.code_name = "main.sh",
	.test_name = "test_main.sh",
	.test_pattern = "(?m)^@test [\"']",
};

static const struct language go_for_tests = {
	.name = "go",
	.tags = WORDS("golang"),
	.extensions = WORDS("go"),
	.filenames = WORDS("go.mod", "go.sum"),
	.manifests = WORDS("go.mod", "go.sum"),
	.tests = WORDS("*_test.go"),
	.code_name = "main.go",
	.test_name = "main_test.go",
	.test_pattern = "(?m)^func (Test|Benchmark)\\w*\\(",
};

static const struct language cpp_for_tests = {
	.name = "cpp",
	.tags = WORDS("c++", "cc", "cxx"),
	.extensions = WORDS("cpp", "cc", "hpp"),
	.filenames = NO_WORDS,
	.manifests = NO_WORDS,
	.tests = NO_WORDS,
	.code_name = "main.cpp",
	.test_name = "test_main.cpp",
};

static const struct language *const languages_for_tests[] = {
	&bash_for_tests,   &cpp_for_tests,        &go_for_tests, &javascript_for_tests,
	&python_for_tests, &typescript_for_tests, NULL,
};

#endif
