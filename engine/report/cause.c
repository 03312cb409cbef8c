/* Finds what decided a verdict and puts it into the shape of a test. */
#include "engine/report/cause.h"

#include <string.h>

enum { TAIL_LINES = 60, TAIL_BYTES = 8192, FINDINGS_SHOWN = 20 };

const struct output *cause_output(const struct execution *execution)
{
	for (size_t i = execution->output_count; i > 0; i--) {
		const struct output *output = &execution->outputs[i - 1];
		if (output->ended_by != ENDED_EXIT || output->exit_code != 0)
			return output;
	}
	return NULL;
}

const char *cause_tail(const struct stream *stream, size_t max_lines, size_t max_bytes, size_t *len)
{
	*len = 0;
	if (!stream->text)
		return "";
	const char *end = stream->text + stream->len, *at;
	while (end > stream->text && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (at = end; at > stream->text; at--) {
		if ((size_t)(end - at) >= max_bytes || (at[-1] == '\n' && --max_lines == 0))
			break;
	}
	*len = (size_t)(end - at);
	return at;
}

/* The stream that tells more. */
static const struct stream *telling_stream(const struct output *output)
{
	return output->err.len ? &output->err : &output->out;
}

bool cause_results_green(const struct results *results)
{
	struct summary sum = results_summary(results);

	return results->complete && !results->build_failed && sum.tests && !sum.failed &&
	       !sum.errors;
}

static const char *findings_text(const struct findings *findings, struct arena *arena)
{
	const char *text = "";
	size_t shown = 0;

	for (size_t i = 0; i < findings->count && shown < FINDINGS_SHOWN; i++) {
		const struct finding *f = &findings->items[i];
		if (f->action != ACTION_BLOCK)
			continue;
		text = arena_printf(arena, "%s%s%s:%zu:%zu %s: %s", text, shown ? "\n" : "",
				    f->path ? f->path : "reply", f->line, f->column, f->rule,
				    f->message);
		shown++;
	}
	return text;
}

static const char *execution_details(const struct execution *execution, struct arena *arena)
{
	const struct output *output = cause_output(execution);
	size_t len;

	if (execution->verdict == VERDICT_REJECTED)
		return findings_text(&execution->findings, arena);
	if (!output)
		return NULL;
	const char *tail = cause_tail(telling_stream(output), TAIL_LINES, TAIL_BYTES, &len);
	return len ? arena_copy(arena, tail, len) : NULL;
}

static const char *problems_text(const struct results *results, struct arena *arena)
{
	const char *text = NULL;

	for (size_t i = 0; i < results->problem_count; i++)
		text = text ? arena_printf(arena, "%s\n%s", text, results->problems[i])
			    : results->problems[i];
	return text;
}

static bool results_cause(const struct results *results, struct arena *arena, struct test *out)
{
	struct summary sum = results_summary(results);
	bool red = sum.failed || sum.errors;

	if (!results->complete) {
		out->name = "incomplete";
		out->message = "the output ends before the runner's own summary";
	} else if (results->build_failed && !red) {
		out->name = "build_failed";
		out->message = "the tests could not be built";
	} else if (!sum.tests) {
		out->name = "no_tests";
		out->message = "no test was run";
	} else {
		return false;
	}
	out->stack = problems_text(results, arena);
	return true;
}

bool cause_test(const struct report_input *input, struct arena *arena, struct test *out)
{
	const struct execution *execution = input->execution;
	struct summary sum = results_summary(input->results);

	memset(out, 0, sizeof(*out));
	out->suite = "assay";
	out->status = TEST_ERROR;
	out->duration_ms = NAN;
	if (!execution)
		return results_cause(input->results, arena, out);
	if (execution->verdict == VERDICT_PASSED && sum.tests)
		return false;
	if (execution->verdict == VERDICT_TESTS_FAILED && (sum.failed || sum.errors))
		return false;
	out->name = verdict_name(execution->verdict);
	out->message = execution->reason;
	if (execution->verdict == VERDICT_PASSED)
		out->status = TEST_PASSED; /* a program without tests that ended with status 0 */
	else
		out->stack = execution_details(execution, arena);
	return true;
}
