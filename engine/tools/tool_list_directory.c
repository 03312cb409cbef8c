/* listDirectory: what is in a folder, and in its folders when asked. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/utf8.h"
#include "engine/tools/tool_path.h"
#include "engine/tools/tool_walk.h"
#include "engine/tools/tools.h"

enum { ENTRIES_MAX = 1000 };

struct listing {
	struct tool_call *call;
	struct walk walk;
	size_t count, max;
};

static const char *kind_name(enum walk_kind kind)
{
	switch (kind) {
	case WALK_FILE: return "file";
	case WALK_FOLDER: return "directory";
	case WALK_LINK: return "symlink";
	default: return "other";
	}
}

static void put_target(struct json_writer *w, const struct walk_entry *entry)
{
	char target[1024];
	ssize_t len = -1;
	if (entry->kind == WALK_LINK)
		len = readlinkat(entry->folder, entry->name, target, sizeof(target));
	if (len < 0)
		json_put_null(w, "target");
	else
		json_put_bytes(w, "target", target, (size_t)len);
}

static enum walk_next visit(void *ctx, const struct walk_entry *entry)
{
	struct listing *listing = ctx;
	struct json_writer *w = listing->call->answer;
	struct stat status;
	if (listing->count == listing->max) {
		listing->walk.why = "there are more than max_results";
		return WALK_STOP;
	}
	listing->count++;
	bool known = fstatat(entry->folder, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	size_t len = strlen(entry->path);
	json_object_begin(w, NULL);
	json_put_string(w, "path", entry->path);
	/* a name that is not UTF-8 cannot be said in JSON: what stands there names no file */
	json_put_bool(w, "exact", utf8_valid_prefix(entry->path, len) == len);
	json_put_string(w, "type", kind_name(entry->kind));
	json_put_known(w, "bytes", known && entry->kind == WALK_FILE, (int64_t)status.st_size);
	json_put_bool(w, "executable", known && entry->kind == WALK_FILE && status.st_mode & 0111);
	put_target(w, entry);
	json_object_end(w);
	return WALK_ON;
}

static int run(struct tool_call *call, struct error *err)
{
	const char *path;
	struct listing listing = {.call = call};
	double deep = json_bool(json_get(call->arguments, "recursive"), false) ? WALK_DEPTH : 1;
	listing.max = (size_t)json_number(json_get(call->arguments, "max_results"), ENTRIES_MAX);
	listing.walk.depth = (unsigned)json_number(json_get(call->arguments, "depth"), deep);
	listing.walk.ignored_too = json_bool(json_get(call->arguments, "include_ignored"), false);
	listing.walk.visit = visit;
	listing.walk.ctx = &listing;
	if (tool_path(call, "path", ".", &path, err) != 0)
		return -1;
	json_put_string(call->answer, "path", path);
	json_array_begin(call->answer, "entries");
	if (tool_walk(&listing.walk, call->workspace, path, err) != 0)
		return -1;
	json_array_end(call->answer);
	json_put_int(call->answer, "count", (int64_t)listing.count);
	json_put_bool(call->answer, "truncated", listing.walk.why != NULL);
	json_put_string(call->answer, "why", listing.walk.why);
	return 0;
}

static const struct tool list_directory = {
	.name = "listDirectory",
	.summary = "Lists a folder: path, type and size of each entry, in the order of names.",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
		  "\"path\":{" TOOL_STRING ",\"description\":\"The folder; the workspace when "
		  "absent\"},"
		  "\"recursive\":{\"type\":\"boolean\",\"description\":\"Its folders as well\"},"
		  "\"depth\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":64,\"description\":"
		  "\"How many levels of folders; 1 is this one alone\"},"
		  "\"include_ignored\":{\"type\":\"boolean\",\"description\":\"Enter .git, "
		  "node_modules, .venv and __pycache__ as well\"},"
		  "\"max_results\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}}}",
	.run = run,
};
REGISTER(tools, struct tool, list_directory);
