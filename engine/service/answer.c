/* JSON of formats.md in one line; with candidates, what became of each. */
#include "engine/service/answer.h"

#include "engine/pipeline/feedback.h"
#include "engine/report/execution_json.h"
#include "engine/report/results_json.h"
#include "engine/service/trial.h"

enum { LARGE = 256 << 10, TEST_BYTES = 256 };

static const size_t REPORT_BYTES = 128 << 20;

static void put_candidates(struct json_writer *w, const struct candidates *candidates)
{
	json_array_begin(w, "candidates");
	for (size_t i = 0; i < candidates->count; i++) {
		const struct candidate *candidate = &candidates->items[i];
		const struct execution *execution = &candidate->execution;
		json_object_begin(w, NULL);
		json_put_int(w, "index", (int64_t)candidate->index);
		json_put_string(w, "verdict", verdict_name(execution->verdict));
		json_put_string(w, "reason", execution->reason);
		if (execution->results.runner)
			summary_write_json(w, "summary", &execution->results);
		else
			json_put_null(w, "summary");
		json_put_bool(w, "chosen", candidate == candidates->chosen);
		json_put_number(w, "ms", execution->wall_ms);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_json(const struct trial *trial, const struct execution *execution,
		       struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, true);
	json_object_begin(&w, NULL);
	execution_put_json(&w, execution);
	json_put_string(&w, "sandbox_id", trial->row.sandbox);
	if (trial->candidates.count > 1)
		put_candidates(&w, &trial->candidates);
	json_object_end(&w);
}

/* Without what makes reports long: code, output, and what single tests said. */
static void shorten(struct arena *arena, struct execution *execution)
{
	static const char *const notes[] = {
		"the report was over 128 MiB: code, outputs and what tests said are left out",
		NULL};
	const struct test *tests = execution->results.tests;
	size_t count = execution->results.count;

	execution->blocks.count = execution->findings.count = 0;
	execution->output_count = execution->changes.count = 0;
	execution->notes = (const char **)notes;
	execution->results.tests = arena_array(arena, count, sizeof(*tests));
	for (size_t i = 0; i < count; i++) {
		execution->results.tests[i] = (struct test){
			.name = tests[i].name,
			.suite = tests[i].suite,
			.status = tests[i].status,
			.duration_ms = tests[i].duration_ms,
			.flaky = tests[i].flaky,
		};
	}
}

void answer_write(struct trial *trial, struct buf *out)
{
	struct execution execution = trial->execution;

	buf_init(out, REPORT_BYTES);
	write_json(trial, &execution, out);
	if (!out->truncated)
		return;
	shorten(&trial->arena, &execution);
	buf_clear(out);
	write_json(trial, &execution, out);
	if (!out->truncated)
		return;
	execution.results.runner = NULL; /* so many tests that their names alone are too long */
	execution.delta = (struct delta){.against = NULL};
	buf_clear(out);
	write_json(trial, &execution, out);
}

bool answer_is_large(const struct trial *trial)
{
	const struct execution *execution = &trial->execution;
	size_t bytes = execution->results.count * TEST_BYTES;

	for (size_t i = 0; i < execution->blocks.count; i++)
		bytes += execution->blocks.items[i].code_len;
	for (size_t i = 0; i < execution->output_count; i++)
		bytes += execution->outputs[i].out.len + execution->outputs[i].err.len;
	return bytes > LARGE;
}

void answer_unrun(struct arena *arena, const char *id, enum verdict verdict, const char *reason,
		  struct execution *out)
{
	*out = (struct execution){
		.id = id,
		.verdict = verdict,
		.reason = reason,
		.error = verdict == VERDICT_ERROR ? reason : NULL,
		.exit_code = -1,
		.wall_ms = NAN,
	};
	out->feedback = feedback_make(arena, out, 0);
}
