/* A report read back as what a plain command answers: exit code, standard output and error. */
#ifndef API_COMMAND_RESULT_H
#define API_COMMAND_RESULT_H

#include "engine/api/call.h"

/* Members of the open object: exit_code, stdout, stderr, duration_ms, error, verdict. */
void command_result_write(struct json_writer *w, const struct json *report);

#endif
