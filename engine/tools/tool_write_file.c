/* writeFile: a whole file, new or in place of another. */
#include <string.h>

#include "engine/base/base64.h"
#include "engine/tools/tool_change.h"
#include "engine/tools/tool_path.h"

static int read_content(const struct tool_call *call, struct file *file, struct error *err)
{
	const struct json *arguments = call->arguments;
	const char *content = json_string(json_get(arguments, "content"), "");
	const char *encoding = json_string(json_get(arguments, "encoding"), "utf-8");
	if (strcmp(encoding, "base64") != 0) {
		file->data = content;
		file->len = strlen(content);
	} else if (base64_decode(call->arena, content, &file->data, &file->len, err) != 0) {
		return error_wrap(err, "\"content\"");
	}
	if (file->len > CHANGE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the content has %zu bytes, %d are the most",
				 file->len, CHANGE_MAX);
	return 0;
}

/* What is there now: a file may be replaced, nothing else may. */
static int look_before(const struct tool_call *call, const char *path, bool *exists,
		       bool *executable, struct error *err)
{
	struct stat status;
	struct error why = {0};
	*exists = tool_look(call->workspace, path, &status, &why) == 0;
	if (!*exists) {
		if (why.code == ERROR_NOT_FOUND)
			return 0;
		*err = why;
		return -1;
	}
	*executable = S_ISREG(status.st_mode) && status.st_mode & S_IXUSR;
	if (S_ISDIR(status.st_mode))
		return error_set(err, ERROR_INPUT, "%s is a folder", path);
	return 0;
}

static int run(struct tool_call *call, struct error *err)
{
	struct file file = {0};
	bool exists;
	if (tool_path_to_change(call, "path", &file.path, err) != 0 ||
	    read_content(call, &file, err) != 0 ||
	    look_before(call, file.path, &exists, &file.executable, err) != 0)
		return -1;
	file.executable = json_bool(json_get(call->arguments, "executable"), file.executable);
	tool_change(call, &file);
	json_put_string(call->answer, "path", file.path);
	json_put_bool(call->answer, "created", !exists);
	json_put_int(call->answer, "bytes", (int64_t)file.len);
	json_put_bool(call->answer, "executable", file.executable);
	return 0;
}

static const struct tool write_file = {
	.name = "writeFile",
	.summary = "Writes a whole file, and the folders that it needs.",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,"
		  "\"required\":[\"path\",\"content\"],\"properties\":{"
		  "\"path\":{" TOOL_STRING ",\"minLength\":1},"
		  "\"content\":{" TOOL_STRING "},"
		  "\"encoding\":{\"type\":\"string\",\"enum\":[\"utf-8\",\"base64\"]},"
		  "\"executable\":{\"type\":\"boolean\",\"description\":\"As it was, when "
		  "absent\"}}}",
	.run = run,
};
REGISTER(tools, struct tool, write_file);
