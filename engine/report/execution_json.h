/* What happened in a run, as the members of the JSON object that users hold on to. */
#ifndef REPORT_EXECUTION_JSON_H
#define REPORT_EXECUTION_JSON_H

#include "engine/base/json.h"
#include "engine/model.h"

/* Adds its members to the object that is open. */
void execution_put_json(struct json_writer *w, const struct execution *execution);

#endif
