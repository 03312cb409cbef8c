/*
 * libcurl's multi interface on libuv: libcurl says which sockets to watch (SOCKETFUNCTION) and when to be
 * woken (TIMERFUNCTION); each socket is one uv_poll.
 */
#include "engine/net/client/fetch_loop.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"

struct watch { /* one socket of libcurl's */
	uv_poll_t poll;
	struct fetch_loop *loop;
	curl_socket_t fd;
	struct watch *next, *previous;
};

static void tell_ended(struct fetch_loop *loop)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(loop->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			loop->ended(message->easy_handle, message->data.result);
}

static void let_go(struct fetch_loop *loop)
{
	if (--loop->handles > 0)
		return;
	void (*closed)(void *ctx) = loop->closed;
	void *ctx = loop->closed_ctx;
	curl_multi_cleanup(loop->multi);
	closed(ctx);
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	struct fetch_loop *loop = watch->loop;
	free(watch);
	let_go(loop);
}

static void unwatch(struct watch *watch)
{
	struct fetch_loop *loop = watch->loop;
	if (watch->previous)
		watch->previous->next = watch->next;
	else
		loop->watches = watch->next;
	if (watch->next)
		watch->next->previous = watch->previous;
	curl_multi_assign(loop->multi, watch->fd, NULL);
	uv_poll_stop(&watch->poll);
	uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct fetch_loop *loop = watch->loop;
	int flags = 0, running;
	if (status < 0)
		flags |= CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(loop->multi, watch->fd, flags, &running);
	tell_ended(loop);
}

static struct watch *watch_new(struct fetch_loop *loop, curl_socket_t fd)
{
	struct watch *watch = memory_zeroed(sizeof(*watch));
	if (uv_poll_init_socket(loop->uv, &watch->poll, fd) != 0) {
		free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	watch->loop = loop;
	watch->fd = fd;
	watch->next = loop->watches;
	if (watch->next)
		watch->next->previous = watch;
	loop->watches = watch;
	loop->handles++;
	curl_multi_assign(loop->multi, fd, watch);
	return watch;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	(void)easy;
	struct fetch_loop *loop = ctx;
	struct watch *watch = socket_ctx;
	if (what == CURL_POLL_REMOVE) {
		if (watch)
			unwatch(watch);
		return 0;
	}
	if (!watch)
		watch = watch_new(loop, fd);
	if (!watch)
		return -1;
	int events = 0;
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	return uv_poll_start(&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

int fetch_loop_close_socket(void *ctx, curl_socket_t fd)
{
	struct fetch_loop *loop = ctx;
	for (struct watch *it = loop->watches; it; it = it->next)
		if (it->fd == fd) {
			unwatch(it);
			break;
		}
	return close(fd);
}

static void on_timer(uv_timer_t *timer)
{
	struct fetch_loop *loop = timer->data;
	int running;
	curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	tell_ended(loop);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
	(void)multi;
	struct fetch_loop *loop = ctx;
	if (timeout_ms < 0)
		return uv_timer_stop(&loop->timer);
	return uv_timer_start(&loop->timer, on_timer, (uint64_t)timeout_ms, 0);
}

int fetch_loop_init(struct fetch_loop *loop, uv_loop_t *uv, fetch_ended_fn ended, struct error *err)
{
	if (fetch_library_load(err) != 0)
		return -1;
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK)
		return error_set(err, ERROR_UNAVAILABLE, "libcurl: %s", curl_easy_strerror(code));
	*loop = (struct fetch_loop){.uv = uv, .ended = ended, .handles = 1};
	loop->multi = curl_multi_init();
	if (!loop->multi)
		memory_exhausted(0);
	uv_timer_init(uv, &loop->timer);
	loop->timer.data = loop;
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

void fetch_loop_close(struct fetch_loop *loop, void (*closed)(void *ctx), void *ctx)
{
	loop->closed = closed;
	loop->closed_ctx = ctx;
	while (loop->watches)
		unwatch(loop->watches);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, NULL);
	uv_close((uv_handle_t *)&loop->timer, on_timer_closed);
}
