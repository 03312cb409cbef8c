/* A growing byte string: doubling, cut at its maximum. */
#include "engine/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

static const size_t DEFAULT_MAX = (size_t)1 << 30;
/* What an unallocated buffer reads as; never written, for all threads share it. */
static char empty[1];

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.data = empty, .max = max ? max : DEFAULT_MAX};
}

void buf_done(struct buf *buf)
{
	if (buf->data != empty)
		free(buf->data);
	buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != empty)
		buf->data[0] = '\0';
	buf->truncated = false;
}

/* Makes room for len more bytes; returns how many of them fit. */
static size_t reserve(struct buf *buf, size_t len)
{
	if (len > buf->max - buf->len) {
		len = buf->max - buf->len;
		buf->truncated = true;
	}
	size_t need = buf->len + len + 1;
	if (need <= buf->capacity)
		return len;
	size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
	if (capacity > buf->max + 1)
		capacity = buf->max + 1;
	if (capacity < need)
		capacity = need;
	buf->data = memory_resize(buf->data == empty ? NULL : buf->data, capacity);
	buf->capacity = capacity;
	return len;
}

void buf_append(struct buf *buf, const char *data, size_t len)
{
	if (len == 0)
		return;
	len = reserve(buf, len);
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *string)
{
	buf_append(buf, string, strlen(string));
}

void buf_putc(struct buf *buf, char c)
{
	buf_append(buf, &c, 1);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	char small[512];
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(small, sizeof(small), format, args);
	if (len > 0 && (size_t)len < sizeof(small)) {
		buf_append(buf, small, (size_t)len);
	} else if (len > 0) {
		char *big = memory_alloc((size_t)len + 1);
		vsnprintf(big, (size_t)len + 1, format, again);
		buf_append(buf, big, (size_t)len);
		free(big);
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}
