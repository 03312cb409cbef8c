/* A growing byte string with a hard maximum; always NUL-terminated, NULs inside allowed. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* never NULL after buf_init: an empty buffer reads as "" */
	size_t len;
	size_t capacity;
	size_t max; /* bytes; appending past it is cut */
	bool truncated; /* something was cut */
};

/* max 0 means 1 GiB. Nothing is allocated until the first append. */
void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);
void buf_clear(struct buf *buf);

void buf_append(struct buf *buf, const char *data, size_t len);
void buf_puts(struct buf *buf, const char *string);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
