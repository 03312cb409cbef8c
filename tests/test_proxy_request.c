/*
 * Request heads as files (tests/data/proxy_request/NAME.http) and what must be made of them beside.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/net/proxy/proxy_request.h"

#define FOLDER "tests/data/proxy_request"

static void print_request(const struct proxy_request *request, enum proxy_request_state state,
			  size_t used, struct buf *out)
{
	static const char *const methods[] = {"CONNECT", "GET", "HEAD"};
	if (state == PROXY_MORE) {
		buf_puts(out, "more\n");
	} else if (state == PROXY_REFUSED) {
		buf_printf(out, "refused %d: %s\n", request->status, request->why);
	} else {
		buf_printf(out, "%s %s port %u %s, head of %zu bytes\n", methods[request->method],
			   request->host, request->port, request->path ? request->path : "-", used);
		for (size_t i = 0; i < request->header_count; i++)
			buf_printf(out, "  %s = [%s]\n", request->headers[i].name,
				   request->headers[i].value);
		if (request->method == PROXY_CONNECT)
			return;
		buf_puts(out, "to the origin:\n");
		struct buf head;
		buf_init(&head, 0);
		proxy_request_to_origin(request, &head);
		for (const char *c = head.data; *c; c++)
			if (*c != '\r')
				buf_putc(out, *c);
		buf_done(&head);
	}
}

/* Feeds data in pieces of `piece` bytes; the result must not depend on it. */
static void parse_in_pieces(const struct buf *data, size_t piece, struct buf *out)
{
	struct proxy_request *request = malloc(sizeof(*request));
	proxy_request_init(request);
	enum proxy_request_state state = PROXY_MORE;
	size_t at = 0;
	while (at < data->len && state == PROXY_MORE) {
		size_t used, len = data->len - at < piece ? data->len - at : piece;
		/* a copy of its own, so that the sanitizer sees a byte too many */
		char *copy = memory_alloc(len);
		memcpy(copy, data->data + at, len);
		state = proxy_request_feed(request, copy, len, &used);
		free(copy);
		at += used;
	}
	print_request(request, state, at, out);
	free(request);
}

static void check_file(const char *name)
{
	char path[512];
	struct buf data, expected;
	buf_init(&data, 1 << 20);
	buf_init(&expected, 1 << 20);
	struct error err = {0};
	snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
	assert_int_equal(file_read(path, &data, &err), 0);
	strcpy(strrchr(path, '.'), ".expect");
	if (file_read(path, &expected, &err) != 0)
		fail_msg("%s", err.text);
	static const size_t pieces[] = {SIZE_MAX, 1, 2, 3, 7, 100};
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct buf out;
		buf_init(&out, 1 << 20);
		parse_in_pieces(&data, pieces[i], &out);
		if (strcmp(out.data, expected.data) != 0)
			fail_msg("%s in pieces of %zu:\n%s\nwanted:\n%s", name, pieces[i], out.data,
				 expected.data);
		buf_done(&out);
	}
	buf_done(&data);
	buf_done(&expected);
}

static void files_are_read_as_expected(void **state)
{
	(void)state;
	DIR *dir = opendir(FOLDER);
	assert_non_null(dir);
	size_t count = 0;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".http") != 0)
			continue;
		check_file(entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count > 60);
}

static enum proxy_request_state parse_text(struct proxy_request *request, const char *text,
					   size_t len)
{
	size_t used;
	proxy_request_init(request);
	return proxy_request_feed(request, text, len, &used);
}

/* Wherever a byte that means a line end or nothing stands in an honest head, it is refused. */
static void no_control_byte_passes_anywhere(void **state)
{
	(void)state;
	static const char honest[] =
		"GET http://h.example/a HTTP/1.1\r\nHost: h.example\r\nA: b\r\n\r\n";
	struct proxy_request *request = malloc(sizeof(*request));
	assert_int_equal(parse_text(request, honest, sizeof(honest) - 1), PROXY_COMPLETE);
	for (int byte = 0; byte < 32; byte++) {
		for (size_t at = 0; at < sizeof(honest) - 1; at++) {
			char text[sizeof(honest) + 1];
			memcpy(text, honest, at);
			text[at] = (char)byte;
			memcpy(text + at + 1, honest + at, sizeof(honest) - at);
			bool after_the_end = byte == '\n' && at == sizeof(honest) - 2;
			if (byte != '\t' && !after_the_end)
				assert_int_equal(parse_text(request, text, sizeof(honest)),
						 PROXY_REFUSED);
		}
	}
	free(request);
}

static void the_head_has_a_hard_maximum(void **state)
{
	(void)state;
	struct proxy_request *request = malloc(sizeof(*request));
	struct buf text;
	buf_init(&text, 0);
	buf_puts(&text, "GET http://h.example/ HTTP/1.1\r\nHost: h.example\r\nX: ");
	while (text.len < PROXY_HEAD_MAX + 100)
		buf_putc(&text, 'a');
	buf_puts(&text, "\r\n\r\n");
	assert_int_equal(parse_text(request, text.data, text.len), PROXY_REFUSED);
	assert_int_equal(request->status, 431);

	buf_clear(&text);
	buf_puts(&text, "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example\r\n");
	for (int i = 0; i < PROXY_HEADERS_MAX - 1; i++)
		buf_printf(&text, "X%d: y\r\n", i);
	buf_puts(&text, "\r\n");
	assert_int_equal(parse_text(request, text.data, text.len), PROXY_COMPLETE);
	text.len -= 2;
	buf_puts(&text, "One: more\r\n\r\n");
	assert_int_equal(parse_text(request, text.data, text.len), PROXY_REFUSED);
	assert_int_equal(request->status, 431);
	buf_done(&text);
	free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_expected),
		cmocka_unit_test(no_control_byte_passes_anywhere),
		cmocka_unit_test(the_head_has_a_hard_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
