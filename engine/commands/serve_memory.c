/*
 * Memory that a crowd has left goes back to the system.
 *
 * The C library returns by itself only what lies at the very end of its heap: when 10,000 connections had
 * come and gone, 180 MiB stayed for as long as the process lived. Giving them back takes 15 ms, during which
 * the loop waits, so it is done where it is worth it, and at most once in a while.
 */
#include "engine/commands/serve_memory.h"

#include <malloc.h>

enum { EVERY_MS = 10 * 1000, WORTH_IT = 64 << 20 };

static void look(uv_timer_t *timer)
{
	size_t resident;

	(void)timer;
	/* The allocator counts what it gave back as free still, the system does not. */
	if (uv_resident_set_memory(&resident) == 0 &&
	    resident > mallinfo2().uordblks + mallinfo2().hblkhd + WORTH_IT)
		malloc_trim(0);
}

void serve_memory_start(uv_timer_t *timer, uv_loop_t *loop)
{
	uv_timer_init(loop, timer);
	uv_timer_start(timer, look, EVERY_MS, EVERY_MS);
	uv_unref((uv_handle_t *)timer);
}
