/* What went wrong, for people: findings, failing tests, the command that ended badly. */
#include "engine/report/text.h"

#include <string.h>

#include "engine/base/utf8.h"
#include "engine/pipeline/delta.h"
#include "engine/report/cause.h"

enum {
	BLOCKING_SHOWN = 20,
	WARNINGS_SHOWN = 5,
	FAILURES_SHOWN = 10, /* in full */
	FAILURES_NAMED = 40,
	LINES_SHOWN = 20,
	BYTES_SHOWN = 4096,
	VALUE_SHOWN = 600,
};

static const char INDENT[] = "        ";

/* At most VALUE_SHOWN bytes: whole texts are in the other formats. */
static void put_short(struct text *text, enum paint paint, const char *string, const char *indent)
{
	size_t len = strlen(string), cut = utf8_cut(string, len, VALUE_SHOWN);

	text_put_bytes(text, paint, string, cut, indent);
	if (cut < len)
		text_printf(text, DIM, " ... %zu more bytes", len - cut);
	buf_putc(text->out, '\n');
}

static void labelled(struct text *text, const char *label, enum paint paint, const char *value)
{
	if (!value)
		return;
	text_printf(text, DIM, "%s%-10s", INDENT, label);
	put_short(text, paint, value, "                  ");
}

/* ---- findings ---- */

static void write_finding(struct text *text, const struct finding *f)
{
	bool blocks = f->action == ACTION_BLOCK;

	text_printf(text, blocks ? RED : YELLOW, "\n  %s", blocks ? "BLOCK " : "warn  ");
	text_printf(text, BOLD, "%s", f->rule);
	text_printf(text, PLAIN, " (%s%s%s)", severity_name(f->severity), f->cwe ? ", " : "",
		    f->cwe ? f->cwe : "");
	if (f->path || f->block >= 0) {
		buf_puts(text->out, "  ");
		text_put(text, PLAIN,
			 f->path ? f->path : arena_printf(text->arena, "block %td", f->block), "");
		if (f->line)
			text_printf(text, PLAIN, ":%zu", f->line);
		if (f->line && f->column)
			text_printf(text, PLAIN, ":%zu", f->column);
	}
	buf_printf(text->out, "\n%s", INDENT);
	put_short(text, PLAIN, f->message, INDENT);
	labelled(text, "in", BOLD, f->excerpt);
	labelled(text, "instead", GREEN, f->remedy);
}

static size_t write_findings(struct text *text, const struct findings *findings,
			     enum finding_action action, size_t most)
{
	size_t seen = 0;

	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].action == action && seen++ < most)
			write_finding(text, &findings->items[i]);
	}
	return seen > most ? seen - most : 0;
}

void text_findings(struct text *text, const struct execution *execution)
{
	const struct findings *findings = &execution->findings;
	size_t hidden = write_findings(text, findings, ACTION_BLOCK, BLOCKING_SHOWN);

	hidden += write_findings(text, findings, ACTION_WARN, WARNINGS_SHOWN);
	if (hidden)
		text_printf(text, DIM, "\n  and %zu more findings (--format json has them)\n",
			    hidden);
}

/* ---- tests ---- */

static void write_failure(struct text *text, const struct test *test)
{
	text_printf(text, RED, "\n  %s ", test->status == TEST_ERROR ? "ERROR" : "FAIL ");
	text_put(text, BOLD, delta_test_label(text->arena, test), INDENT);
	if (test->file) {
		text_printf(text, DIM, "  ");
		text_put(text, DIM, test->file, "");
		if (test->line)
			text_printf(text, DIM, ":%zu", test->line);
	}
	buf_putc(text->out, '\n');
	if (test->message && *test->message) {
		buf_puts(text->out, INDENT);
		put_short(text, PLAIN, test->message, INDENT);
	}
	labelled(text, "expected", GREEN, test->expected);
	labelled(text, "actual", RED, test->actual);
	bool told = (test->message && *test->message) || test->expected || test->actual;
	if (!told && test->stack) {
		buf_puts(text->out, INDENT);
		put_short(text, PLAIN, test->stack, INDENT);
	}
}

/* A program that was ended from outside has nothing to add to the headline. */
static bool is_headline(const struct test *test, const char *reason)
{
	return reason && test->message && test->suite && strcmp(test->suite, SUITE_PROGRAM) == 0 &&
	       strcmp(test->message, reason) == 0;
}

void text_failures(struct text *text, const struct results *results, const char *reason)
{
	size_t seen = 0;

	for (size_t i = 0; i < results->count; i++) {
		const struct test *test = &results->tests[i];
		if ((test->status != TEST_FAILED && test->status != TEST_ERROR) ||
		    is_headline(test, reason))
			continue;
		seen++;
		if (seen <= FAILURES_SHOWN) {
			write_failure(text, test);
			continue;
		}
		if (seen == FAILURES_SHOWN + 1)
			text_printf(text, DIM, "\n  also failed:\n");
		if (seen <= FAILURES_SHOWN + FAILURES_NAMED) {
			buf_puts(text->out, INDENT);
			put_short(text, PLAIN, delta_test_label(text->arena, test), INDENT);
		}
	}
	if (seen > FAILURES_SHOWN + FAILURES_NAMED)
		text_printf(text, DIM, "%sand %zu more (--format json has them)\n", INDENT,
			    seen - FAILURES_SHOWN - FAILURES_NAMED);
}

void text_problems(struct text *text, const struct results *results)
{
	for (size_t i = 0; i < results->problem_count && i < FAILURES_SHOWN; i++) {
		text_printf(text, YELLOW, "\n  note  ");
		put_short(text, PLAIN, results->problems[i], INDENT);
	}
	bool program = results->runner && strcmp(results->runner, RUNNER_PROGRAM) == 0;
	if (results->runner && !program && !results->complete)
		text_printf(text, YELLOW,
			    "\n  The runner's output ends before its own summary: "
			    "more tests may exist than these.\n");
}

/* ---- the command ---- */

static const char *shown_command(struct text *text, const struct command *command)
{
	if (!command)
		return "command";
	if (command->shown)
		return command->shown;
	const char *line = command->argv[0];
	for (const char *const *arg = command->argv + 1; *arg; arg++)
		line = arena_printf(text->arena, "%s %s", line, *arg);
	return line;
}

static void write_stream(struct text *text, const struct stream *stream)
{
	size_t len;
	const char *tail = cause_tail(stream, LINES_SHOWN, BYTES_SHOWN, &len);

	if (!len)
		return;
	if (len < stream->bytes && tail > stream->text)
		text_printf(text, DIM, "%s...\n", INDENT);
	buf_puts(text->out, INDENT);
	text_put_bytes(text, PLAIN, tail, len, INDENT);
	buf_putc(text->out, '\n');
}

static bool any_failed(const struct results *results)
{
	struct summary sum = results_summary(results);

	return sum.failed || sum.errors;
}

/* A plain program that went well is run for its output; otherwise the one that ended badly. */
void text_command(struct text *text, const struct execution *execution)
{
	const struct output *output = cause_output(execution);

	if (execution->verdict == VERDICT_PASSED || !output) {
		output = execution->output_count ? &execution->outputs[execution->output_count - 1]
						 : NULL;
		bool program = output && output->command && output->command->kind == COMMAND_RUN;
		bool no_tests = execution->verdict == VERDICT_NO_TESTS;
		if (!output || (!program && !no_tests))
			return;
	} else if (any_failed(&execution->results) && output->ended_by == ENDED_EXIT &&
		   output->command && output->command->kind == COMMAND_TEST) {
		return; /* the tests have said it */
	}
	text_printf(text, DIM, "\n  $ ");
	text_put(text, BOLD, shown_command(text, output->command), INDENT);
	buf_putc(text->out, '\n');
	write_stream(text, &output->out);
	write_stream(text, &output->err);
	if (!output->out.bytes && !output->err.bytes)
		text_printf(text, DIM, "%s(it printed nothing)\n", INDENT);
}

void text_ignored(struct text *text, const struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count && i < BLOCKING_SHOWN; i++) {
		const struct block *block = &blocks->items[i];
		text_printf(text, YELLOW, "\n  ignored ");
		text_printf(text, PLAIN, "block %zu (line %zu%s", block->index, block->line,
			    block->info && *block->info ? ", " : "");
		text_put(text, PLAIN, block->info, "");
		buf_puts(text->out, ")\n");
		labelled(text, "because", PLAIN, block->why_not);
	}
	if (blocks->count > BLOCKING_SHOWN)
		text_printf(text, DIM, "\n  and %zu more blocks\n", blocks->count - BLOCKING_SHOWN);
}
