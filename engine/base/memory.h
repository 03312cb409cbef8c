/* Heap memory that is never NULL: running out of it ends the process with one sentence. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size); /* not zeroed */
void *memory_zeroed(size_t size);
void *memory_resize(void *old, size_t size);
char *memory_copy(const char *text, size_t len); /* and a NUL behind it */
char *memory_string(const char *text); /* NULL: NULL */
_Noreturn void memory_exhausted(size_t size);

#endif
