/* Findings as JSON, field for field as `assay check` and a run's report promise them. */
#include "engine/report/findings_json.h"

static void write_finding(struct json_writer *w, const struct finding *finding)
{
	json_object_begin(w, NULL);
	json_put_string(w, "rule", finding->rule);
	json_put_string(w, "severity", severity_name(finding->severity));
	json_put_string(w, "action", finding_action_name(finding->action));
	json_put_string(w, "cwe", finding->cwe);
	json_put_known(w, "block", finding->block >= 0, finding->block);
	json_put_string(w, "path", finding->path);
	json_put_known(w, "line", finding->line > 0, (int64_t)finding->line);
	json_put_known(w, "column", finding->column > 0, (int64_t)finding->column);
	json_put_string(w, "excerpt", finding->excerpt);
	json_put_string(w, "message", finding->message);
	json_put_string(w, "remedy", finding->remedy);
	json_object_end(w);
}

void findings_write_json(struct json_writer *w, const char *key, const struct findings *findings)
{
	json_array_begin(w, key);
	for (size_t i = 0; i < findings->count; i++)
		write_finding(w, &findings->items[i]);
	json_array_end(w);
}
