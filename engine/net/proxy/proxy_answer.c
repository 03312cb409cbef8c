/* An answer of the proxy's own: one sentence as text/plain, then a patient close. */
#include "engine/net/proxy/proxy_answer.h"

#include <stdio.h>
#include <string.h>

static const char *status_words(int status)
{
	switch (status) {
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 413: return "Content Too Large";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 505: return "HTTP Version Not Supported";
	default: return "Error";
	}
}

static void finish(struct proxy_answer *answer)
{
	if (answer->over)
		return;
	answer->over = true;
	answer->done(answer->ctx);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct proxy_answer *answer = handle->data;
	*buf = uv_buf_init(answer->dropped, sizeof(answer->dropped));
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *buf)
{
	(void)buf;
	if (count < 0)
		finish(client->data);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
	if (status < 0)
		finish(request->data);
}

/*
 * Closing while the client still sends would reset the connection and take the answer with it, so
 * the rest is read and dropped until the client has seen the end (RFC 9112 section 9.6).
 */
static void on_written(uv_write_t *request, int status)
{
	struct proxy_answer *answer = request->data;
	if (answer->over)
		return;
	answer->shutdown.data = answer;
	if (status < 0 || uv_shutdown(&answer->shutdown, request->handle, on_shutdown) != 0 ||
	    uv_read_start(request->handle, on_alloc, on_read) != 0)
		finish(answer);
}

void proxy_answer_start(struct proxy_answer *answer, uv_stream_t *client, int status,
			const char *why, bool head_only, void (*done)(void *ctx), void *ctx)
{
	answer->done = done;
	answer->ctx = ctx;
	answer->write.data = client->data = answer;
	size_t body = strlen("assay: \n") + strlen(why);
	int len = snprintf(answer->text, sizeof(answer->text),
			   "HTTP/1.1 %d %s\r\n"
			   "Content-Type: text/plain; charset=utf-8\r\n"
			   "Content-Length: %zu\r\n"
			   "%sConnection: close\r\n\r\n",
			   status, status_words(status), body,
			   status == 405 ? "Allow: CONNECT, GET, HEAD\r\n" : "");
	if (!head_only)
		len += snprintf(answer->text + len, sizeof(answer->text) - (size_t)len,
				"assay: %s\n", why);
	uv_read_stop(client);
	uv_buf_t buf = uv_buf_init(answer->text, (unsigned)len);
	if (uv_write(&answer->write, client, &buf, 1, on_written) != 0)
		finish(answer);
}
