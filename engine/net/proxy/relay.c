/*
 * Two connected sockets, each passed on to the other. One buffer for each direction is all the
 * memory there is: a direction reads or writes, never both, and that is the whole back-pressure.
 */
#include "engine/net/proxy/relay.h"

#include <string.h>

static void end_relay(struct relay *relay, bool clean)
{
	if (relay->over)
		return;
	relay->over = true;
	uv_read_stop(relay->up.from);
	uv_read_stop(relay->down.from);
	relay->events->ended(relay->ctx, clean);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct relay *relay = handle->data;
	struct relay_pipe *pipe = (uv_stream_t *)handle == relay->up.from ? &relay->up
									  : &relay->down;
	*buf = uv_buf_init(pipe->buffer, RELAY_BUFFER);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
	struct relay_pipe *pipe = request->data;
	struct relay *relay = pipe->relay;
	if (relay->over)
		return;
	pipe->ended = true;
	if (status < 0)
		end_relay(relay, false);
	else if (relay->down.ended && (relay->up.ended || relay->up.discard))
		end_relay(relay, true);
}

/*
 * The end of file goes on in its own direction only: a TLS client says close_notify, ends its half,
 * and still reads. A client that merely awaits an answer is not told on: servers take an early end
 * for a client that left.
 */
static void pass_end(struct relay_pipe *pipe)
{
	uv_read_stop(pipe->from);
	if (pipe->discard)
		return;
	pipe->shutdown.data = pipe;
	if (uv_shutdown(&pipe->shutdown, pipe->to, on_shutdown) != 0)
		end_relay(pipe->relay, false);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

static void resume(struct relay_pipe *pipe)
{
	if (uv_read_start(pipe->from, on_alloc, on_read) != 0)
		end_relay(pipe->relay, false);
}

static void on_written(uv_write_t *request, int status)
{
	struct relay_pipe *pipe = request->data;
	if (pipe->relay->over)
		return;
	pipe->relay->active_at = uv_now(pipe->from->loop);
	if (status < 0)
		end_relay(pipe->relay, false);
	else
		resume(pipe);
}

/* Sends buffer[0..len). Returns true when all is written; otherwise reading must wait. */
static bool send_buffer(struct relay_pipe *pipe, size_t len)
{
	uv_buf_t buf = uv_buf_init(pipe->buffer, (unsigned)len);
	int written = uv_try_write(pipe->to, &buf, 1);
	if (written == UV_EAGAIN)
		written = 0;
	if (written < 0) {
		end_relay(pipe->relay, false);
		return false;
	}
	if ((size_t)written == len)
		return true;
	uv_read_stop(pipe->from);
	buf.base += written;
	buf.len -= (size_t)written;
	pipe->write.data = pipe;
	if (uv_write(&pipe->write, pipe->to, &buf, 1, on_written) != 0)
		end_relay(pipe->relay, false);
	return false;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	(void)buf;
	struct relay *relay = stream->data;
	struct relay_pipe *pipe = stream == relay->up.from ? &relay->up : &relay->down;
	if (count == 0 || relay->over)
		return;
	if (count == UV_EOF) {
		pass_end(pipe);
		return;
	}
	if (count < 0) {
		end_relay(relay, false);
		return;
	}
	relay->active_at = uv_now(stream->loop);
	if (relay->events->moving(relay->ctx, pipe->up, (size_t)count) != 0)
		end_relay(relay, false);
	else if (!pipe->discard)
		send_buffer(pipe, (size_t)count);
}

static void start_pipe(struct relay_pipe *pipe, const char *first, size_t len)
{
	if (pipe->relay->over)
		return;
	if (len == 0) {
		resume(pipe);
		return;
	}
	memcpy(pipe->buffer, first, len);
	if (pipe->relay->events->moving(pipe->relay->ctx, pipe->up, len) != 0)
		end_relay(pipe->relay, false);
	else if (send_buffer(pipe, len))
		resume(pipe);
}

void relay_start(struct relay *relay, uv_stream_t *client, uv_stream_t *server,
		 const struct relay_first *first, const struct relay_events *events, void *ctx)
{
	relay->events = events;
	relay->ctx = ctx;
	relay->active_at = uv_now(client->loop);
	relay->up.relay = relay->down.relay = relay;
	relay->up.from = relay->down.to = client;
	relay->up.to = relay->down.from = server;
	relay->up.up = true;
	relay->up.discard = first->only_answer;
	client->data = server->data = relay;
	start_pipe(&relay->down, first->to_client, first->to_client_len);
	start_pipe(&relay->up, first->to_server, first->to_server_len);
}
