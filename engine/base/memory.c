/* The heap, checked once and for all. */
#include "engine/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void memory_exhausted(size_t size)
{
	fprintf(stderr, "assay: out of memory (%zu bytes asked for)\n", size);
	abort();
}

void *memory_alloc(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		memory_exhausted(size);
	return memory;
}

void *memory_zeroed(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		memory_exhausted(size);
	return memory;
}

void *memory_resize(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		memory_exhausted(size);
	return memory;
}

char *memory_copy(const char *text, size_t len)
{
	char *copy = memory_alloc(len + 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *memory_string(const char *text)
{
	return text ? memory_copy(text, strlen(text)) : NULL;
}
