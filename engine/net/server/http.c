/* The server: its listeners on the loop, its sockets, its start and its end. */
#include "engine/net/server/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/net/server/http_server.h"

/*
 * Bytes of each connection for its head and its answer's head, and resident once it has served a request,
 * for the library clears all of it; so this is the limit of a head (about 12 KiB) as well.
 */
enum { CONNECTION_POOL = 16 << 10 };

static void fill_settings(struct http_settings *out, const struct http_settings *given)
{
	if (given)
		*out = *given;
	out->max_body = out->max_body ? out->max_body : 16 << 20;
	if (!out->max_bodies)
		out->max_bodies = out->max_body > 128 << 20 ? 4 * out->max_body : 512 << 20;
	out->max_answers = out->max_answers ? out->max_answers : 256 << 20;
	out->max_streams = out->max_streams ? out->max_streams : 256 << 20;
	out->max_connections = out->max_connections ? out->max_connections : 12000;
	out->head_ms = out->head_ms ? out->head_ms : 10000;
	out->body_ms = out->body_ms ? out->body_ms : 60000;
	out->idle_ms = out->idle_ms ? out->idle_ms : 75000;
	out->write_ms = out->write_ms ? out->write_ms : 30000;
}

/* ---- sockets ---- */

void http_socket_cut(struct http_socket *socket)
{
	shutdown(socket->fd, SHUT_RDWR);
}

static void open_socket(struct http_listener *listener, struct MHD_Connection *connection,
			void **context)
{
	struct http *http = listener->http;
	struct http_socket *socket = memory_zeroed(sizeof(*socket));
	socket->listener = listener;
	socket->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	socket->next = http->sockets;
	if (http->sockets)
		http->sockets->prev = socket;
	http->sockets = socket;
	http->counts.connections++;
	http_deadline_enter(socket, PHASE_HEAD);
	*context = socket;
}

static void close_socket(struct http *http, struct http_socket *socket)
{
	http_deadline_enter(socket, PHASE_NONE);
	if (socket->prev)
		socket->prev->next = socket->next;
	else
		http->sockets = socket->next;
	if (socket->next)
		socket->next->prev = socket->prev;
	http->counts.connections--;
	/* a daemon that is full listens again in the run after the one that made room */
	http_kick(socket->listener);
	free(socket);
}

static void on_socket(void *cls, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode code)
{
	struct http_listener *listener = cls;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		open_socket(listener, connection, context);
	else if (*context)
		close_socket(listener->http, *context);
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

static void run_listener(struct http_listener *listener)
{
	MHD_UNSIGNED_LONG_LONG ms;
	uv_timer_stop(&listener->timer);
	MHD_run(listener->daemon);
	/* what was kicked meanwhile is already set */
	if (!uv_is_active((uv_handle_t *)&listener->timer) &&
	    MHD_get_timeout(listener->daemon, &ms) == MHD_YES)
		uv_timer_start(&listener->timer, on_timer, ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
	run_listener(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run_listener(poll->data);
}

void http_kick(struct http_listener *listener)
{
	if (!listener->http->stopping)
		uv_timer_start(&listener->timer, on_timer, 0, 0);
}

/* The library would cut a path at %00; it is left as it was sent. */
static size_t keep_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

static int start_listener(struct http_listener *listener, struct error *err)
{
	struct http *http = listener->http;
	/*
	 * No time-out of the library's: http_deadline.c has them all. No STRICT_FOR_CLIENT: what that finds
	 * it answers with two heads, and the gate finds it as well. fd is closed also when this fails.
	 */
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_exchange_open, listener},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escaped, NULL},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_exchange_close, listener},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_socket, listener},
		{MHD_OPTION_CONNECTION_LIMIT, http->settings.max_connections, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, NULL},
		{MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	listener->daemon = http_library_start(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME,
					      http_exchange_run, listener, options);
	listener->fd = -1;
	if (!listener->daemon)
		return error_set(err, ERROR_NO_SPACE, "the HTTP server does not start on %s",
				 listener->address);
	int fd = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	int rc = uv_poll_init(http->loop, &listener->poll, fd);
	if (rc != 0) {
		MHD_stop_daemon(listener->daemon);
		listener->daemon = NULL;
		return error_errno(err, -rc, "watch %s", listener->address);
	}
	uv_timer_init(http->loop, &listener->timer);
	listener->poll.data = listener->timer.data = listener;
	http->handles += 2;
	uv_poll_start(&listener->poll, UV_READABLE, on_ready);
	/* the first run puts the listening socket into the epoll set */
	http_kick(listener);
	return 0;
}

/* ---- start and end ---- */

static void free_server(struct http *http)
{
	for (size_t i = 0; i < http->listener_count; i++)
		if (http->listeners[i].fd >= 0)
			close(http->listeners[i].fd);
	free(http->listeners);
	table_done(&http->owners);
	free(http);
}

void http_release_handle(struct http *http)
{
	if (--http->handles > 0)
		return;
	void (*stopped)(void *ctx) = http->stopped;
	void *ctx = http->stopped_ctx;
	free_server(http);
	if (stopped)
		stopped(ctx);
}

static void on_closed(uv_handle_t *handle)
{
	http_release_handle(handle->data);
}

static void close_handle(struct http *http, uv_handle_t *handle)
{
	handle->data = http;
	uv_close(handle, on_closed);
}

static void stop_listener(struct http_listener *listener)
{
	if (listener->daemon) {
		/* first, for the daemon closes the descriptor that is polled */
		close_handle(listener->http, (uv_handle_t *)&listener->poll);
		close_handle(listener->http, (uv_handle_t *)&listener->timer);
		MHD_stop_daemon(listener->daemon);
		listener->daemon = NULL;
	}
	http_listen_unlink(listener);
}

/* Not from inside the library, which calls us; the handles follow. */
static void stop_now(struct http *http)
{
	http->stopping = true;
	/* the library ends the process when it is stopped with suspended connections */
	for (struct http_socket *socket = http->sockets; socket; socket = socket->next)
		if (socket->exchange)
			http_exchange_resume(socket->exchange);
	for (size_t i = 0; i < http->listener_count; i++)
		stop_listener(&http->listeners[i]);
	close_handle(http, (uv_handle_t *)&http->deadlines.timer);
	close_handle(http, (uv_handle_t *)&http->teller);
	close_handle(http, (uv_handle_t *)&http->stopper);
}

static void on_stop(uv_timer_t *timer)
{
	stop_now(timer->data);
}

void http_stop(struct http *http, void (*stopped)(void *ctx), void *ctx)
{
	http->stopped = stopped;
	http->stopped_ctx = ctx;
	uv_timer_start(&http->stopper, on_stop, 0, 0);
}

void http_refuse(struct http *http)
{
	if (http->refusing || http->stopping)
		return;
	http->refusing = true;
	for (size_t i = 0; i < http->listener_count; i++) {
		close(MHD_quiesce_daemon(http->listeners[i].daemon));
		http_listen_unlink(&http->listeners[i]);
	}
	for (struct http_socket *socket = http->sockets; socket; socket = socket->next)
		if (!socket->exchange)
			http_socket_cut(socket);
}

static int bind_listeners(struct http *http, const char *const *listeners, struct error *err)
{
	size_t count = 0;
	while (listeners[count])
		count++;
	http->listeners = memory_zeroed((count + 1) * sizeof(*http->listeners));
	for (; http->listener_count < count; http->listener_count++) {
		struct http_listener *listener = &http->listeners[http->listener_count];
		listener->http = http;
		if (http_listen_bind(listener, listeners[http->listener_count], err) != 0)
			return -1;
	}
	return 0;
}

int http_start(struct http **out, uv_loop_t *loop, const char *const *listeners,
	       const struct http_settings *settings, const struct http_handlers *handlers,
	       struct error *err)
{
	if (http_library_load(err) != 0)
		return -1;
	struct http *http = memory_zeroed(sizeof(*http));
	http->loop = loop;
	http->handlers = *handlers;
	fill_settings(&http->settings, settings);
	table_init(&http->owners);
	if (bind_listeners(http, listeners, err) != 0) {
		for (size_t i = 0; i < http->listener_count; i++)
			http_listen_unlink(&http->listeners[i]);
		free_server(http);
		return -1;
	}
	http_deadline_init(http);
	http_unread_init(http);
	uv_timer_init(loop, &http->stopper);
	http->stopper.data = http;
	http->handles++;
	for (size_t i = 0; i < http->listener_count; i++) {
		if (start_listener(&http->listeners[i], err) != 0) {
			stop_now(http);
			return -1;
		}
	}
	*out = http;
	return 0;
}

const char *http_listener(const struct http *http, size_t index)
{
	return http->listeners[index].address;
}

void http_count(const struct http *http, struct http_counts *out)
{
	*out = http->counts;
}
