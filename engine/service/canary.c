/* Whether the service can do its work, found out by doing some. */
#include "engine/service/canary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/memory.h"

enum {
	FRESH_MS = 10 * 1000,
	WITHIN_MS = 15 * 1000,
	DISK_MIN = 64 << 20,
	COMMAND_MS = 10 * 1000,
};

struct asker {
	struct asker *next;
	canary_fn done;
	void *ctx;
};

/* One of the things that are tried. */
struct trying {
	bool under_way; /* somebody will call back, though nobody may wait for it any more */
	bool awaited;
	struct canary_check check;
};

struct canary {
	uv_loop_t *loop;
	struct canary_settings settings;
	uv_timer_t timer; /* of the flight, or for those who are told from what is known */
	struct arena arena; /* of the last flight */
	struct asker *askers;
	struct trying sandbox, store, disk;
	struct job *job;
	uv_fs_t look;
	uint64_t disk_free;
	bool flying, known;
	double started, ended; /* clock_ms */
	bool timer_closed;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/* ---- the end ---- */

static void end_when_idle(struct canary *canary)
{
	if (!canary->timer_closed || canary->sandbox.under_way || canary->store.under_way ||
	    canary->disk.under_way)
		return;
	void (*closed)(void *ctx) = canary->closed;
	void *ctx = canary->closed_ctx;
	arena_done(&canary->arena);
	free(canary);
	closed(ctx);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct canary *canary = handle->data;
	canary->timer_closed = true;
	end_when_idle(canary);
}

void canary_close(struct canary *canary, void (*closed)(void *ctx), void *ctx)
{
	canary->closing = true;
	canary->closed = closed;
	canary->closed_ctx = ctx;
	while (canary->askers)
		canary_forget(canary, canary->askers->ctx);
	if (canary->job)
		job_cancel(canary->job);
	uv_close((uv_handle_t *)&canary->timer, on_timer_closed);
}

/* ---- telling ---- */

static void describe(const struct canary *canary, struct canary_state *out)
{
	const struct canary_check *checks[] = {&canary->sandbox.check, &canary->store.check,
					       &canary->disk.check};
	*out = (struct canary_state){
		.healthy = true,
		.sandbox = *checks[0],
		.store = *checks[1],
		.disk = *checks[2],
		.disk_free = canary->disk_free,
		.ms = canary->ended - canary->started,
		.age_ms = clock_ms() - canary->ended,
	};
	for (size_t i = 0; i < 3 && out->healthy; i++) {
		out->healthy = checks[i]->ok;
		out->why = checks[i]->why;
	}
}

static void tell(struct canary *canary)
{
	struct canary_state state;
	describe(canary, &state);
	/* one by one from the list: whoever is told may have another forgotten */
	for (struct asker *it; (it = canary->askers);) {
		struct asker asker = *it;
		canary->askers = asker.next;
		free(it);
		asker.done(asker.ctx, &state);
	}
}

void canary_forget(struct canary *canary, void *ctx)
{
	for (struct asker **it = &canary->askers; *it;) {
		struct asker *asker = *it;
		if (asker->ctx != ctx) {
			it = &asker->next;
			continue;
		}
		*it = asker->next;
		free(asker);
	}
}

/* ---- the flight ---- */

static void land(struct canary *canary)
{
	uv_timer_stop(&canary->timer);
	canary->flying = false;
	canary->known = true;
	canary->ended = clock_ms();
	tell(canary);
}

/* One of the things was found out: with why_not NULL it works. */
static void settle(struct canary *canary, struct trying *trying, const char *why_not)
{
	trying->under_way = false;
	if (!trying->awaited)
		return; /* it was too late, and that is what counts */
	trying->awaited = false;
	trying->check = (struct canary_check){
		.ok = !why_not,
		.why = why_not,
		.ms = clock_ms() - canary->started,
	};
	if (!canary->sandbox.awaited && !canary->store.awaited && !canary->disk.awaited)
		land(canary);
}

static void back(struct canary *canary, struct trying *trying, const char *why_not)
{
	if (canary->closing) {
		trying->under_way = false;
		end_when_idle(canary);
	} else {
		settle(canary, trying, why_not);
	}
}

static void on_job(void *ctx, struct job *job)
{
	struct canary *canary = ctx;
	const struct execution *execution = job_execution(job);
	const char *why = NULL;
	if (execution->verdict != VERDICT_PASSED)
		why = arena_printf(&canary->arena, "`true` in a sandbox: %s",
				   execution->error    ? execution->error
				   : execution->reason ? execution->reason
						       : verdict_name(execution->verdict));
	canary->job = NULL;
	job_free(job);
	back(canary, &canary->sandbox, why);
}

static void on_write(void *ctx, const struct error *err)
{
	struct canary *canary = ctx;
	back(canary, &canary->store,
	     err ? arena_printf(&canary->arena, "the store: %s", err->text) : NULL);
}

static void on_look(uv_fs_t *look)
{
	struct canary *canary = look->data;
	const char *why = NULL;
	if (look->result < 0) {
		why = arena_printf(&canary->arena, "the disk of %s: %s",
				   canary->settings.service->state_dir,
				   uv_strerror((int)look->result));
	} else {
		const uv_statfs_t *disk = look->ptr;
		canary->disk_free = disk->f_bavail * disk->f_bsize;
		if (canary->disk_free < canary->settings.disk_min)
			why = arena_printf(&canary->arena,
					   "the disk of %s has %" PRIu64 " bytes left",
					   canary->settings.service->state_dir, canary->disk_free);
	}
	uv_fs_req_cleanup(look);
	back(canary, &canary->disk, why);
}

static int start_job(struct canary *canary, struct error *err)
{
	static const char *const commands[] = {"true", NULL};
	const struct service_settings *service = canary->settings.service;
	struct job_input input = {.commands = commands};
	struct job_options options = {
		.environment = "bash",
		.state_dir = service->state_dir,
		.no_install = true,
		.limits = {.time_ms = COMMAND_MS},
		.deadline_ms = canary->settings.within_ms,
		.rules = service->rules,
		.sandbox = service->sandbox,
	};
	return job_start(&canary->job, canary->loop, &options, &input, on_job, canary, err);
}

static const char *hanging(struct canary *canary, const char *what)
{
	return arena_printf(&canary->arena, "%s did not answer within %u ms", what,
			    canary->settings.within_ms);
}

/* What has not come back by now hangs. */
static void give_up_waiting(struct canary *canary)
{
	struct trying *all[] = {&canary->sandbox, &canary->store, &canary->disk};
	static const char *const names[] = {"`true` in a sandbox", "the store", "the disk"};
	for (size_t i = 0; i < 3; i++) {
		if (!all[i]->awaited)
			continue;
		all[i]->awaited = false;
		all[i]->check = (struct canary_check){
			.why = hanging(canary, names[i]),
			.ms = clock_ms() - canary->started,
		};
	}
	if (canary->job)
		job_cancel(canary->job);
	land(canary);
}

static void on_late(uv_timer_t *timer)
{
	give_up_waiting(timer->data);
}

static void fly(struct canary *canary)
{
	struct error err = {0};
	arena_done(&canary->arena);
	arena_init(&canary->arena);
	canary->flying = true;
	canary->started = clock_ms();
	canary->sandbox = canary->store = canary->disk = (struct trying){.under_way = true,
									 .awaited = true};
	uv_timer_start(&canary->timer, on_late, canary->settings.within_ms, 0);
	store_probe(canary->settings.store, on_write, canary);
	canary->look.data = canary;
	if (uv_fs_statfs(canary->loop, &canary->look, canary->settings.service->state_dir,
			 on_look) != 0)
		settle(canary, &canary->disk, "the disk cannot be looked at");
	if (start_job(canary, &err) != 0) {
		canary->job = NULL;
		settle(canary, &canary->sandbox,
		       arena_printf(&canary->arena, "`true` in a sandbox: %s", err.text));
	}
}

/* ---- asking ---- */

static bool may_fly(const struct canary *canary)
{
	return !canary->sandbox.under_way && !canary->store.under_way && !canary->disk.under_way;
}

static void on_asked(uv_timer_t *timer)
{
	struct canary *canary = timer->data;
	bool fresh = canary->known && clock_ms() - canary->ended < canary->settings.fresh_ms;
	/* the last one that hangs still holds what another would need: what is known stays true */
	if (fresh || !may_fly(canary))
		tell(canary);
	else
		fly(canary);
}

void canary_ask(struct canary *canary, canary_fn done, void *ctx)
{
	struct asker *asker = memory_zeroed(sizeof(*asker));
	*asker = (struct asker){canary->askers, done, ctx};
	canary->askers = asker;
	if (!canary->flying)
		uv_timer_start(&canary->timer, on_asked, 0, 0);
}

struct canary *canary_new(uv_loop_t *loop, const struct canary_settings *settings)
{
	struct canary *canary = memory_zeroed(sizeof(*canary));
	canary->loop = loop;
	canary->settings = *settings;
	if (!canary->settings.fresh_ms)
		canary->settings.fresh_ms = FRESH_MS;
	if (!canary->settings.within_ms)
		canary->settings.within_ms = WITHIN_MS;
	if (!canary->settings.disk_min)
		canary->settings.disk_min = DISK_MIN;
	arena_init(&canary->arena);
	uv_timer_init(loop, &canary->timer);
	canary->timer.data = canary;
	return canary;
}
