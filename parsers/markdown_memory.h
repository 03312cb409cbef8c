/* Memory for libcmark: freed as a whole, and with a hard maximum that ends the parse. */
#ifndef PARSERS_MARKDOWN_MEMORY_H
#define PARSERS_MARKDOWN_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

/*
 * libcmark's own allocator calls abort() when memory runs out, and its callbacks get no context, so
 * the state is one for each thread. Between begin and end the callbacks serve that thread; over max
 * bytes they longjmp to escape, after which only markdown_memory_end may be called.
 */
void markdown_memory_begin(size_t max, jmp_buf *escape);
void markdown_memory_reset(void); /* frees what was handed out, keeps pages for the next parse */
void markdown_memory_end(void);

void *markdown_calloc(size_t count, size_t size);
void *markdown_realloc(void *old, size_t size);
void markdown_free(void *at);

#endif
