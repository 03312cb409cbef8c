/* What the searching tools have in common. */
#include "engine/tools/tool_search.h"

#include <string.h>

#include "engine/tools/tool_path.h"

static int read_glob(struct tool_call *call, const char *key, struct glob *out, struct error *err)
{
	const char *text = json_string(json_get(call->arguments, key), NULL);
	if (!text)
		return 0;
	return glob_read(call->arena, text, out, err) == 0 ? 0 : error_wrap(err, "\"%s\"", key);
}

int search_init(struct search *search, struct tool_call *call, size_t max, struct error *err)
{
	*search = (struct search){.call = call};
	search->max = (size_t)json_number(json_get(call->arguments, "max_results"), (double)max);
	search->walk.ignored_too = json_bool(json_get(call->arguments, "include_ignored"), false);
	buf_init(&search->text, SEARCH_FILE_MAX);
	if (read_glob(call, "include_pattern", &search->include, err) != 0)
		return -1;
	return read_glob(call, "exclude_pattern", &search->exclude, err);
}

int search_run(struct search *search, struct error *err)
{
	const char *path;
	if (tool_path(search->call, "path", ".", &path, err) != 0)
		return -1;
	return tool_walk(&search->walk, search->call->workspace, path, err);
}

bool search_wants(const struct search *search, const struct walk_entry *entry)
{
	if (entry->kind != WALK_FILE)
		return false;
	if (search->include.count > 0 && !glob_matches(&search->include, entry->path))
		return false;
	return search->exclude.count == 0 || !glob_matches(&search->exclude, entry->path);
}

bool search_reads(struct search *search, const struct walk_entry *entry)
{
	switch (tool_walk_read(entry, &search->text)) {
	case TEXT_WHOLE: search->files++; return true;
	case TEXT_BINARY: search->binary++; return false;
	case TEXT_LARGE: search->large++; return false;
	default: search->unreadable++; return false;
	}
}

bool search_has_room(struct search *search)
{
	if (search->found >= search->max)
		search->walk.why = "there are more than max_results";
	else if (search->call->answer->out->len > SEARCH_ANSWER_MAX)
		search->walk.why = "the answer is over 1 MiB";
	else
		return true;
	return false;
}

void search_tell(const struct search *search)
{
	struct json_writer *w = search->call->answer;
	json_put_int(w, "files_searched", (int64_t)search->files);
	json_object_begin(w, "skipped");
	json_put_int(w, "binary", (int64_t)search->binary);
	json_put_int(w, "larger_than_4_mib", (int64_t)search->large);
	json_put_int(w, "unreadable", (int64_t)search->unreadable);
	json_object_end(w);
	json_put_bool(w, "truncated", search->walk.why != NULL);
	json_put_string(w, "why", search->walk.why);
}

void search_done(struct search *search)
{
	buf_done(&search->text);
}
