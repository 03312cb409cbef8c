/* Results as JSON: the `results` of a run's report, and the whole of `report --to json`. */
#ifndef REPORT_RESULTS_JSON_H
#define REPORT_RESULTS_JSON_H

#include "engine/base/json.h"
#include "engine/model.h"

/* One object under key (NULL: no key), as formats.md promises it. */
void results_write_json(struct json_writer *w, const char *key, const struct results *results);

/* How many there were of each status. */
void summary_write_json(struct json_writer *w, const char *key, const struct results *results);

#endif
