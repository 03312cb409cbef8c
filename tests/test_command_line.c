/* What shell lines are taken for: installs, tests, or programs judged by their exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runners/command_line.h"

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "install npm ci" a line, in the order in which they would run. */
static const char *planned(struct arena *arena, const char *registry, const char *const *lines)
{
	const struct environment environment = {
		.name = "here", .tool_path = "/usr/bin/python3", .registries = LINES(registry)};
	struct plan plan = {0};
	const char *text = "";

	command_lines_plan(arena, lines, &environment, false, &plan);
	for (size_t i = 0; i < plan.dependencies.command_count; i++)
		text = arena_printf(arena, "%sinstall %s\n", text,
				    plan.dependencies.commands[i].shown);
	for (size_t i = 0; i < plan.command_count; i++)
		text = arena_printf(arena, "%s%s %s\n", text,
				    command_kind_name(plan.commands[i].kind),
				    plan.commands[i].shown);
	return text;
}

static void lines_are_known_by_their_first_words(void **state)
{
	static const struct {
		const char *registry, *line, *expected;
	} cases[] = {
		{"npm", "npm install", "install npm install\n"},
		{"npm", "  npm ci --ignore-scripts ", "install npm ci --ignore-scripts\n"},
		{"npm", "CI=1 npm i jest", "install CI=1 npm i jest\n"},
		{"npm", "npm ci && npm test", "install npm ci\ntest npm test\n"},
		{"npm", "npm ci; npm run build && npm test",
		 "install npm ci\ntest npm run build && npm test\n"},
		{"npm", "cd api && npm ci && npm i x && npx jest",
		 "install cd api && npm ci && npm i x\ntest cd api && npx jest\n"},
		{"npm", "npm install > log.txt 2>&1", "install npm install > log.txt 2>&1\n"},
		{"npm", "npm run build", "run npm run build\n"},
		{"npm", "npm installer", "run npm installer\n"},
		{"npm", "echo npm install", "run echo npm install\n"},
		{"npm", "npm install | tee log", "run npm install | tee log\n"},
		{"npm", "npm install $(cat list)", "run npm install $(cat list)\n"},
		{"npm", "npm install || true", "run npm install || true\n"},
		{"npm", "npm install 'a", "run npm install 'a\n"},
		{"npm", "ls && npm install", "run ls && npm install\n"},
		{"pip", "pip install \"requests>=2\"",
		 "install python -m venv .venv\ninstall pip install \"requests>=2\"\n"},
		{"pip", "python3 -m pip install -r requirements.txt && pytest -q",
		 "install python -m venv .venv\n"
		 "install python3 -m pip install -r requirements.txt\ntest pytest -q\n"},
		{"pip", "pip install git+https://h/x.git#egg=x",
		 "install python -m venv .venv\ninstall pip install git+https://h/x.git#egg=x\n"},
		{"pip", "pip list", "run pip list\n"},
		{"pip", "npm install", "run npm install\n"},
		{"go", "go mod tidy && go vet ./... && go test ./...",
		 "install go mod tidy\ntest go vet ./... && go test ./...\n"},
		{"go", "go test ./... 2>&1", "test go test ./... 2>&1\n"},
		{"go", "go test ./... > out.txt", "run go test ./... > out.txt\n"},
		{"go", "go test ./... | tail -5", "run go test ./... | tail -5\n"},
		{"go", "go test ./... || true", "run go test ./... || true\n"},
		{"go", "go test ./... # all of it", "run go test ./... # all of it\n"},
		{"go", "go build ./...", "run go build ./...\n"},
		{"go", "", "run \n"},
		{"go", "&&", "run &&\n"},
		{"go", "go mod tidy &&", "install go mod tidy\n"},
	};
	struct arena arena;
	(void)state;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(planned(&arena, cases[i].registry, LINES(cases[i].line)),
				    cases[i].expected);
	arena_done(&arena);
}

static void installs_run_first_and_that_is_said(void **state)
{
	const struct environment environment = {.name = "here", .registries = LINES("npm")};
	struct plan plan = {.commands = NULL, .env = LINES("A=1")};
	struct arena arena;
	(void)state;

	arena_init(&arena);
	command_lines_plan(&arena, LINES("node a.js", "npm ci", "npm i x", "pip install y"),
			   &environment, false, &plan);
	assert_int_equal(plan.dependencies.command_count, 2);
	assert_true(plan.dependencies.in_place);
	assert_string_equal(plan.dependencies.registries[0], "npm");
	assert_null(plan.dependencies.registries[1]);
	assert_string_equal(plan.dependencies.commands[0].env[0], "A=1");
	assert_int_equal(plan.command_count, 2);
	assert_string_equal(plan.commands[1].argv[2], "pip install y");
	assert_non_null(strstr(plan.notes[0], "npm ci runs before the other commands"));
	assert_non_null(strstr(plan.notes[2], "pip install y has no network"));
	arena_done(&arena);
}

static void nothing_is_installed_against_a_wish(void **state)
{
	const struct environment environment = {.name = "here", .registries = LINES("npm")};
	struct plan plan = {0};
	struct arena arena;
	(void)state;

	arena_init(&arena);
	command_lines_plan(&arena, LINES("npm ci && npm test"), &environment, true, &plan);
	assert_int_equal(plan.dependencies.command_count, 0);
	assert_int_equal(plan.command_count, 1);
	assert_string_equal(plan.commands[0].shown, "npm test");
	assert_non_null(strstr(plan.notes[0], "npm ci was left out"));
	arena_done(&arena);
}

/* Lines come from outside: a long one costs time and memory in proportion. */
static void a_long_line_costs_little(void **state)
{
	static const char *const pieces[] = {"npm ci&&", "go get x;", "cd a;", "\"", "(", " "};
	static char line[64 * 1024];
	struct arena arena;
	(void)state;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t step = strlen(pieces[i]), len = 0;
		for (; len + step < sizeof(line); len += step)
			memcpy(line + len, pieces[i], step);
		line[len] = '\0';
		arena_init(&arena);
		planned(&arena, i % 2 ? "go" : "npm", LINES(line));
		assert_true(arena.used < 64 * sizeof(line));
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_known_by_their_first_words),
		cmocka_unit_test(installs_run_first_and_that_is_said),
		cmocka_unit_test(nothing_is_installed_against_a_wish),
		cmocka_unit_test(a_long_line_costs_little),
	};
	return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
