/*
 * Notices that the client of a suspended exchange leaves: a suspended connection is out of the library's
 * epoll set, so we watch a duplicate of its socket. One that closes only its sending half counts as gone.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/net/server/http_server.h"

struct http_watch {
	uv_poll_t poll;
	struct http *http;
	int fd; /* libuv wants a descriptor to be watched by one handle only, and so does epoll */
	void (*left)(void *ctx); /* NULL: told, or nobody asks any more */
	void *ctx;
};

static void on_closed(uv_handle_t *handle)
{
	struct http_watch *watch = handle->data;
	struct http *http = watch->http;
	http->watches--;
	close(watch->fd);
	free(watch);
	http_release_handle(http);
}

/* A status is an error of the socket, which ends it too. */
static void on_event(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	struct http_watch *watch = poll->data;
	void (*left)(void *ctx) = watch->left;
	uv_poll_stop(poll);
	watch->left = NULL;
	if (left)
		left(watch->ctx);
}

struct http_watch *http_watch_start(struct http_socket *socket, void (*left)(void *ctx), void *ctx)
{
	struct http *http = socket->listener->http;
	if (http->settings.max_watches && http->watches >= http->settings.max_watches)
		return NULL;
	int fd = fcntl(socket->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	struct http_watch *watch = memory_zeroed(sizeof(*watch));
	*watch = (struct http_watch){.http = http, .fd = fd, .left = left, .ctx = ctx};
	if (uv_poll_init(http->loop, &watch->poll, fd) != 0) {
		close(fd);
		free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	http->handles++;
	http->watches++;
	uv_poll_start(&watch->poll, UV_DISCONNECT, on_event);
	return watch;
}

void http_watch_stop(struct http_watch *watch)
{
	if (!watch)
		return;
	watch->left = NULL;
	uv_close((uv_handle_t *)&watch->poll, on_closed);
}
