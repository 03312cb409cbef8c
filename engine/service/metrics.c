/* What an operator watches: counters and times of a service. */
#include "engine/service/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

enum {
	VERDICTS = VERDICT_ERROR + 1,
	STAGES_MAX = 24,
	TEST_STATUSES = TEST_ERROR + 1,
	STATUS_FIRST = 100,
	STATUS_END = 600,
};

struct stage_times {
	const char *name; /* static */
	struct histogram times;
};

struct metrics {
	struct service *service;
	uint64_t verdicts[VERDICTS];
	uint64_t unrun; /* of these, the ones that never ran */
	struct histogram wall, waits;
	struct stage_times stages[STAGES_MAX]; /* as they come */
	size_t stage_count;
	uint64_t tests[TEST_STATUSES];
	uint64_t layers_kept, layers_made; /* dependencies that were there, that were installed */
	double cpu_seconds;
	uint64_t answers[STATUS_END - STATUS_FIRST];
};

/* ---- counting ---- */

static struct histogram *times_of(struct metrics *metrics, const char *stage)
{
	size_t i = 0;
	while (i < metrics->stage_count && strcmp(metrics->stages[i].name, stage) != 0)
		i++;
	if (i == STAGES_MAX)
		return NULL;
	if (i == metrics->stage_count) {
		metrics->stages[i].name = stage;
		metrics->stage_count++;
	}
	return &metrics->stages[i].times;
}

static bool has_install(const struct execution *execution)
{
	for (size_t i = 0; i < execution->output_count; i++)
		if (execution->outputs[i].command->kind == COMMAND_INSTALL)
			return true;
	return false;
}

static void count_stages(struct metrics *metrics, const struct execution *execution)
{
	for (size_t i = 0; i < execution->stage_count; i++) {
		const struct stage_record *stage = &execution->stages[i];
		struct histogram *times = times_of(metrics, stage->name);
		if (times && stage->status != STAGE_SKIPPED)
			histogram_add(times, stage->ms);
	}
}

static void on_final(void *ctx, const struct outcome *outcome, const struct execution *execution,
		     double waited_ms)
{
	struct metrics *metrics = ctx;
	for (int i = 0; i < VERDICTS; i++)
		metrics->verdicts[i] += strcmp(verdict_name((enum verdict)i), outcome->verdict) ==
					0;
	if (!execution) {
		metrics->unrun++;
		return;
	}
	histogram_add(&metrics->waits, waited_ms);
	histogram_add(&metrics->wall, execution->wall_ms);
	metrics->cpu_seconds += execution->cpu_ms > 0 ? execution->cpu_ms / 1000 : 0;
	count_stages(metrics, execution);
	for (size_t i = 0; i < execution->results.count; i++)
		metrics->tests[execution->results.tests[i].status]++;
	const struct plan *plan = execution->plan;
	if (has_install(execution))
		metrics->layers_made++;
	else if (plan && plan->dependencies.key && execution->verdict == VERDICT_PASSED)
		metrics->layers_kept++;
}

void metrics_answered(struct metrics *metrics, unsigned status)
{
	if (status >= STATUS_FIRST && status < STATUS_END)
		metrics->answers[status - STATUS_FIRST]++;
}

struct metrics *metrics_new(struct service *service)
{
	struct metrics *metrics = memory_zeroed(sizeof(*metrics));
	metrics->service = service;
	service_on_final(service, on_final, metrics);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	service_on_final(metrics->service, NULL, NULL);
	free(metrics);
}

/* ---- telling ---- */

static void put_executions(const struct metrics *metrics, struct buf *out)
{
	metrics_family(out, "assay_executions_total", "counter", "Executions that have ended.");
	for (int i = 0; i < VERDICTS; i++)
		if (i != VERDICT_NONE)
			metrics_sample(out, "assay_executions_total", "verdict",
				       verdict_name((enum verdict)i), (double)metrics->verdicts[i]);
	metrics_counter(out, "assay_executions_unrun_total",
			"Executions that ended before they ran: cancelled or interrupted.",
			(double)metrics->unrun);
	metrics_family(out, "assay_execution_seconds", "histogram",
		       "What executions took, from their start to their end.");
	metrics_histogram(out, "assay_execution_seconds", NULL, NULL, &metrics->wall);
	metrics_family(out, "assay_stage_seconds", "histogram",
		       "What each stage took, of those that were not skipped.");
	for (size_t i = 0; i < metrics->stage_count; i++)
		metrics_histogram(out, "assay_stage_seconds", "stage", metrics->stages[i].name,
				  &metrics->stages[i].times);
	metrics_counter(out, "assay_execution_cpu_seconds_total",
			"CPU time of the commands that ran.", metrics->cpu_seconds);
	metrics_family(out, "assay_tests_total", "counter", "Tests that were run.");
	for (int i = 0; i < TEST_STATUSES; i++)
		metrics_sample(out, "assay_tests_total", "status",
			       test_status_name((enum test_status)i), (double)metrics->tests[i]);
	metrics_family(out, "assay_dependency_layers_total", "counter",
		       "Executions with dependencies, by where these came from.");
	metrics_sample(out, "assay_dependency_layers_total", "from", "kept",
		       (double)metrics->layers_kept);
	metrics_sample(out, "assay_dependency_layers_total", "from", "installed",
		       (double)metrics->layers_made);
}

static void put_queue(const struct metrics *metrics, const struct service_state *state,
		      struct buf *out)
{
	metrics_gauge(out, "assay_queue_running", "Executions that run now.", state->queue.running);
	metrics_gauge(out, "assay_queue_waiting", "Executions that wait for their turn.",
		      state->queue.waiting);
	metrics_counter(out, "assay_queue_refused_total",
			"Executions that were refused because too many waited.",
			(double)state->queue.refused);
	metrics_family(out, "assay_queue_wait_seconds", "histogram",
		       "How long executions waited for their turn.");
	metrics_histogram(out, "assay_queue_wait_seconds", NULL, NULL, &metrics->waits);
	metrics_gauge(out, "assay_draining", "1 while nothing new is accepted.", state->draining);
	metrics_gauge(out, "assay_listeners", "Clients that listen to an execution.",
		      state->subscriptions);
}

static void put_kept(const struct metrics *metrics, const struct service_state *state,
		     struct buf *out)
{
	struct store_usage usage;
	struct error err = {0};
	metrics_gauge(out, "assay_sandboxes", "Sandboxes that there are.", state->sandboxes);
	if (state->layers) {
		metrics_gauge(out, "assay_dependency_layers_kept",
			      "Dependency layers that are kept for the next install.",
			      (double)state->layers->count);
		metrics_gauge(out, "assay_dependency_layers_kept_bytes",
			      "Bytes of them on the disk.", (double)state->layers->bytes);
	}
	if (store_usage(service_store(metrics->service), NULL, &usage, &err) != 0)
		return; /* unknown is not 0 */
	metrics_gauge(out, "assay_revision_bytes",
		      "Bytes of the workspaces' revisions on the disk.",
		      (double)usage.revision_bytes);
	metrics_gauge(out, "assay_history_executions", "Executions in the history.",
		      (double)usage.executions);
	metrics_gauge(out, "assay_history_bytes", "Bytes of their reports.",
		      (double)usage.report_bytes);
}

static void put_direction(struct buf *out, const char *name, const char *help, const char *up_word,
			  uint64_t up, const char *down_word, uint64_t down)
{
	metrics_family(out, name, "counter", help);
	metrics_sample(out, name, "direction", up_word, (double)up);
	metrics_sample(out, name, "direction", down_word, (double)down);
}

static void put_proxy(const struct egress_totals *totals, struct buf *out)
{
	metrics_counter(out, "assay_proxy_installs_total", "Installs that had a network.",
			(double)totals->installs);
	metrics_counter(
		out, "assay_proxy_requests_total",
		"Requests of installs to the allow-list proxy, counted when the install ends.",
		(double)totals->requests);
	metrics_counter(out, "assay_proxy_refused_total", "Of these, refused by a rule.",
			(double)totals->refused);
	put_direction(out, "assay_proxy_bytes_total", "Bytes that went through the proxy.", "up",
		      totals->bytes_up, "down", totals->bytes_down);
}

static void put_callbacks(const struct service_state *state, struct buf *out)
{
	metrics_gauge(out, "assay_callbacks_owed", "Answers that are still owed to a callback_url.",
		      state->deliveries);
	metrics_counter(out, "assay_callback_attempts_total", "Attempts to deliver one.",
			(double)state->callbacks.attempts);
	metrics_counter(out, "assay_callbacks_delivered_total", "Answers that were taken.",
			(double)state->callbacks.delivered);
	metrics_counter(out, "assay_callbacks_given_up_total", "Answers that were given up.",
			(double)state->callbacks.given_up);
}

static void put_http(const struct metrics *metrics, const struct http *http, struct buf *out)
{
	struct http_counts counts;
	metrics_family(out, "assay_http_answers_total", "counter", "Answers by their status.");
	for (unsigned i = 0; i < STATUS_END - STATUS_FIRST; i++) {
		char code[8];
		snprintf(code, sizeof(code), "%u", STATUS_FIRST + i);
		if (metrics->answers[i] > 0 || STATUS_FIRST + i == 200)
			metrics_sample(out, "assay_http_answers_total", "code", code,
				       (double)metrics->answers[i]);
	}
	if (!http)
		return;
	http_count(http, &counts);
	metrics_gauge(out, "assay_http_connections", "Open connections.", counts.connections);
	metrics_gauge(out, "assay_http_requests_open", "Requests that are not answered yet.",
		      counts.requests_open);
	metrics_gauge(out, "assay_http_streams", "Answers that stream.", counts.streams);
	metrics_counter(out, "assay_http_requests_total", "Requests that came.",
			(double)counts.requests);
	metrics_counter(out, "assay_http_refused_total",
			"Requests that were malformed, never whole, or too long.",
			(double)counts.refused);
	put_direction(out, "assay_http_bytes_total", "Bytes of requests, and of answers' bodies.",
		      "in", counts.bytes_in, "out", counts.bytes_out);
}

void metrics_write(const struct metrics *metrics, const struct http *http, struct buf *out)
{
	struct service_state state;
	service_look(metrics->service, &state);
	metrics_family(out, "assay_build_info", "gauge",
		       "1; the label says which version this is.");
	metrics_sample(out, "assay_build_info", "version", ASSAY_VERSION, 1);
	put_executions(metrics, out);
	put_queue(metrics, &state, out);
	put_kept(metrics, &state, out);
	put_proxy(&state.egress, out);
	put_callbacks(&state, out);
	put_http(metrics, http, out);
	metrics_process(out);
}
