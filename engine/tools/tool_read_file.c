/* readFile: a file, or some lines or bytes of one. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/base64.h"
#include "engine/base/utf8.h"
#include "engine/tools/tool_path.h"

enum {
	PART_MAX = 4 << 20, /* bytes of one answer */
	PART_DEFAULT = 1 << 20,
	CHUNK = 64 * 1024,
	UTF8_LONGEST = 4,
	SKIP_MAX = 64 << 20, /* bytes that are read to find a line */
};

struct reading {
	struct tool_call *call;
	const char *path;
	int fd;
	uint64_t size; /* of the file */
	size_t start_line, end_line; /* 0: none was given */
	uint64_t offset; /* where the part begins */
	size_t limit;
	struct buf part;
	size_t line; /* where the part begins, 0: unknown */
	const char *why; /* there is more than the answer has */
};

static int fail(const struct reading *reading, struct error *err)
{
	return error_errno(err, errno, "cannot read %s", reading->path);
}

/* Moves offset to the start of start_line. */
static int skip_lines(struct reading *reading, struct error *err)
{
	char chunk[CHUNK];
	size_t line = 1;
	while (line < reading->start_line) {
		ssize_t got = pread(reading->fd, chunk, sizeof(chunk), (off_t)reading->offset);
		if (got < 0)
			return fail(reading, err);
		if (got == 0)
			return error_set(err, ERROR_INPUT, "%s ends before line %zu", reading->path,
					 reading->start_line);
		const char *from = chunk, *end = chunk + got;
		while (line < reading->start_line && from < end) {
			const char *newline = memchr(from, '\n', (size_t)(end - from));
			line += newline != NULL;
			from = newline ? newline + 1 : end;
		}
		reading->offset += (uint64_t)(from - chunk);
		if (reading->offset > SKIP_MAX)
			return error_set(err, ERROR_TOO_LARGE,
					 "line %zu of %s lies behind its first 64 MiB; name an "
					 "offset in bytes instead",
					 reading->start_line, reading->path);
	}
	reading->line = line;
	return 0;
}

/* The length of the lines from `line` to end_line in the part; all of it when they do not end in it. */
static size_t lines_length(const struct reading *reading)
{
	const char *from = reading->part.data, *end = from + reading->part.len;
	for (size_t line = reading->line; line <= reading->end_line && from < end; line++) {
		const char *newline = memchr(from, '\n', (size_t)(end - from));
		from = newline ? newline + 1 : end;
	}
	return (size_t)(from - reading->part.data);
}

static int read_part(struct reading *reading, struct error *err)
{
	char chunk[CHUNK];
	buf_init(&reading->part, reading->limit + 1);
	while (!reading->part.truncated && reading->part.len < reading->limit) {
		ssize_t got = pread(reading->fd, chunk, sizeof(chunk),
				    (off_t)(reading->offset + reading->part.len));
		if (got < 0)
			return fail(reading, err);
		if (got == 0)
			break;
		buf_append(&reading->part, chunk, (size_t)got);
	}
	if (reading->part.len > reading->limit)
		reading->part.len = reading->limit;
	if (reading->end_line)
		reading->part.len = lines_length(reading);
	return 0;
}

/* Cuts the part where a character ends, which the limit may have split. False: it is no text. */
static bool is_text(struct reading *reading)
{
	struct buf *part = &reading->part;
	bool more = reading->offset + part->len < reading->size;
	size_t valid = utf8_valid_prefix(part->data, part->len);
	if (memchr(part->data, '\0', valid))
		return false;
	if (valid < part->len && !(more && valid > 0 && part->len - valid < UTF8_LONGEST))
		return false;
	part->len = valid;
	return true;
}

static size_t count_lines(const struct buf *part)
{
	size_t lines = 0;
	for (const char *at = part->data, *end = at + part->len; at < end; lines++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : end;
	}
	return lines;
}

static void answer(struct reading *reading)
{
	struct json_writer *w = reading->call->answer;
	struct buf *part = &reading->part;
	bool text = is_text(reading);
	uint64_t end = reading->offset + part->len;
	size_t lines = count_lines(part);
	bool more = end < reading->size;
	json_put_string(w, "path", reading->path);
	json_put_string(w, "encoding", text ? "utf-8" : "base64");
	if (text)
		json_put_bytes(w, "content", part->data, part->len);
	else
		json_put_string(w, "content",
				base64_encode(reading->call->arena, part->data, part->len));
	json_put_int(w, "bytes", (int64_t)reading->size);
	json_put_int(w, "offset", (int64_t)reading->offset);
	json_put_int(w, "length", (int64_t)part->len);
	json_put_known(w, "start_line", text && reading->line && lines, (int64_t)reading->line);
	json_put_known(w, "end_line", text && reading->line && lines,
		       (int64_t)(reading->line + lines - 1));
	json_put_known(w, "next_offset", more, (int64_t)end);
	/* the last line that was asked for may be there in part only */
	bool whole = reading->end_line && reading->line + lines > reading->end_line &&
		     part->len > 0 && part->data[part->len - 1] == '\n';
	bool cut = more && !whole;
	json_put_bool(w, "truncated", cut);
	json_put_string(w, "why", cut ? "the file goes on: read from next_offset" : NULL);
}

static int read_it(struct reading *reading, struct error *err)
{
	reading->line = reading->offset == 0;
	if (reading->start_line && skip_lines(reading, err) != 0)
		return -1;
	int result = read_part(reading, err);
	if (result == 0)
		answer(reading);
	buf_done(&reading->part);
	return result;
}

static int run(struct tool_call *call, struct error *err)
{
	struct stat status;
	struct reading reading = {.call = call};
	const struct json *arguments = call->arguments;
	reading.start_line = (size_t)json_number(json_get(arguments, "start_line"), 0);
	reading.end_line = (size_t)json_number(json_get(arguments, "end_line"), 0);
	reading.offset = (uint64_t)json_number(json_get(arguments, "offset"), 0);
	reading.limit = (size_t)json_number(json_get(arguments, "limit"), PART_DEFAULT);
	if (reading.offset && (reading.start_line || reading.end_line))
		return error_set(err, ERROR_INPUT, "name lines or an offset, not both");
	if (reading.end_line && reading.end_line < reading.start_line)
		return error_set(err, ERROR_INPUT, "\"end_line\" lies before \"start_line\"");
	if (tool_path(call, "path", NULL, &reading.path, err) != 0)
		return -1;
	reading.fd = tool_open_file(call->workspace, reading.path, &status, err);
	if (reading.fd < 0)
		return -1;
	reading.size = (uint64_t)status.st_size;
	int result = read_it(&reading, err);
	close(reading.fd);
	return result;
}

static const struct tool read_file = {
	.name = "readFile",
	.summary = "Reads a file, or some lines or bytes of it; what is no text comes as base64.",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"path\"],"
		  "\"properties\":{"
		  "\"path\":{" TOOL_STRING ",\"minLength\":1},"
		  "\"start_line\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000},"
		  "\"end_line\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000},"
		  "\"offset\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000000000,"
		  "\"description\":\"In bytes; instead of lines\"},"
		  "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":4194304,"
		  "\"description\":\"Bytes at most, 1 MiB when absent\"}}}",
	.run = run,
};
REGISTER(tools, struct tool, read_file);
