/* deleteFile: one file, or one symbolic link, goes away. */
#include "engine/tools/tool_change.h"
#include "engine/tools/tool_path.h"

static int run(struct tool_call *call, struct error *err)
{
	struct stat status;
	struct file file = {.removed = true};
	if (tool_path_to_change(call, "path", &file.path, err) != 0 ||
	    tool_look(call->workspace, file.path, &status, err) != 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		return error_set(err, ERROR_INPUT,
				 "%s is a folder; delete its files one by one, or run a command",
				 file.path);
	tool_change(call, &file);
	json_put_string(call->answer, "path", file.path);
	json_put_bool(call->answer, "deleted", true);
	return 0;
}

static const struct tool delete_file = {
	.name = "deleteFile",
	.summary = "Deletes one file; a symbolic link goes itself, not what it points to.",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"path\"],"
		  "\"properties\":{\"path\":{" TOOL_STRING ",\"minLength\":1}}}",
	.run = run,
};
REGISTER(tools, struct tool, delete_file);
