/* A chain of chunks, each twice the size of the one before, freed together. */
#include "engine/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

enum { CHUNK_FIRST = 4096, CHUNK_MOST = 256 * 1024, ALIGN = _Alignof(max_align_t) };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	_Alignas(max_align_t) char data[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

void arena_done(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	arena_init(arena);
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t size)
{
	size_t want = arena->chunks ? arena->chunks->size * 2 : CHUNK_FIRST;

	if (want > CHUNK_MOST)
		want = CHUNK_MOST;
	if (want < size)
		want = size;
	struct arena_chunk *chunk = memory_alloc(sizeof(*chunk) + want);
	chunk->size = want;
	chunk->used = 0;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

/* Not zeroed: for bytes that are written at once. */
static char *take(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		memory_exhausted(size);
	size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
	struct arena_chunk *chunk = arena->chunks;

	if (!chunk || chunk->size - chunk->used < rounded)
		chunk = add_chunk(arena, rounded);
	char *at = chunk->data + chunk->used;
	chunk->used += rounded;
	arena->used += rounded;
	return at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *at = take(arena, size);

	memset(at, 0, size);
	return at;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		memory_exhausted(count);
	return arena_alloc(arena, count * size);
}

char *arena_copy(struct arena *arena, const char *data, size_t len)
{
	char *copy = take(arena, len + 1);

	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
	return string ? arena_copy(arena, string, strlen(string)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return arena_copy(arena, "", 0);
	char *text = take(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

/* Capacity is implied: an array is full whenever its count is zero or a power of two from 4 up. */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size)
{
	void *array;

	memcpy(&array, items, sizeof(array));
	bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
	if (full) {
		size_t capacity = count ? count * 2 : 4;
		void *bigger = arena_array(arena, capacity, size);
		if (count)
			memcpy(bigger, array, count * size);
		array = bigger;
		memcpy(items, &array, sizeof(array));
	}
	return (char *)array + count * size;
}
