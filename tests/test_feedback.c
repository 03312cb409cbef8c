/* The digest for the coder: golden cases, tests/data/feedback/NAME.json and the text beside it. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/pipeline/feedback.h"
#include "tests/arena_cmocka.h"

#define FOLDER "tests/data/feedback"

/* ---- an execution from JSON; a text may be a list of lines ---- */

static const char *text_of(struct arena *arena, const struct json *value)
{
	if (!json_is_array(value))
		return arena_string(arena, json_string(value, NULL));
	struct buf text;
	buf_init(&text, 0);
	JSON_EACH (line, value) {
		buf_puts(&text, json_string(line, ""));
		buf_putc(&text, '\n');
	}
	const char *copy = arena_copy(arena, text.data, text.len);
	buf_done(&text);
	return copy;
}

static const char *get_text(struct arena *arena, const struct json *object, const char *key)
{
	return text_of(arena, json_get(object, key));
}

static int word_value(const struct json *object, const char *key, const char *const *words)
{
	const char *word = json_string(json_get(object, key), words[0]);
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	fail_msg("%s: unknown word %s", key, word);
	return 0;
}

static const char **get_list(struct arena *arena, const struct json *object, const char *key)
{
	const struct json *list = json_get(object, key);
	const char **out = arena_array(arena, json_count(list) + 1, sizeof(*out));
	size_t count = 0;
	JSON_EACH (item, list)
		out[count++] = arena_string(arena, json_string(item, ""));
	return out;
}

static void read_tests(struct arena *arena, const struct json *list, struct results *out)
{
	static const char *const words[] = {"passed", "failed", "skipped", "error", NULL};
	JSON_EACH (item, list) {
		int times = (int)json_number(json_get(item, "times"), 1);
		for (int i = 0; i < times; i++) {
			struct test *t = arena_grow(arena, &out->tests, out->count++, sizeof(*t));
			t->name = get_text(arena, item, "name");
			if (times > 1)
				t->name = arena_printf(arena, "%s[%d]", t->name, i);
			t->suite = get_text(arena, item, "suite");
			t->status = (enum test_status)word_value(item, "status", words);
			t->message = get_text(arena, item, "message");
			t->file = get_text(arena, item, "file");
			t->line = (size_t)json_number(json_get(item, "line"), 0);
			t->expected = get_text(arena, item, "expected");
			t->actual = get_text(arena, item, "actual");
			t->stack = get_text(arena, item, "stack");
		}
	}
}

static void read_outputs(struct arena *arena, const struct json *list, struct execution *out)
{
	static const char *const kinds[] = {"install", "build", "test", "run", NULL};
	static const char *const endings[] = {"exit",   "signal", "timeout", "memory",
					      "output", "cancel", NULL};
	JSON_EACH (item, list) {
		struct output *o = arena_grow(arena, &out->outputs, out->output_count++,
					      sizeof(*o));
		struct command *command = arena_alloc(arena, sizeof(*command));
		command->kind = (enum command_kind)word_value(item, "kind", kinds);
		command->shown = get_text(arena, item, "shown");
		o->command = command;
		o->ended_by = (enum ended_by)word_value(item, "ended_by", endings);
		o->exit_code = (int)json_number(json_get(item, "exit_code"), -1);
		o->signal = (int)json_number(json_get(item, "signal"), 0);
		o->wall_ms = json_number(json_get(item, "ms"), 0);
		o->out.text = get_text(arena, item, "out");
		o->out.len = o->out.bytes = o->out.text ? strlen(o->out.text) : 0;
		o->err.text = get_text(arena, item, "err");
		o->err.len = o->err.bytes = o->err.text ? strlen(o->err.text) : 0;
	}
}

static void read_findings(struct arena *arena, const struct json *list, struct findings *out)
{
	static const char *const actions[] = {"warn", "block", NULL};
	JSON_EACH (item, list) {
		struct finding *f = arena_grow(arena, &out->items, out->count++, sizeof(*f));
		f->rule = get_text(arena, item, "rule");
		f->action = (enum finding_action)word_value(item, "action", actions);
		f->block = (ptrdiff_t)json_number(json_get(item, "block"), -1);
		f->path = get_text(arena, item, "path");
		f->line = (size_t)json_number(json_get(item, "line"), 0);
		f->excerpt = get_text(arena, item, "excerpt");
		f->message = get_text(arena, item, "message");
		f->remedy = get_text(arena, item, "remedy");
	}
}

static void read_blocks(struct arena *arena, const struct json *list, struct blocks *out)
{
	JSON_EACH (item, list) {
		struct block *b = arena_grow(arena, &out->items, out->count++, sizeof(*b));
		b->why_not = get_text(arena, item, "why_not");
		b->used = !b->why_not;
		b->line = (size_t)json_number(json_get(item, "line"), 0);
		b->path = get_text(arena, item, "path");
		b->code = get_text(arena, item, "code");
		b->code_len = strlen(b->code);
	}
}

static void read_delta(struct arena *arena, const struct json *object, struct delta *out)
{
	out->against = get_text(arena, object, "against");
	if (!out->against)
		return;
	out->newly_failing = get_list(arena, object, "newly_failing");
	out->fixed = get_list(arena, object, "fixed");
	out->still_failing = get_list(arena, object, "still_failing");
	out->vanished = get_list(arena, object, "vanished");
	out->newly_skipped = get_list(arena, object, "newly_skipped");
}

static void read_execution(struct arena *arena, const struct json *root, struct execution *out)
{
	*out = (struct execution){.id = "x"};
	const char *verdict = json_string(json_get(root, "verdict"), "");
	while (strcmp(verdict_name(out->verdict), verdict) != 0 && out->verdict < VERDICT_ERROR)
		out->verdict++;
	out->phase = get_text(arena, root, "phase");
	out->reason = get_text(arena, root, "reason");
	out->error = get_text(arena, root, "error");
	out->refused = get_text(arena, root, "refused");
	if (json_bool(json_get(root, "rolled_back"), false))
		out->outcome = WORKSPACE_ROLLED_BACK;
	out->changes.count = (size_t)json_number(json_get(root, "changes"), 0);
	out->notes = get_list(arena, root, "notes");
	out->results.runner = "r";
	out->results.problems = get_list(arena, root, "problems");
	out->results.problem_count = json_count(json_get(root, "problems"));
	read_tests(arena, json_get(root, "tests"), &out->results);
	read_outputs(arena, json_get(root, "outputs"), out);
	read_findings(arena, json_get(root, "findings"), &out->findings);
	read_blocks(arena, json_get(root, "blocks"), &out->blocks);
	read_delta(arena, json_get(root, "delta"), &out->delta);
}

/* ---- golden cases ---- */

static void check_budgets(struct arena *arena, const struct execution *execution)
{
	for (size_t max = 1; max < 3000; max += max < 300 ? 1 : 53) {
		const char *text = feedback_make(arena, execution, max);
		size_t len = strlen(text);
		assert_true(len <= max);
		assert_int_equal(utf8_valid_prefix(text, len), len);
	}
}

static bool check_case(const char *name)
{
	struct arena arena;
	struct buf json, expected;
	struct error err = {0};
	char path[512];
	arena_init(&arena);
	buf_init(&json, 0);
	buf_init(&expected, 0);
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	assert_int_equal(file_read(path, &json, &err), 0);
	struct json *root = json_parse(json.data, json.len, path, &err);
	if (!root)
		fail_msg("%s", err.text);
	struct execution execution;
	read_execution(&arena, root, &execution);
	size_t max = (size_t)json_number(json_get(root, "max_bytes"), 0);
	const char *text = feedback_make(&arena, &execution, max);
	assert_true(strlen(text) <= (max ? max : FEEDBACK_BYTES));
	check_budgets(&arena, &execution);
	strcpy(strrchr(path, '.'), ".txt");
	file_read(path, &expected, NULL);
	bool same = strcmp(text, expected.data) == 0;
	if (!same)
		print_error("--- %s gives\n%s--- wanted\n%s---\n", name, text, expected.data);
	json_free(root);
	buf_done(&json);
	buf_done(&expected);
	arena_done(&arena);
	return same;
}

static void golden_cases(void **state)
{
	(void)state;
	DIR *dir = opendir(FOLDER);
	assert_non_null(dir);
	size_t count = 0, wrong = 0;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		count++;
		wrong += !check_case(entry->d_name);
	}
	closedir(dir);
	assert_int_equal(wrong, 0);
	assert_true(count >= 12);
}

/* ---- hostile text ---- */

static void text_from_outside_is_made_harmless(void **state)
{
	struct arena *arena = *state;
	struct test test = {.name = "a\x1b[31mred\x1b[0m\nb",
			    .suite = "s\xff",
			    .status = TEST_FAILED,
			    .message = "\x1b]0;title\x07one\r\ntwo\x01\xc3("};
	struct execution execution = {.verdict = VERDICT_TESTS_FAILED,
				      .reason = "bad\nreason\x1b[2J",
				      .results = {.runner = "r", .tests = &test, .count = 1}};
	const char *text = feedback_make(arena, &execution, 0);
	assert_string_equal(text, "tests_failed: bad reason\n"
				  "FAILED s\xef\xbf\xbd > ared b\n"
				  "  one\n"
				  "  two\xef\xbf\xbd(\n");
}

static void endless_text_is_cut(void **state)
{
	struct arena *arena = *state;
	size_t len = 8 << 20;
	char *big = arena_alloc(arena, len + 1);
	memset(big, 'x', len);
	struct test test = {.name = big,
			    .suite = big,
			    .status = TEST_FAILED,
			    .message = big,
			    .file = big,
			    .line = 1,
			    .expected = big,
			    .actual = big,
			    .stack = big};
	struct command command = {.kind = COMMAND_RUN, .shown = big};
	struct output output = {
		.command = &command, .exit_code = 1, .out = {.text = big, .len = len}};
	struct execution execution = {.verdict = VERDICT_TESTS_FAILED,
				      .reason = big,
				      .outputs = &output,
				      .output_count = 1,
				      .results = {.runner = "r", .tests = &test, .count = 1}};
	assert_true(strlen(feedback_make(arena, &execution, 0)) <= FEEDBACK_BYTES);
}

/* 100,000 failures, each with a message of its own: the work is bounded, the count is true. */
static void many_failures_are_counted(void **state)
{
	struct arena *arena = *state;
	enum { MANY = 100000 };
	struct test *tests = arena_array(arena, MANY, sizeof(*tests));
	for (size_t i = 0; i < MANY; i++)
		tests[i] = (struct test){.name = "t",
					 .status = TEST_FAILED,
					 .message = arena_printf(arena, "message %zu", i)};
	struct execution execution = {.verdict = VERDICT_TESTS_FAILED,
				      .results = {.runner = "r", .tests = tests, .count = MANY}};
	const char *text = feedback_make(arena, &execution, 1 << 20);
	assert_non_null(strstr(text, "message 199\n"));
	assert_null(strstr(text, "message 200\n"));
	assert_non_null(strstr(text, "... and 99800 more failures\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_cases),
		cmocka_unit_test_setup_teardown(text_from_outside_is_made_harmless, arena_set_up,
						arena_tear_down),
		cmocka_unit_test_setup_teardown(endless_text_is_cut, arena_set_up, arena_tear_down),
		cmocka_unit_test_setup_teardown(many_failures_are_counted, arena_set_up,
						arena_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
