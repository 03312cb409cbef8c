/* What the answers of several dialects have in common, and the parameters their routes share. */
#ifndef API_PARTS_H
#define API_PARTS_H

#include "engine/api/call.h"

/* null where ms is 0. */
void part_time(struct json_writer *w, const char *key, int64_t unix_ms);

/* Members of the open object. */
void part_execution(struct call *call, struct json_writer *w, const struct execution_row *row);
void part_sandbox(struct call *call, struct json_writer *w, const struct sandbox_row *row,
		  bool busy);
void part_snapshot(struct json_writer *w, const struct snapshot_row *row);
void part_changes(struct json_writer *w, const struct changes *changes);

/* Objects of all sandboxes of the tenant, or of one agent of it, their id called label. */
void part_sandboxes(struct call *call, struct json_writer *w, const char *label, const char *agent);

/* {"executions": [...], "next": id|null}: what query asks for. Answers the call. */
void part_history(struct call *call, struct history_query *query);

#define PART_LIMIT_PARAMETER                                                                       \
	{                                                                                          \
		"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",    \
			"How many at most", false                                                  \
	}
#define PART_BEFORE_PARAMETER                                                                      \
	{                                                                                          \
		"before", ROUTE_TEXT,                                                              \
			"Only those older than this execution: `next` of the page before", false   \
	}

#endif
