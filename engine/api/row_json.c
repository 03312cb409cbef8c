/* Rows as JSON, the same in every dialect. */
#include "engine/api/row_json.h"

#include <math.h>
#include <string.h>

#include "engine/api/page.h"
#include "engine/base/clock.h"

enum { PAGE = 50 };

static const double SECOND_MS = 1000, HOUR_MS = 3600000;

struct sandbox_list {
	struct page page;
	const char *label, *agent;
};

void row_json_time(struct json_writer *w, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT];

	if (unix_ms <= 0) {
		json_put_null(w, key);
		return;
	}
	clock_text_at(unix_ms, text);
	json_put_string(w, key, text);
}

static const char *status_word(struct call *call, const struct execution_row *row)
{
	enum execution_phase phase = EXECUTION_OVER;

	if (row->state == EXECUTION_FINAL)
		return "final";
	if (service_phase(call->service, call->tenant, row->id, &phase, NULL) != 0)
		return "final";
	return phase == EXECUTION_WAITING   ? "waiting"
	       : phase == EXECUTION_RUNNING ? "running"
					    : "final";
}

void row_json_execution(struct call *call, struct json_writer *w, const struct execution_row *row)
{
	bool over = row->state == EXECUTION_FINAL;

	json_put_string(w, "id", row->id);
	json_put_string(w, "status", status_word(call, row));
	json_put_string(w, "verdict", row->verdict);
	json_put_string(w, "reason", row->reason);
	json_put_string(w, "sandbox_id", row->sandbox);
	json_put_string(w, "agent_id", row->agent);
	json_put_string(w, "environment", row->environment);
	row_json_time(w, "accepted_at", row->accepted_ms);
	row_json_time(w, "started_at", row->started_ms);
	row_json_time(w, "finished_at", row->finished_ms);
	json_put_number(w, "wall_ms", over ? row->wall_ms : NAN);
}

void row_json_snapshot(struct json_writer *w, const struct snapshot_row *row)
{
	json_put_string(w, "snapshot_id", row->id);
	json_put_string(w, "name", row->name);
	json_put_string(w, "description", row->description);
	row_json_time(w, "created_at", row->created_ms);
}

void row_json_changes(struct json_writer *w, const struct changes *changes)
{
	json_array_begin(w, "changes");
	for (size_t i = 0; i < changes->count; i++) {
		char what = changes->items[i].what;
		json_object_begin(w, NULL);
		json_put_string(w, "path", changes->items[i].path);
		json_put_string(w, "change",
				what == 'A'   ? "added"
				: what == 'D' ? "deleted"
					      : "modified");
		json_object_end(w);
	}
	json_array_end(w);
	json_put_bool(w, "verified", changes->verified);
	json_put_string(w, "error", changes->doubt);
}

void row_json_history(struct call *call, struct history_query *query)
{
	struct execution_row *rows;
	struct error err = {0};
	size_t count;

	query->tenant = call->tenant;
	query->before = json_string(json_get(call->query, "before"), NULL);
	query->limit = (unsigned)json_number(json_get(call->query, "limit"), PAGE);
	if (store_history(service_store(call->service), &call->arena, query, &rows, &count, &err) !=
	    0) {
		call_fail(call, &err);
		return;
	}
	struct json_writer *w = call_object(call);
	json_array_begin(w, "executions");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w, NULL);
		row_json_execution(call, w, &rows[i]);
		json_object_end(w);
	}
	json_array_end(w);
	json_put_string(w, "next", count == query->limit ? rows[count - 1].id : NULL);
	call_object_end(call, 200);
}

void row_json_sandbox(struct call *call, struct json_writer *w, const struct sandbox_row *row,
		      bool busy)
{
	double up_ms = fmax(0, (double)(clock_unix_ms() - row->created_ms));
	double hourly = call_cost_per_hour(call);

	json_put_string(w, "status", busy ? "busy" : "idle");
	json_put_string(w, "environment", row->environment);
	json_put_number(w, "uptime", floor(up_ms / SECOND_MS));
	json_put_int(w, "executions", (int64_t)row->executions);
	json_put_string(w, "agent_id", row->agent);
	row_json_time(w, "created_at", row->created_ms);
	row_json_time(w, "used_at", row->used_ms);
	row_json_time(w, "expires_at", row->expires_ms);
	json_put_number(w, "cost_estimate", hourly > 0 ? up_ms / HOUR_MS * hourly : NAN);
	json_put_string(w, "quarantined", row->quarantined);
}

static void put_one(void *ctx, const struct sandbox_row *row)
{
	struct sandbox_list *list = ctx;
	struct call *call = list->page.call;
	struct json_writer *w = &call->writer;

	if ((list->agent && (!row->agent || strcmp(row->agent, list->agent) != 0)) ||
	    !page_takes(&list->page, row->id))
		return;
	json_object_begin(w, NULL);
	json_put_string(w, list->label, row->id);
	row_json_sandbox(call, w, row, service_sandbox_busy(call->service, row->id));
	json_object_end(w);
}

void row_json_sandboxes(struct call *call, const char *key, const char *label, const char *agent)
{
	struct sandbox_list list = {.label = label, .agent = agent};

	page_begin(&list.page, call, key, "sandbox");
	service_each_sandbox(call->service, call->tenant, put_one, &list);
	page_end(&list.page);
}
