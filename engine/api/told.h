/* A report read back as what a plain command answers: exit code, standard output and error. */
#ifndef API_TOLD_H
#define API_TOLD_H

#include "engine/api/call.h"

/* Members of the open object: exit_code, stdout, stderr, duration_ms, error, verdict. */
void told_write(struct json_writer *w, const struct json *report);

#endif
