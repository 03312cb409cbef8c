/* Findings as JSON: the one place that knows their shape. */
#ifndef REPORT_FINDINGS_JSON_H
#define REPORT_FINDINGS_JSON_H

#include "engine/base/json.h"
#include "engine/model.h"

/* An array; key is NULL inside arrays. Unknown lines and columns are null. */
void findings_write_json(struct json_writer *w, const char *key, const struct findings *findings);

#endif
