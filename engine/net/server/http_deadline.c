/*
 * Deadlines: how long a client may take for each phase of a connection. The library's own time-out counts
 * inactivity, so that a byte every second keeps a connection for ever; ours runs from the phase's start.
 */
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "engine/net/server/http_server.h"

static void leave(struct http_deadlines *deadlines, struct http_socket *socket)
{
	struct http_deadline *own = &socket->deadline;
	if (own->phase == PHASE_NONE)
		return;
	if (own->prev)
		own->prev->deadline.next = own->next;
	else
		deadlines->first[own->phase] = own->next;
	if (own->next)
		own->next->deadline.prev = own->prev;
	else
		deadlines->last[own->phase] = own->prev;
	*own = (struct http_deadline){.phase = PHASE_NONE};
}

/* Every phase has one length, so the end of its queue is the latest. */
static void append(struct http *http, struct http_socket *socket, enum http_phase phase)
{
	struct http_deadlines *deadlines = &http->deadlines;
	struct http_deadline *own = &socket->deadline;
	own->phase = phase;
	own->due = uv_now(http->loop) + deadlines->ms[phase];
	own->next = NULL;
	own->prev = deadlines->last[phase];
	if (own->prev)
		own->prev->deadline.next = socket;
	else
		deadlines->first[phase] = socket;
	deadlines->last[phase] = socket;
}

/*
 * Whether the client has taken something since the look before last: the kernel's buffer may be large and
 * is refilled in big steps, so what has left it counts as well as what came in.
 */
static bool makes_progress(struct http_socket *socket)
{
	struct http_deadline *own = &socket->deadline;
	int unsent = 0;
	ioctl(socket->fd, SIOCOUTQ, &unsent);
	uint64_t written = socket->exchange ? socket->exchange->written : 0;
	bool same = own->unchanged > 0 && own->written == written && own->unsent == unsent;
	own->unchanged = same ? own->unchanged + 1 : 1;
	own->written = written;
	own->unsent = unsent;
	return own->unchanged < 3;
}

static void look_again(struct http *http, struct http_socket *socket)
{
	struct http_deadline found = socket->deadline;
	leave(&http->deadlines, socket);
	append(http, socket, PHASE_WRITE);
	socket->deadline.written = found.written;
	socket->deadline.unsent = found.unsent;
	socket->deadline.unchanged = found.unchanged;
}

static void expire(struct http *http, struct http_socket *socket)
{
	if (socket->deadline.phase == PHASE_WRITE && makes_progress(socket)) {
		look_again(http, socket);
		return;
	}
	leave(&http->deadlines, socket);
	if (socket->exchange)
		http_exchange_cut(socket->exchange);
	else
		http_socket_cut(socket);
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct http *http, uint64_t due)
{
	struct http_deadlines *deadlines = &http->deadlines;
	if (http->stopping || (deadlines->timer_due != 0 && deadlines->timer_due <= due))
		return;
	uint64_t now = uv_now(http->loop);
	deadlines->timer_due = due;
	uv_timer_start(&deadlines->timer, on_timer, due > now ? due - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct http *http = timer->data;
	struct http_deadlines *deadlines = &http->deadlines;
	uint64_t now = uv_now(http->loop);
	deadlines->timer_due = 0;
	for (size_t phase = 0; phase < PHASE_COUNT; phase++) {
		while (deadlines->first[phase] && deadlines->first[phase]->deadline.due <= now)
			expire(http, deadlines->first[phase]);
		if (deadlines->first[phase])
			set_timer(http, deadlines->first[phase]->deadline.due);
	}
}

void http_deadline_enter(struct http_socket *socket, enum http_phase phase)
{
	struct http *http = socket->listener->http;
	leave(&http->deadlines, socket);
	if (phase == PHASE_NONE)
		return;
	append(http, socket, phase);
	set_timer(http, socket->deadline.due);
}

void http_deadline_init(struct http *http)
{
	const struct http_settings *settings = &http->settings;
	struct http_deadlines *deadlines = &http->deadlines;
	deadlines->ms[PHASE_HEAD] = settings->head_ms;
	deadlines->ms[PHASE_BODY] = settings->body_ms;
	deadlines->ms[PHASE_IDLE] = settings->idle_ms;
	/* three looks that find the same lie two of these apart */
	deadlines->ms[PHASE_WRITE] = settings->write_ms / 2 + 1;
	uv_timer_init(http->loop, &deadlines->timer);
	deadlines->timer.data = http;
	http->handles++;
}
