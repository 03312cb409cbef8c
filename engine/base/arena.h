/* Memory that is freed all at once: what a job allocates lives exactly as long as the job. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t used; /* bytes handed out, for limits and tests */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);

/* Zeroed memory, aligned for any type. Never NULL: running out of memory ends the process. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed array; ends the process when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies len bytes and adds a NUL. */
char *arena_copy(struct arena *arena, const char *data, size_t len);

/* NULL gives NULL. */
char *arena_string(struct arena *arena, const char *string);

char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * Room for one more element at the end of an array that lives in the arena: grows by doubling.
 * items points at the array pointer, count is the number in use (not changed). Returns the zeroed
 * slot items[count].
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size);

#endif
