/* A plan as formats.md has it: environment, files, what is installed and what is run. */
#ifndef REPORT_PLAN_JSON_H
#define REPORT_PLAN_JSON_H

#include "engine/base/json.h"
#include "engine/model.h"

/* Commands are written as a person would type them. A NULL plan is null. */
void plan_write_json(struct json_writer *w, const char *key, const struct plan *plan);

#endif
