/*
 * A thread writes: a pipe whose reader sleeps blocks it, and not the loop that has to keep the
 * sandbox's time limit. (Making the descriptor non-blocking would change it for the other programs
 * that share it.)
 */
#include "engine/commands/event_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"

static const size_t QUEUE_BYTES = 64 << 20;

struct event_sink {
	int fd;
	bool own_fd;
	uv_thread_t thread;
	uv_mutex_t mutex; /* guards all below */
	uv_cond_t changed;
	struct buf queue;
	bool ending;
	int failed; /* errno of a write, 0: none */
	size_t dropped;
};

static void write_queued(void *ctx)
{
	struct event_sink *sink = ctx;
	struct buf taken;

	uv_mutex_lock(&sink->mutex);
	for (;;) {
		while (!sink->queue.len && !sink->ending)
			uv_cond_wait(&sink->changed, &sink->mutex);
		if (!sink->queue.len)
			break;
		taken = sink->queue;
		buf_init(&sink->queue, QUEUE_BYTES);
		int failed = sink->failed;
		uv_mutex_unlock(&sink->mutex);
		if (!failed && file_write_fd(sink->fd, taken.data, taken.len, NULL) != 0)
			failed = errno;
		buf_done(&taken);
		uv_mutex_lock(&sink->mutex);
		sink->failed = failed;
	}
	uv_mutex_unlock(&sink->mutex);
}

int event_sink_open(struct event_sink **out, const char *path, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDOUT_FILENO
			  : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	struct event_sink *sink = memory_zeroed(sizeof(*sink));
	sink->fd = fd;
	sink->own_fd = !standard;
	buf_init(&sink->queue, QUEUE_BYTES);
	uv_mutex_init(&sink->mutex);
	uv_cond_init(&sink->changed);
	int rc = uv_thread_create(&sink->thread, write_queued, sink);
	if (rc == 0) {
		*out = sink;
		return 0;
	}
	uv_cond_destroy(&sink->changed);
	uv_mutex_destroy(&sink->mutex);
	if (sink->own_fd)
		close(fd);
	free(sink);
	return error_set(err, ERROR_NO_SPACE, "cannot start a thread: %s", uv_strerror(rc));
}

void event_sink_add(struct event_sink *sink, const char *lines, size_t len, bool may_drop)
{
	uv_mutex_lock(&sink->mutex);
	/* A quarter is kept for the lines that must not be lost: stages and the verdict. */
	size_t limit = may_drop ? QUEUE_BYTES / 4 * 3 : QUEUE_BYTES;
	if (sink->queue.len + len > limit)
		sink->dropped++;
	else
		buf_append(&sink->queue, lines, len);
	uv_cond_signal(&sink->changed);
	uv_mutex_unlock(&sink->mutex);
}

int event_sink_close(struct event_sink *sink, struct error *err)
{
	int rc = 0;

	uv_mutex_lock(&sink->mutex);
	sink->ending = true;
	uv_cond_signal(&sink->changed);
	uv_mutex_unlock(&sink->mutex);
	uv_thread_join(&sink->thread);
	if (sink->own_fd && close(sink->fd) != 0 && !sink->failed)
		sink->failed = errno;
	if (sink->failed && sink->failed != EPIPE)
		rc = error_errno(err, sink->failed, "cannot write the events");
	else if (sink->dropped)
		rc = error_set(err, ERROR_TOO_LARGE,
			       "%zu events were left out: their reader was too slow",
			       sink->dropped);
	uv_cond_destroy(&sink->changed);
	uv_mutex_destroy(&sink->mutex);
	buf_done(&sink->queue);
	free(sink);
	return rc;
}
