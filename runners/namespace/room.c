/* The disk limit of a dependency layer that is being built. */
#include "runners/namespace/room.h"

#include <stdio.h>
#include <sys/statvfs.h>

#include "engine/base/clock.h"
#include "engine/base/quantity.h"
#include "runners/namespace/measure.h"

enum {
	EVERY_MS = 100,
	REST = 20, /* times what a walk took, until the next: a twentieth of one processor */
	FLOOR_PART = 8, /* of what was free stays free */
};

static uint64_t free_bytes(int folder)
{
	struct statvfs disk;

	return fstatvfs(folder, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
}

void room_bounds(int folder, uint64_t disk, struct room_bounds *out)
{
	uint64_t available = free_bytes(folder);

	/* Others build at the same time, and the store has to write as well. */
	out->by_disk = disk == 0 || disk > available / 2;
	out->limit = out->by_disk ? available / 2 : disk;
	out->floor = available == UINT64_MAX ? 0 : available / FLOOR_PART;
}

static bool is_over(const struct room *room)
{
	const struct room_look *look = &room->look;

	return look->hidden || look->bytes > room->bounds.limit || look->free < room->bounds.floor;
}

/* ---- the thread's part ---- */

static bool walk_is_due(const struct room *room, uint64_t available, double now)
{
	const struct room_look *look = &room->look;
	uint64_t taken = look->free > available ? look->free - available : 0;

	/* Perhaps by others, but then a look shows it. */
	return room->last || look->bytes + taken > room->bounds.limit ||
	       now - look->ended >= REST * look->took;
}

static void on_work(uv_work_t *work)
{
	struct room *room = work->data;
	uint64_t available = free_bytes(room->folder);
	double started = clock_ms();
	struct measure measure = {0};

	if (!walk_is_due(room, available, started)) {
		if (available < room->bounds.floor)
			room->look.free = available;
		return;
	}
	/* Not overlayfs's own work folder beside them, which is closed to a plain user. */
	measure_add(room->folder, "workspace", room->bounds.limit, &measure);
	measure_add(room->folder, "deps", room->bounds.limit, &measure);
	double ended = clock_ms();
	room->look = (struct room_look){
		.bytes = measure.bytes,
		.free = available,
		.hidden = measure.hidden,
		.ended = ended,
		.took = ended - started,
	};
}

/* ---- the loop's part ---- */

static void finish(struct room *room)
{
	room->timer.data = room->ctx;
	uv_close((uv_handle_t *)&room->timer, room->closed);
}

static void on_worked(uv_work_t *work, int status);

static int look(struct room *room)
{
	room->work.data = room;
	room->working = uv_queue_work(room->timer.loop, &room->work, on_work, on_worked) == 0;
	return room->working ? 0 : -1;
}

static void on_worked(uv_work_t *work, int status)
{
	struct room *room = work->data;

	(void)status;
	room->working = false;
	if (!room->exceeded && is_over(room)) {
		room->exceeded = true;
		if (!room->closed)
			room->over(room->ctx);
	}
	if (!room->closed)
		return;
	bool was_last = room->last;
	room->last = true;
	if (was_last || look(room) != 0)
		finish(room);
}

static void on_tick(uv_timer_t *timer)
{
	struct room *room = timer->data;

	if (!room->working)
		look(room);
}

void room_watch(struct room *room, uv_loop_t *loop, int folder, const struct room_bounds *bounds,
		void (*over)(void *ctx), void *ctx)
{
	*room = (struct room){
		.active = true,
		.folder = folder,
		.bounds = *bounds,
		.look.free = free_bytes(folder),
		.over = over,
		.ctx = ctx,
	};
	uv_timer_init(loop, &room->timer);
	room->timer.data = room;
	uv_timer_start(&room->timer, on_tick, EVERY_MS, EVERY_MS);
}

void room_stop(struct room *room, uv_close_cb closed)
{
	if (!room->active)
		return;
	room->active = false;
	room->closed = closed;
	uv_timer_stop(&room->timer);
	if (room->working)
		return; /* that look may be older than the last file */
	room->last = true;
	if (look(room) != 0)
		finish(room);
}

void room_why(const struct room *room, char out[ROOM_WHY])
{
	const struct room_look *look = &room->look;
	char size[QUANTITY_TEXT];

	if (look->hidden)
		snprintf(
			out, ROOM_WHY,
			"it made folders that are nested more than %d deep, or that nobody may open",
			MEASURE_DEPTH);
	else if (look->bytes > room->bounds.limit)
		snprintf(out, ROOM_WHY, "it wrote more than %s, %s",
			 quantity_text(room->bounds.limit, size),
			 room->bounds.by_disk ? "half of what the disk had free"
					      : "its disk limit");
	else
		snprintf(out, ROOM_WHY, "the disk that it writes to has only %s left",
			 quantity_text(look->free, size));
}
