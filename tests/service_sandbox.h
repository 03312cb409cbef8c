/* What tests do with a sandbox of tenant "t": each waits for its end, and fails the test when it is no good one. */
#ifndef TESTS_SERVICE_SANDBOX_H
#define TESTS_SERVICE_SANDBOX_H

#include "tests/service_world.h"

void write_file(struct service_world *world, const char *sandbox, const char *path,
		const char *text); /* NULL: removes it */
const char *snapshot(struct service_world *world, const char *sandbox, const char *name);
struct changes roll_back(struct service_world *world, const char *sandbox, const char *word);
const char *fork_of(struct service_world *world, const char *sandbox, const char *word);
void remove_sandbox(struct service_world *world, const char *sandbox);

/* Runs the loop until it holds; the harness ends a test that never does. */
void until(struct service_world *world, bool (*holds)(void *ctx), void *ctx);
bool no_revisions(void *ctx); /* a world */

#endif
