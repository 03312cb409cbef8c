/* One entry in the queue, and its turn. */
#include "engine/service/sandbox_turn.h"

#include "engine/base/container.h"
#include "engine/service/instance.h"

static void begin(struct deferred_call *call)
{
	struct sandbox_turn *turn = CONTAINER(call, struct sandbox_turn, call);
	struct error err = {0};

	if (turn->sandbox->removing)
		error_set(&err, ERROR_NOT_FOUND, "the sandbox was removed meanwhile");
	else if (turn->service->stopping)
		error_set(&err, ERROR_UNAVAILABLE, "the service is shutting down");
	turn->begin(turn, error_is_set(&err) ? &err : NULL);
}

static void on_turn(struct queue_entry *entry)
{
	struct sandbox_turn *turn = CONTAINER(entry, struct sandbox_turn, entry);

	deferred_add(&turn->service->deferred, &turn->call, begin);
}

int sandbox_turn_enter(struct sandbox_turn *turn, struct sandbox_entry *sandbox,
		       void (*begin_fn)(struct sandbox_turn *turn, const struct error *err),
		       struct error *err)
{
	struct service *service = sandbox->service;

	if (service->draining)
		return error_set(err, ERROR_UNAVAILABLE, "the service is shutting down");
	*turn = (struct sandbox_turn){
		.service = service,
		.sandbox = sandbox,
		.begin = begin_fn,
		.entry = {.owner = sandbox->row.tenant, .key = sandbox->row.id, .start = on_turn},
	};
	if (queue_enter(service->queue, &turn->entry, err) != 0)
		return -1;
	sandboxes_use(sandbox);
	service->under_way++;
	return 0;
}

void sandbox_turn_leave(struct sandbox_turn *turn)
{
	struct service *service = turn->service;

	deferred_remove(&service->deferred, &turn->call);
	queue_leave(&turn->entry);
	sandboxes_leave(turn->sandbox);
	service->under_way--;
	service_idle(service);
}
