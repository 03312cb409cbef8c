/* The open files that the process may have, shared out between clients and what runs for them. */
#ifndef COMMANDS_SERVE_DESCRIPTORS_H
#define COMMANDS_SERVE_DESCRIPTORS_H

#include <stddef.h>

#include "engine/net/server/http.h"

void serve_descriptors_raise(void); /* as many as the hard limit allows */

/* How many connections and watches there may be, beside so many executions at once. */
void serve_descriptors_share(unsigned running, size_t listeners, struct http_settings *out);

#endif
