/* One entry in the queue, and its turn. */
#include "engine/service/errand.h"

#include "engine/base/container.h"
#include "engine/service/instance.h"

static void begin(struct deferred_call *call)
{
	struct errand *errand = CONTAINER(call, struct errand, call);
	struct error err = {0};

	if (errand->sandbox->removing)
		error_set(&err, ERROR_NOT_FOUND, "the sandbox was removed meanwhile");
	else if (errand->service->stopping)
		error_set(&err, ERROR_UNAVAILABLE, "the service is shutting down");
	errand->begin(errand, error_is_set(&err) ? &err : NULL);
}

static void on_turn(struct queue_entry *entry)
{
	struct errand *errand = CONTAINER(entry, struct errand, turn);

	deferred_add(&errand->service->deferred, &errand->call, begin);
}

int errand_enter(struct errand *errand, struct sandbox_entry *sandbox,
		 void (*begin_fn)(struct errand *errand, const struct error *err),
		 struct error *err)
{
	struct service *service = sandbox->service;

	if (service->draining)
		return error_set(err, ERROR_UNAVAILABLE, "the service is shutting down");
	*errand = (struct errand){
		.service = service,
		.sandbox = sandbox,
		.begin = begin_fn,
		.turn = {.owner = sandbox->row.tenant, .key = sandbox->row.id, .start = on_turn},
	};
	if (queue_enter(service->queue, &errand->turn, err) != 0)
		return -1;
	sandboxes_use(sandbox);
	service->under_way++;
	return 0;
}

void errand_leave(struct errand *errand)
{
	struct service *service = errand->service;

	deferred_remove(&service->deferred, &errand->call);
	queue_leave(&errand->turn);
	sandboxes_leave(errand->sandbox);
	service->under_way--;
	service_idle(service);
}
