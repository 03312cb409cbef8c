/*
 * Any bytes as a request head, read as leniently as libmicrohttpd does: what the gate lets through must be
 * strict HTTP/1 to a reader that looks at the bytes as they came. Seeds: tests/data/http, after their "---".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/buf.h"
#include "engine/net/server/http_gate.h"

/* The library's way: CR LF and a lone LF end a line, and become NULs. NULL: no line end. */
static char *next_line(char **at, const char *end)
{
	char *line = *at;
	for (char *c = line; c < end; c++) {
		bool pair = *c == '\r' && c + 1 < end && c[1] == '\n';
		if (!pair && *c != '\n')
			continue;
		*at = c + 1 + pair;
		c[0] = c[pair] = '\0';
		return line;
	}
	return NULL;
}

static bool split_request_line(struct http_head *head, char *line, size_t len)
{
	char *target = memchr(line, ' ', len);
	if (!target)
		return false;
	*target++ = '\0';
	while (*target == ' ')
		target++;
	char *version = line + len - 1;
	while (version > target && *version == ' ')
		version--;
	while (version > target && *version != ' ')
		version--;
	if (version <= target)
		return false;
	*version++ = '\0';
	head->method = head->start;
	head->target_at = (size_t)(target - head->start);
	head->target = strdup(target);
	head->version = version;
	/* it takes the query apart where it stands */
	for (char *c = strchr(target, '?'); c && *c; c++)
		if (*c == '?' || *c == '&' || *c == '=')
			*c = '\0';
	return true;
}

/* A folded line becomes part of the name before it, elsewhere in memory. */
static char *fold(const char *name, const char *line, char **moved, size_t *moved_count)
{
	size_t name_len = strlen(name), len = strlen(line + strspn(line, " \t"));
	char *whole = malloc(name_len + len + 1);
	memcpy(whole, name, name_len);
	memcpy(whole + name_len, line + strspn(line, " \t"), len + 1);
	moved[(*moved_count)++] = whole;
	return whole;
}

enum { MOVED_MAX = 4096 };

static bool read_fields(struct http_head *head, char *at, const char *end, char **moved,
			size_t *moved_count)
{
	char *name = NULL, *value = NULL;
	for (;;) {
		char *line = next_line(&at, end);
		if (!line || *moved_count == MOVED_MAX)
			return false;
		if (name && (*line == ' ' || *line == '\t')) {
			if (line[strspn(line, " \t")])
				name = fold(name, line, moved, moved_count);
			continue;
		}
		if (name && head->count <= HTTP_FIELDS_MAX) {
			if (head->count < HTTP_FIELDS_MAX)
				head->fields[head->count] = (struct http_field){
					name, strlen(name), value, strlen(value)};
			head->count++;
		}
		if (!*line)
			break;
		char *colon = strchr(line, ':');
		if (!colon)
			return false;
		*colon = '\0';
		name = line;
		value = colon + 1 + strspn(colon + 1, " \t");
	}
	head->len = (size_t)(at - head->start);
	return true;
}

static size_t count_lines(const char *raw, size_t len, const char *name)
{
	size_t count = 0, name_len = strlen(name);
	for (size_t i = 0; i + name_len < len; i++)
		count += raw[i] == '\n' && strncasecmp(raw + i + 1, name, name_len) == 0;
	return count;
}

/* raw is what the head was before it was taken apart. */
static void check_strict(const char *raw, size_t len)
{
	/* a NUL in the place of a CR cannot be told from it afterwards */
	if (memchr(raw, '\0', len))
		return;
	if (len < 4 || memcmp(raw + len - 4, "\r\n\r\n", 4) != 0)
		abort();
	if (memmem(raw, len - 1, "\r\n\r\n", 4))
		abort();
	for (size_t i = 0; i < len; i++) {
		if ((raw[i] == '\r') != (i + 1 < len && raw[i + 1] == '\n'))
			abort();
		if (raw[i] == '\n' && i + 1 < len && (raw[i + 1] == ' ' || raw[i + 1] == '\t'))
			abort();
	}
	size_t lengths = count_lines(raw, len, "Content-Length:");
	size_t encodings = count_lines(raw, len, "Transfer-Encoding:");
	if (lengths + encodings > 1 || count_lines(raw, len, "Host:") > 1)
		abort();
	if (count_lines(raw, len, "Transfer-Encoding") != encodings &&
	    count_lines(raw, len, "Transfer-Encoding ") > 0)
		abort();
}

/* Cases begin with what is expected, and have plain line ends. */
static void read_input(const uint8_t *data, size_t size, struct buf *out)
{
	const char *dashes = size ? memmem(data, size, "\n---\n", 5) : NULL;
	const char *at = dashes ? dashes + 5 : (const char *)data;
	for (const char *end = (const char *)data + size; at < end; at++) {
		if (dashes && *at == '\n')
			buf_putc(out, '\r');
		buf_putc(out, *at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *moved[MOVED_MAX];
	size_t moved_count = 0;
	struct buf input;
	buf_init(&input, 1 << 20);
	read_input(data, size, &input);
	char *copy = malloc(input.len + 1), *at = copy;
	memcpy(copy, input.data, input.len);
	struct http_head *head = calloc(1, sizeof(*head));
	head->start = copy;
	char *line = next_line(&at, copy + input.len);
	size_t len = line ? strlen(line) : 0;
	if (len > 0 && split_request_line(head, line, len) &&
	    read_fields(head, at, copy + input.len, moved, &moved_count)) {
		struct http_refusal refusal = {0};
		if (http_gate_check(head, &refusal) == 0)
			check_strict(input.data, head->len);
		else if (refusal.status < 400 || !refusal.why || !refusal.code)
			abort();
	}
	while (moved_count > 0)
		free(moved[--moved_count]);
	free((char *)head->target);
	free(head);
	free(copy);
	buf_done(&input);
	return 0;
}
