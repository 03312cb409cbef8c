/* searchReplace: one text in a file comes instead of another, which must stand there exactly. */
#include <string.h>

#include "engine/tools/tool_change.h"
#include "engine/tools/tool_path.h"

enum { LINES_TOLD = 20, SHOWN = 80 };

struct replacing {
	struct tool_call *call;
	const char *path;
	const char *old, *new;
	size_t old_len, new_len;
	struct buf text; /* as it is */
	size_t places;
	size_t lines[LINES_TOLD]; /* of the first places */
};

static void find_places(struct replacing *replacing)
{
	const char *from = replacing->text.data, *end = from + replacing->text.len;
	size_t line = 1;
	const char *at;
	while ((at = memmem(from, (size_t)(end - from), replacing->old, replacing->old_len))) {
		for (; from < at; from++)
			line += *from == '\n';
		if (replacing->places < LINES_TOLD)
			replacing->lines[replacing->places] = line;
		replacing->places++;
		for (; from < at + replacing->old_len; from++)
			line += *from == '\n';
	}
}

/* ---- when it does not stand there ---- */

static const char *trim(const char *text, size_t *len)
{
	while (*len > 0 && strchr(" \t\r", *text)) {
		text++;
		(*len)--;
	}
	while (*len > 0 && strchr(" \t\r", text[*len - 1]))
		(*len)--;
	return text;
}

/* The first line of old that is not blank. */
static const char *telling_line(const char *old, size_t *len)
{
	for (;; old += *len + 1) {
		size_t whole = strcspn(old, "\n");
		*len = whole;
		const char *line = trim(old, len);
		if (*len > 0 || !old[whole])
			return line;
		*len = whole;
	}
}

/* The line of the file that holds that text, but for space around it; 0: none. */
static size_t find_line(const struct buf *text, const char *wanted, size_t wanted_len)
{
	const char *from = text->data, *end = from + text->len;
	for (size_t line = 1; from < end; line++) {
		const char *newline = memchr(from, '\n', (size_t)(end - from));
		size_t len = newline ? (size_t)(newline - from) : (size_t)(end - from);
		const char *trimmed = trim(from, &len);
		if (len == wanted_len && memcmp(trimmed, wanted, len) == 0)
			return line;
		from = newline ? newline + 1 : end;
	}
	return 0;
}

static int explain_absent(const struct replacing *replacing, struct error *err)
{
	size_t len;
	const char *line = telling_line(replacing->old, &len);
	size_t found = len > 0 ? find_line(&replacing->text, line, len) : 0;
	int shown = len < SHOWN ? (int)len : SHOWN;
	if (memmem(replacing->text.data, replacing->text.len, "\r\n", 2) &&
	    !strchr(replacing->old, '\r') && strchr(replacing->old, '\n'))
		return error_set(
			err, ERROR_CONFLICT,
			"\"old_string\" does not stand in %s, whose lines end with \\r\\n; "
			"replace single lines, or write the line ends as they are",
			replacing->path);
	if (found)
		return error_set(err, ERROR_CONFLICT,
				 "\"old_string\" does not stand in %s exactly; line %zu there is "
				 "like its line \"%.*s\", but what is around it differs; read the "
				 "file and copy it with all its space",
				 replacing->path, found, shown, line);
	return error_set(
		err, ERROR_CONFLICT,
		"\"old_string\" does not stand in %s, nor does its line \"%.*s\"; read the "
		"file first",
		replacing->path, shown, line);
}

static int explain_many(const struct replacing *replacing, struct error *err)
{
	return error_set(
		err, ERROR_CONFLICT,
		"\"old_string\" stands in %s %zu times (lines %zu, %zu%s); add lines around "
		"the one that is meant, or say replace_all",
		replacing->path, replacing->places, replacing->lines[0], replacing->lines[1],
		replacing->places > 2 ? ", ..." : "");
}

/* ---- when it does ---- */

static int replace(struct replacing *replacing, bool executable, struct error *err)
{
	size_t len = replacing->text.len - replacing->places * replacing->old_len;
	if (replacing->new_len > 0 && replacing->places > CHANGE_MAX / replacing->new_len)
		len = SIZE_MAX;
	else
		len += replacing->places * replacing->new_len;
	if (len > CHANGE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s would have more than %d bytes",
				 replacing->path, CHANGE_MAX);
	char *data = arena_alloc(replacing->call->arena, len + 1), *to = data;
	const char *from = replacing->text.data, *end = from + replacing->text.len, *at;
	while ((at = memmem(from, (size_t)(end - from), replacing->old, replacing->old_len))) {
		to = mempcpy(to, from, (size_t)(at - from));
		to = mempcpy(to, replacing->new, replacing->new_len);
		from = at + replacing->old_len;
	}
	memcpy(to, from, (size_t)(end - from));
	struct file file = {
		.path = replacing->path, .data = data, .len = len, .executable = executable};
	tool_change(replacing->call, &file);
	return 0;
}

static void answer(const struct replacing *replacing)
{
	struct json_writer *w = replacing->call->answer;
	json_put_string(w, "path", replacing->path);
	json_put_int(w, "replacements", (int64_t)replacing->places);
	json_array_begin(w, "lines"); /* in the old file, of the first ones */
	for (size_t i = 0; i < replacing->places && i < LINES_TOLD; i++)
		json_put_int(w, NULL, (int64_t)replacing->lines[i]);
	json_array_end(w);
	json_put_int(w, "bytes", (int64_t)replacing->call->files[0].len);
}

static int work(struct replacing *replacing, struct error *err)
{
	const struct json *arguments = replacing->call->arguments;
	bool executable = false;
	if (tool_read_whole(replacing->call, replacing->path, &replacing->text, &executable, err) !=
	    0)
		return -1;
	find_places(replacing);
	if (replacing->places == 0)
		return explain_absent(replacing, err);
	if (replacing->places > 1 && !json_bool(json_get(arguments, "replace_all"), false))
		return explain_many(replacing, err);
	if (replace(replacing, executable, err) != 0)
		return -1;
	answer(replacing);
	return 0;
}

static int run(struct tool_call *call, struct error *err)
{
	struct replacing replacing = {.call = call};
	replacing.old = json_string(json_get(call->arguments, "old_string"), "");
	replacing.new = json_string(json_get(call->arguments, "new_string"), "");
	replacing.old_len = strlen(replacing.old);
	replacing.new_len = strlen(replacing.new);
	if (replacing.old_len == 0)
		return error_set(err, ERROR_INPUT,
				 "\"old_string\" is empty; use writeFile for a new file");
	if (tool_path_to_change(call, "path", &replacing.path, err) != 0)
		return -1;
	int result = work(&replacing, err);
	buf_done(&replacing.text);
	return result;
}

static const struct tool search_replace = {
	.name = "searchReplace",
	.summary = "Replaces a text in a file, which must stand there exactly and once.",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,"
		  "\"required\":[\"path\",\"old_string\",\"new_string\"],\"properties\":{"
		  "\"path\":{" TOOL_STRING ",\"minLength\":1},"
		  "\"old_string\":{" TOOL_STRING ",\"minLength\":1},"
		  "\"new_string\":{" TOOL_STRING "},"
		  "\"replace_all\":{\"type\":\"boolean\",\"description\":\"Every place where it "
		  "stands\"}}}",
	.run = run,
};
REGISTER(tools, struct tool, search_replace);
