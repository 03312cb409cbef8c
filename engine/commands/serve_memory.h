/* Memory that a crowd has left goes back to the system. */
#ifndef COMMANDS_SERVE_MEMORY_H
#define COMMANDS_SERVE_MEMORY_H

#include <uv.h>

/* Looks now and then, and keeps no loop alive; closed by uv_close. */
void serve_memory_start(uv_timer_t *timer, uv_loop_t *loop);

#endif
