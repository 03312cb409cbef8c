/* One stream of a command as it arrives: head and tail in memory, the whole in a file if wanted. */
#include "runners/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"

enum { DROPPED_LINE = 64 };

int capture_init(struct capture *capture, size_t budget, uint64_t max, const char *spool,
		 struct error *err)
{
	*capture = (struct capture){
		.head_max = budget - budget / 2,
		.tail_max = budget / 2,
		.max = max,
		.spool = -1,
	};
	if (!spool)
		return 0;
	capture->spool = open(spool, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return capture->spool < 0 ? error_errno(err, errno, "make %s", spool) : 0;
}

void capture_done(struct capture *capture)
{
	if (capture->spool >= 0)
		close(capture->spool);
	capture->spool = -1;
	free(capture->head);
	free(capture->tail);
	capture->head = capture->tail = NULL;
}

static void spool(struct capture *capture, const char *data, size_t len)
{
	while (len > 0 && !capture->spool_error) {
		ssize_t written = write(capture->spool, data, len);
		if (written < 0 && errno != EINTR)
			capture->spool_error = errno;
		if (written > 0) {
			data += written;
			len -= (size_t)written;
		}
	}
}

static size_t fill_head(struct capture *capture, const char *data, size_t len)
{
	size_t take = capture->head_max - capture->head_len;

	if (take > len)
		take = len;
	if (capture->head_len + take > capture->head_room) {
		size_t room = capture->head_room ? capture->head_room * 2 : 4096;
		while (room < capture->head_len + take)
			room *= 2;
		capture->head_room = room < capture->head_max ? room : capture->head_max;
		capture->head = memory_resize(capture->head, capture->head_room);
	}
	if (take > 0)
		memcpy(capture->head + capture->head_len, data, take);
	capture->head_len += take;
	return take;
}

static void fill_tail(struct capture *capture, const char *data, size_t len)
{
	if (len == 0 || capture->tail_max == 0)
		return;
	if (!capture->tail)
		capture->tail = memory_alloc(capture->tail_max);
	if (len > capture->tail_max) {
		size_t skipped = len - capture->tail_max;
		capture->tail_at = (capture->tail_at + skipped) % capture->tail_max;
		data += skipped;
		len = capture->tail_max;
	}
	size_t first = capture->tail_max - capture->tail_at;
	if (first > len)
		first = len;
	memcpy(capture->tail + capture->tail_at, data, first);
	memcpy(capture->tail, data + first, len - first);
	capture->tail_at = (capture->tail_at + len) % capture->tail_max;
}

bool capture_add(struct capture *capture, const char *data, size_t len)
{
	uint64_t before = capture->bytes;
	bool within = !capture->max || before + len <= capture->max;

	capture->bytes += len;
	if (capture->spool >= 0) {
		uint64_t room = within ? len : before < capture->max ? capture->max - before : 0;
		spool(capture, data, (size_t)room);
	}
	size_t taken = fill_head(capture, data, len);
	fill_tail(capture, data + taken, len - taken);
	return within;
}

void capture_finish(struct capture *capture, struct arena *arena, struct stream *out)
{
	uint64_t past = capture->bytes - capture->head_len; /* what went through the ring */
	size_t tail = past < capture->tail_max ? (size_t)past : capture->tail_max;
	size_t start = past > capture->tail_max ? capture->tail_at : 0;
	char line[DROPPED_LINE] = "";

	out->bytes = capture->bytes;
	out->dropped = past - tail;
	if (out->dropped)
		snprintf(line, sizeof(line), "\n... %" PRIu64 " bytes dropped ...\n", out->dropped);
	size_t line_len = strlen(line);
	char *text = arena_alloc(arena, capture->head_len + line_len + tail + 1);
	out->len = capture->head_len + line_len + tail;
	out->text = text;
	if (capture->head_len > 0)
		memcpy(text, capture->head, capture->head_len);
	text += capture->head_len;
	memcpy(text, line, line_len);
	text += line_len;
	if (tail > 0) {
		size_t first = tail < capture->tail_max - start ? tail : capture->tail_max - start;
		memcpy(text, capture->tail + start, first);
		memcpy(text + first, capture->tail, tail - first);
	}
}
