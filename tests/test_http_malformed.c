/*
 * Requests as files (tests/data/http/NAME.case), malformed and odd but legal, over a real socket:
 *
 *     One sentence that says what is tried.
 *     answers 200 400
 *     open                     or closed: whether the server keeps the connection
 *     ---
 *     GET /health HTTP/1.1     sent with CR LF for each line end, but after a backslash none;
 *                              \r \n \t \0 \\ \xHH are bytes, \*40000a is 40,000 times a
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "tests/http_world.h"

#define FOLDER "tests/data/http"

/* After an open case: the connection must still serve. */
static const char probe[] = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";

struct http_case {
	struct buf text;
	const char *answers; /* "200 400" */
	bool open;
	struct buf request;
};

/* One escape, whose backslash stands before at; returns what comes after it. */
static const char *unescape(const char *at, struct buf *out)
{
	char *end = NULL;
	switch (*at) {
	case 'r': buf_putc(out, '\r'); return at + 1;
	case 'n': buf_putc(out, '\n'); return at + 1;
	case 't': buf_putc(out, '\t'); return at + 1;
	case '0': buf_putc(out, '\0'); return at + 1;
	case '\\': buf_putc(out, '\\'); return at + 1;
	case '\n': return at + 1;
	case 'x': {
		char digits[3] = {at[1], at[2], '\0'};
		buf_putc(out, (char)strtoul(digits, NULL, 16));
		return at + 3;
	}
	case '*':
		for (unsigned long count = strtoul(at + 1, &end, 10); count > 0; count--)
			buf_putc(out, *end);
		return end + 1;
	default: fail_msg("an unknown escape: \\%c", *at); return at;
	}
}

static void read_case(const char *name, struct http_case *out)
{
	char path[512];
	struct error err = {0};
	snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
	buf_init(&out->text, 1 << 20);
	buf_init(&out->request, 1 << 20);
	if (file_read(path, &out->text, &err) != 0)
		fail_msg("%s", err.text);
	char *answers = strstr(out->text.data, "\nanswers ");
	char *request = strstr(out->text.data, "\n---\n");
	assert_non_null(answers);
	assert_non_null(request);
	out->answers = answers + strlen("\nanswers ");
	char *end = strchr(out->answers, '\n');
	*end = '\0';
	out->open = strncmp(end + 1, "open\n", 5) == 0;
	assert_true(out->open || strncmp(end + 1, "closed\n", 7) == 0);
	/* an open connection must serve another request, and one that is closed may say nothing */
	if (out->open)
		strcpy(end, " 200");
	else if (strcmp(out->answers, "none") == 0)
		out->answers = "";
	for (const char *at = request + strlen("\n---\n"); *at;) {
		if (*at == '\\')
			at = unescape(at + 1, &out->request);
		else if (*at == '\n')
			buf_puts(&out->request, "\r\n"), at++;
		else
			buf_putc(&out->request, *at++);
	}
	if (out->open)
		buf_puts(&out->request, probe);
}

/*
 * The status codes of what came, up to an answer that ends the connection. The library answers a bad
 * Content-Length with two heads in a row, of which nobody sees the second.
 */
static size_t read_statuses(const struct buf *got, struct buf *statuses)
{
	size_t count = 0;
	buf_clear(statuses);
	for (const char *at = got->data; *at; count++) {
		const char *body = strstr(at, "\r\n\r\n");
		if (!body)
			break;
		const char *length = strstr(at, "Content-Length: ");
		const char *close = strstr(at, "Connection: close\r\n");
		buf_printf(statuses, "%s%.3s", count ? " " : "", at + strlen("HTTP/1.1 "));
		if (close && close < body) {
			count++;
			break;
		}
		at = body + 4 + (length && length < body ? atoi(length + 16) : 0);
		if (at > got->data + got->len)
			break;
	}
	return count;
}

static size_t count_words(const char *text)
{
	size_t count = 1;
	for (; *text; text++)
		count += *text == ' ';
	return count;
}

/* Sends what the server takes in pieces of `piece` bytes; it may have closed meanwhile. */
static void send_all(int fd, const struct buf *data, size_t piece)
{
	for (size_t at = 0; at < data->len;) {
		size_t left = data->len - at;
		ssize_t count = send(fd, data->data + at, left < piece ? left : piece,
				     MSG_NOSIGNAL);
		if (count <= 0)
			return;
		at += (size_t)count;
	}
}

/*
 * Says request in pieces and reads until the connection ends (true) or `until` answers have come (false;
 * 0: never enough).
 */
static bool talk(struct http_world *world, const struct buf *request, size_t piece, size_t until,
		 struct buf *got, struct buf *statuses)
{
	bool closed = false;
	int fd = http_world_client(world, 0);
	send_all(fd, request, piece);
	while (!closed && !(read_statuses(got, statuses) >= until && until > 0)) {
		char data[4096];
		ssize_t len = recv(fd, data, sizeof(data), 0);
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			fail_msg("nothing more comes after:\n%s", got->data);
		closed = len <= 0;
		if (len > 0)
			buf_append(got, data, (size_t)len);
	}
	close(fd);
	return closed;
}

static void run_case(struct http_world *world, const char *name, const struct http_case *wanted,
		     size_t piece)
{
	struct buf got, statuses;
	buf_init(&got, 1 << 20);
	buf_init(&statuses, 0);
	bool closed = talk(world, &wanted->request, piece,
			   wanted->open ? count_words(wanted->answers) : 0, &got, &statuses);
	if (strcmp(statuses.data, wanted->answers) != 0 || closed == wanted->open)
		fail_msg("%s in pieces of %zu: answers %s, %s; wanted %s\n%s", name, piece,
			 statuses.data, closed ? "closed" : "open", wanted->answers, got.data);
	buf_done(&got);
	buf_done(&statuses);
}

static void check_file(struct http_world *world, const char *name)
{
	struct http_case wanted;
	read_case(name, &wanted);
	run_case(world, name, &wanted, SIZE_MAX);
	/* the same must come out of it however it arrives */
	if (wanted.request.len < 1000)
		run_case(world, name, &wanted, 1);
	buf_done(&wanted.text);
	buf_done(&wanted.request);
}

static void cases_are_answered_as_they_must(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	world.settings.max_body = 1 << 20;
	http_world_start(&world);
	DIR *dir = opendir(FOLDER);
	assert_non_null(dir);
	size_t count = 0;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".case") != 0)
			continue;
		check_file(&world, entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count > 100);
	http_world_finish(&world);
}

/* Wherever a byte that no head may hold stands in an honest one, nothing is served. */
static void no_control_byte_passes_anywhere(void **state)
{
	(void)state;
	static const char honest[] = "GET /health HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
	static const char bytes[] = {'\0', '\r', '\n', '\x01', '\x0b', '\x7f'};
	struct http_world world;
	struct buf request, got, statuses;
	http_world_init(&world);
	http_world_start(&world);
	buf_init(&request, 0);
	buf_init(&got, 0);
	buf_init(&statuses, 0);
	for (size_t b = 0; b < sizeof(bytes); b++) {
		for (size_t at = 0; at < sizeof(honest) - 1; at++) {
			/* empty lines before a request are taken; the library makes NULs of CR and LF */
			bool first = at == 0 && (bytes[b] == '\n' || bytes[b] == '\r');
			bool last = at == sizeof(honest) - 2 && bytes[b] == '\n';
			if (first || last)
				continue;
			buf_clear(&request);
			buf_append(&request, honest, at);
			buf_putc(&request, bytes[b]);
			buf_append(&request, honest + at, sizeof(honest) - 1 - at);
			buf_clear(&got);
			talk(&world, &request, SIZE_MAX, 0, &got, &statuses);
			if (strcmp(statuses.data, "400") != 0 && statuses.len > 0)
				fail_msg("byte %d at %zu:\n%s", bytes[b], at, got.data);
		}
	}
	buf_done(&request);
	buf_done(&got);
	buf_done(&statuses);
	http_world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_are_answered_as_they_must),
		cmocka_unit_test(no_control_byte_passes_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
