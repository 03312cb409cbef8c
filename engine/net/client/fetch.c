/*
 * HTTP requests of our own: one libcurl handle each. A connection serves one request: reused ones would
 * escape the check of their address.
 */
#include "engine/net/client/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/memory.h"
#include "engine/net/client/fetch_loop.h"
#include "engine/net/client/fetch_target.h"

enum {
	DEFAULT_TIMEOUT_MS = 30 * 1000,
	DEFAULT_ANSWER = 64 * 1024,
	HEAD_MAX = 64 * 1024, /* bytes of an answer's headers */
};

struct fetcher {
	struct fetch_loop loop;
	struct fetch *fetches;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

struct fetch {
	struct fetcher *fetcher;
	struct fetch *next, *previous;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	struct fetch_target target;
	unsigned timeout_ms;
	struct buf answer;
	size_t head; /* bytes of headers so far */
	struct error refused; /* set when an address was refused */
	char why[CURL_ERROR_SIZE];
	fetch_done_fn done;
	void *ctx;
};

/* ---- the end of a request ---- */

/* Takes it out of libcurl's hands and ours. */
static void withdraw(struct fetch *fetch)
{
	curl_multi_remove_handle(fetch->fetcher->loop.multi, fetch->easy);
	if (fetch->previous)
		fetch->previous->next = fetch->next;
	else
		fetch->fetcher->fetches = fetch->next;
	if (fetch->next)
		fetch->next->previous = fetch->previous;
}

static void fetch_free(struct fetch *fetch)
{
	curl_easy_cleanup(fetch->easy);
	curl_slist_free_all(fetch->headers);
	buf_done(&fetch->answer);
	free(fetch->body);
	free(fetch);
}

void fetch_cancel(struct fetch *fetch)
{
	withdraw(fetch);
	fetch_free(fetch);
}

static int explain(const struct fetch *fetch, CURLcode code, struct error *err)
{
	if (error_is_set(&fetch->refused)) {
		*err = fetch->refused;
		return -1;
	}
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(err, ERROR_UNAVAILABLE, "%s gave no whole answer within %u ms",
				 fetch->target.host, fetch->timeout_ms);
	case CURLE_COULDNT_RESOLVE_HOST:
		return error_set(err, ERROR_UNAVAILABLE, "there is no address for the name %s",
				 fetch->target.host);
	case CURLE_WRITE_ERROR:
		return error_set(err, ERROR_TOO_LARGE, "%s answered with over %d bytes of headers",
				 fetch->target.host, HEAD_MAX);
	case CURLE_OUT_OF_MEMORY: return error_set(err, ERROR_NO_SPACE, "out of memory");
	default:
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", fetch->target.host,
				 fetch->why[0] ? fetch->why : curl_easy_strerror(code));
	}
}

/* Tells the asker, and is done with it. */
static void finish(CURL *easy, CURLcode code)
{
	struct fetch *fetch = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&fetch);
	struct error err = {0};
	struct fetch_answer answer = {.body = fetch->answer.data, .len = fetch->answer.len};
	long status = 0;
	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	answer.status = (unsigned)status;
	struct curl_header *header;
	if (curl_easy_header(fetch->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
		answer.retry_after = header->value;
	bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && fetch->answer.truncated);
	if (!answered)
		explain(fetch, code, &err);
	withdraw(fetch);
	fetch->done(fetch->ctx, answered ? &answer : NULL, answered ? NULL : &err);
	fetch_free(fetch);
}

/* ---- what libcurl calls ---- */

/* libcurl calls this for each connection, with the address that the name was resolved to. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	struct fetch *fetch = ctx;
	if (fetch_target_allows(&fetch->target, &address->addr, &fetch->refused) != 0)
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct fetch *fetch = ctx;
	buf_append(&fetch->answer, data, size * count);
	return fetch->answer.truncated ? CURL_WRITEFUNC_ERROR : size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	struct fetch *fetch = ctx;
	fetch->head += size * count;
	return fetch->head > HEAD_MAX ? CURL_WRITEFUNC_ERROR : size * count;
}

/* ---- asking ---- */

static int add_header(struct fetch *fetch, const char *line, struct error *err)
{
	for (const char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\t')
			return error_set(err, ERROR_USAGE, "a header holds a control character");
	struct curl_slist *longer = curl_slist_append(fetch->headers, line);
	if (!longer)
		memory_exhausted(strlen(line));
	fetch->headers = longer;
	return 0;
}

static int set_headers(struct fetch *fetch, const struct fetch_request *request, struct error *err)
{
	/* without this a large body waits a second for servers that do not know 100-continue */
	if (add_header(fetch, "Expect:", err) != 0)
		return -1;
	for (const char *const *it = request->headers; it && *it; it++)
		if (add_header(fetch, *it, err) != 0)
			return -1;
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers);
	return 0;
}

static void set_method(struct fetch *fetch, const struct fetch_request *request)
{
	CURL *easy = fetch->easy;
	if (request->body) {
		fetch->body = memory_copy(request->body, request->len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->body);
	} else if (request->method && strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
	if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* What holds for every request, whoever asks. */
static void set_rules(struct fetch *fetch)
{
	CURL *easy = fetch->easy;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor one from the environment */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a request that ends while its name is looked up must not wait for the resolver's thread */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, fetch_loop_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &fetch->fetcher->loop);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->why);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "assay/" ASSAY_VERSION);
}

static int prepare(struct fetch *fetch, const struct fetch_request *request, struct error *err)
{
	if (fetch_target_read(&fetch->target, request->url, request->private_hosts, err) != 0)
		return -1;
	fetch->timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
	set_rules(fetch);
	curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)fetch->timeout_ms);
	set_method(fetch, request);
	if (set_headers(fetch, request, err) != 0)
		return -1;
	CURLcode code = curl_easy_setopt(fetch->easy, CURLOPT_URL, request->url);
	if (code != CURLE_OK)
		return error_set(err, ERROR_NO_SPACE, "%s", curl_easy_strerror(code));
	return 0;
}

int fetch_start(struct fetch **out, struct fetcher *fetcher, const struct fetch_request *request,
		fetch_done_fn done, void *ctx, struct error *err)
{
	if (fetcher->closing)
		return error_set(err, ERROR_CANCELLED, "no request is made any more");
	struct fetch *fetch = memory_zeroed(sizeof(*fetch));
	fetch->fetcher = fetcher;
	fetch->done = done;
	fetch->ctx = ctx;
	fetch->easy = curl_easy_init();
	if (!fetch->easy)
		memory_exhausted(0);
	buf_init(&fetch->answer, request->max_answer ? request->max_answer : DEFAULT_ANSWER);
	if (prepare(fetch, request, err) != 0) {
		fetch_free(fetch);
		return -1;
	}
	CURLMcode code = curl_multi_add_handle(fetcher->loop.multi, fetch->easy);
	if (code != CURLM_OK) {
		fetch_free(fetch);
		return error_set(err, ERROR_INTERNAL, "fetch: %s", curl_multi_strerror(code));
	}
	fetch->next = fetcher->fetches;
	if (fetch->next)
		fetch->next->previous = fetch;
	fetcher->fetches = fetch;
	*out = fetch;
	return 0;
}

/* ---- the fetcher ---- */

int fetcher_new(struct fetcher **out, uv_loop_t *loop, struct error *err)
{
	struct fetcher *fetcher = memory_zeroed(sizeof(*fetcher));
	if (fetch_loop_init(&fetcher->loop, loop, finish, err) != 0) {
		free(fetcher);
		return -1;
	}
	*out = fetcher;
	return 0;
}

static void on_closed(void *ctx)
{
	struct fetcher *fetcher = ctx;
	void (*closed)(void *ctx) = fetcher->closed;
	void *closed_ctx = fetcher->closed_ctx;
	free(fetcher);
	closed(closed_ctx);
}

void fetcher_close(struct fetcher *fetcher, void (*closed)(void *ctx), void *ctx)
{
	fetcher->closing = true;
	fetcher->closed = closed;
	fetcher->closed_ctx = ctx;
	for (struct fetch *it = fetcher->fetches, *next; it; it = next) {
		next = it->next;
		fetch_cancel(it);
	}
	fetch_loop_close(&fetcher->loop, on_closed, fetcher);
}
