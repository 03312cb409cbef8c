/* Blocks as JSON: the whole of `assay extract`, and `blocks` in what check and run report. */
#ifndef REPORT_BLOCKS_JSON_H
#define REPORT_BLOCKS_JSON_H

#include "engine/base/json.h"
#include "engine/model.h"

/* One array under key (NULL: no key), as formats.md promises it. */
void blocks_write_json(struct json_writer *w, const char *key, const struct blocks *blocks);

#endif
