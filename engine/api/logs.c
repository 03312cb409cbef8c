/* Streams that the report holds whole come from there, others from the folder that the row names. */
#include "engine/api/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/base/utf8.h"

enum { PIECE_BYTES = 64 << 10, ALL_BYTES = 4 << 20 };

struct logs {
	struct json_writer *w;
	const char *folder; /* NULL: none was kept */
	double command; /* -1: all */
	const char *stream; /* NULL: both */
	uint64_t offset;
	size_t limit, left; /* bytes: of each stream, and of what is left for all */
};

/* As much as there is from the offset on; -1: the file is gone. */
static ssize_t read_file(const struct logs *logs, size_t index, const char *kind,
			 const char *stream, char *out, size_t size)
{
	char path[4096];
	ssize_t got;

	if (!logs->folder || (size_t)snprintf(path, sizeof(path), "%s/%zu-%s.%s", logs->folder,
					      index, kind, stream) >= sizeof(path))
		return -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	do
		got = pread(fd, out, size, (off_t)logs->offset);
	while (got < 0 && errno == EINTR);
	close(fd);
	return got;
}

static size_t read_report(const struct logs *logs, const char *text, char *out, size_t size)
{
	size_t len = strlen(text);
	size_t from = logs->offset < len ? (size_t)logs->offset : len;
	size_t part = len - from < size ? len - from : size;

	memcpy(out, text + from, part);
	return part;
}

static void put_piece(struct logs *logs, size_t index, const struct json *command,
		      const char *stream)
{
	const struct json *told = json_get(command, stream);
	const char *kept = json_string(json_get(told, "text"), "");
	bool whole = json_number(json_get(told, "dropped"), 0) == 0;
	/* The report's text has been made valid UTF-8: it is counted as it is there. */
	uint64_t bytes = whole ? strlen(kept) : (uint64_t)json_number(json_get(told, "bytes"), 0);
	size_t size = logs->limit < logs->left ? logs->limit : logs->left;
	char *text = memory_alloc(size + 1);
	ssize_t got = whole ? (ssize_t)read_report(logs, kept, text, size)
			    : read_file(logs, index, json_string(json_get(command, "kind"), ""),
					stream, text, size);
	size_t len = got > 0 ? (size_t)got : 0;

	/* A character that the end cuts in two comes whole with the next piece. */
	if (len == size && len > 4)
		len = utf8_cut(text, len, len);
	uint64_t next = logs->offset + len;
	logs->left -= len;
	json_object_begin(logs->w, NULL);
	json_put_int(logs->w, "command", (int64_t)index);
	json_put_string(logs->w, "stage", json_string(json_get(command, "stage"), NULL));
	json_put_string(logs->w, "stream", stream);
	json_put_int(logs->w, "bytes", (int64_t)bytes);
	json_put_int(logs->w, "offset", (int64_t)logs->offset);
	if (got >= 0)
		json_put_bytes(logs->w, "text", text, len);
	else
		json_put_null(logs->w, "text");
	json_put_known(logs->w, "next", got >= 0 && next < bytes, (int64_t)next);
	json_object_end(logs->w);
	free(text);
}

static void put_command(struct logs *logs, size_t index, const struct json *command)
{
	static const char *const streams[] = {"stdout", "stderr"};

	if (logs->command >= 0 && (double)index != logs->command)
		return;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		if (!logs->stream || strcmp(logs->stream, streams[i]) == 0)
			put_piece(logs, index, command, streams[i]);
	}
}

void logs_answer(struct call *call, const struct execution_row *row)
{
	struct error err = {0};
	struct json *report = json_parse(row->report, strlen(row->report), "report", &err);
	struct logs logs = {
		.w = call_object(call),
		.folder = row->log_dir,
		.command = json_number(json_get(call->query, "command"), -1),
		.stream = json_string(json_get(call->query, "stream"), NULL),
		.offset = (uint64_t)json_number(json_get(call->query, "offset"), 0),
		.limit = (size_t)json_number(json_get(call->query, "limit"), PIECE_BYTES),
		.left = ALL_BYTES,
	};
	size_t index = 0;

	json_put_string(logs.w, "id", row->id);
	json_array_begin(logs.w, "logs");
	JSON_EACH (command, json_get(report, "commands"))
		put_command(&logs, index++, command);
	json_array_end(logs.w);
	json_free(report);
	call_object_end(call, 200);
}
