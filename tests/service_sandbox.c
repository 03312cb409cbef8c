/* Calls of the service, one after the other. */
#include "tests/service_sandbox.h"

#include <string.h>

void write_file(struct service_world *world, const char *sandbox, const char *path,
		const char *text)
{
	const struct file file = {
		.path = path, .data = text, .len = text ? strlen(text) : 0, .removed = !text};
	struct end end = {.world = world};

	if (service_write(world->service, "t", sandbox, &file, 1, end_done, &end, &end.err) != 0)
		fail_msg("write: %s", end.err.text);
	assert_false(end.done);
	end_expect(&end, ERROR_NONE);
}

const char *snapshot(struct service_world *world, const char *sandbox, const char *name)
{
	struct end end = {.world = world};

	if (service_snapshot(world->service, "t", sandbox, name, NULL, end_snapshot, &end,
			     &end.err) != 0)
		fail_msg("snapshot: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

struct changes roll_back(struct service_world *world, const char *sandbox, const char *word)
{
	struct end end = {.world = world};

	if (service_rollback(world->service, "t", sandbox, word, end_rollback, &end, &end.err) != 0)
		fail_msg("rollback: %s", end.err.text);
	assert_false(end.done);
	end_expect(&end, ERROR_NONE);
	return end.changes;
}

const char *fork_of(struct service_world *world, const char *sandbox, const char *word)
{
	struct end end = {.world = world};

	if (service_sandbox_fork(world->service, "t", sandbox, word, end_sandbox, &end, &end.err) !=
	    0)
		fail_msg("fork: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

void remove_sandbox(struct service_world *world, const char *sandbox)
{
	struct end end = {.world = world};

	if (service_sandbox_remove(world->service, "t", sandbox, end_done, &end, &end.err) != 0)
		fail_msg("remove: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
}

bool no_revisions(void *ctx)
{
	struct service_world *world = ctx;

	return service_world_entries(world, "revisions") == 0;
}

void until(struct service_world *world, bool (*holds)(void *ctx), void *ctx)
{
	while (!holds(ctx))
		uv_run(&world->loop, UV_RUN_ONCE);
}
