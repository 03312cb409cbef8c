/* What every command that runs jobs needs of this host: a sandbox backend, and libuv's threads. */
#ifndef COMMANDS_BACKEND_H
#define COMMANDS_BACKEND_H

#include <uv.h>

#include "engine/base/config.h"
#include "runners/sandbox.h"

/* The backend that the settings name, its state folder made and cleared of what dead processes left. */
int backend_choose(const struct config *config, const struct sandbox_ops **out, struct error *err);

/* Starts the loop's threads while there is nothing yet to be left behind: libuv aborts if it cannot. */
void backend_start_threads(uv_loop_t *loop);

#endif
