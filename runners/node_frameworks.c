/* Flags of jest, vitest, mocha and node:test, and finding them in a script. */
#include "runners/node_frameworks.h"

#include <string.h>

#include "runners/sandbox.h"

static const char *const jest_flags[] = {"--json", "--outputFile=" SANDBOX_OUT "/jest.json",
					 "--testLocationInResults", "--watchman=false", NULL};
static const char *const vitest_flags[] = {"--reporter=default", "--reporter=json",
					   "--outputFile.json=" SANDBOX_OUT "/vitest.json",
					   /* else it writes into node_modules */
					   "--no-cache", NULL};
static const char *const mocha_flags[] = {"--reporter", "json", "--reporter-option",
					  "output=" SANDBOX_OUT "/mocha.json", NULL};
/* Printed for people, and in TAP for us; node takes as many reporters as destinations. */
static const char *const node_flags[] = {
	"--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap",
	"--test-reporter-destination=" SANDBOX_OUT "/node.tap", NULL};
/* Behind a file name node would take flags for more file names. */
static const char *const node_options[] = {
	"NODE_OPTIONS=--test-reporter=spec --test-reporter-destination=stdout "
	"--test-reporter=tap --test-reporter-destination=" SANDBOX_OUT "/node.tap",
	NULL};

static const struct node_runner runners[] = {
	[FRAMEWORK_JEST] = {.program = "jest",
			    .package = "jest",
			    .flags = jest_flags,
			    .parser = "jest-json",
			    .report = "jest.json",
			    .fallback = "jest"},
	[FRAMEWORK_VITEST] = {.program = "vitest",
			      .package = "vitest",
			      .verb = "run",
			      .flags = vitest_flags,
			      .parser = "jest-json",
			      .report = "vitest.json",
			      .fallback = "vitest"},
	[FRAMEWORK_MOCHA] = {.program = "mocha",
			     .package = "mocha",
			     .flags = mocha_flags,
			     .parser = "mocha-json",
			     .report = "mocha.json",
			     .fallback = "mocha"},
	[FRAMEWORK_NODE] = {.verb = "--test",
			    .flags = node_flags,
			    .options = node_options,
			    .parser = "tap",
			    .report = "node.tap",
			    .fallback = "node"},
};

const struct node_runner *node_runner_of(enum node_framework framework)
{
	return &runners[framework];
}

/* "node_modules/.bin/jest", "./node_modules/jest/bin/jest.js" and "jest" are all jest. */
static bool is_program(const char *word, const char *program)
{
	const char *name = path_name(word);
	size_t len = strlen(program);

	return strncmp(name, program, len) == 0 &&
	       (!name[len] || strcmp(name + len, ".js") == 0 || strcmp(name + len, ".mjs") == 0);
}

static enum node_framework framework_of_words(char *words)
{
	enum node_framework found = FRAMEWORK_NONE;
	char *rest = words;
	bool node = false;

	for (const char *word; (word = strsep(&rest, " \t"));) {
		for (size_t i = FRAMEWORK_JEST; i <= FRAMEWORK_MOCHA && !found; i++) {
			if (is_program(word, runners[i].program))
				found = (enum node_framework)i;
		}
		node = node || is_program(word, "node") || is_program(word, "tsx");
		if (node && !found && strcmp(word, "--test") == 0)
			found = FRAMEWORK_NODE;
	}
	return found;
}

enum node_framework node_framework_of_script(struct arena *arena, const char *script)
{
	const char *last = script;

	for (const char *at = script; *at; at++) {
		if (at[0] == '|' && at[1] != '|' && (at == script || at[-1] != '|'))
			return FRAMEWORK_NONE;
		if (*at == '>' || *at == '<')
			return FRAMEWORK_NONE;
		if (strchr("&;|\n", *at))
			last = at + 1;
	}
	return framework_of_words(arena_string(arena, last));
}
