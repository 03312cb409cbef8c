/* Rows of the store as JSON, the same in every dialect, and the parameters that list them. */
#ifndef API_ROW_JSON_H
#define API_ROW_JSON_H

#include "engine/api/call.h"

/* null where ms is 0. */
void row_json_time(struct json_writer *w, const char *key, int64_t unix_ms);

/* Members of the open object. */
void row_json_execution(struct call *call, struct json_writer *w, const struct execution_row *row);
void row_json_sandbox(struct call *call, struct json_writer *w, const struct sandbox_row *row,
		      bool busy);
void row_json_snapshot(struct json_writer *w, const struct snapshot_row *row);
void row_json_changes(struct json_writer *w, const struct changes *changes);

/*
 * In the call's open object: the tenant's sandboxes, or those of one agent of it, as an array called key,
 * their ids called label. Answers the call.
 */
void row_json_sandboxes(struct call *call, const char *key, const char *label, const char *agent);

/* {"executions": [...], "next": id|null}: what query asks for. Answers the call. */
void row_json_history(struct call *call, struct history_query *query);

#define ROW_JSON_LIMIT_PARAMETER                                                                   \
	{                                                                                          \
		"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",    \
			"How many at most", false                                                  \
	}
#define ROW_JSON_BEFORE_PARAMETER                                                                  \
	{                                                                                          \
		"before", ROUTE_TEXT,                                                              \
			"Only those older than this execution: `next` of the page before", false   \
	}

#endif
