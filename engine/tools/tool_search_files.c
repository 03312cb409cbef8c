/* searchFiles: files by their names. */
#include <string.h>

#include "engine/tools/tool_search.h"

enum { RESULTS = 100 };

struct finding_files {
	struct search search;
	struct glob query;
};

static enum walk_next visit(void *ctx, const struct walk_entry *entry)
{
	struct finding_files *finding = ctx;
	struct search *search = &finding->search;
	if (!search_wants(search, entry))
		return WALK_ON;
	search->files++;
	if (!glob_matches(&finding->query, entry->path))
		return WALK_ON;
	if (!search_has_room(search))
		return WALK_STOP;
	search->found++;
	json_put_string(search->call->answer, NULL, entry->path);
	return WALK_ON;
}

/* A plain word stands for all names that hold it. */
static int read_query(struct finding_files *finding, struct error *err)
{
	struct arena *arena = finding->search.call->arena;
	const char *query = json_string(json_get(finding->search.call->arguments, "query"), "");
	if (!strpbrk(query, "*?[{"))
		query = strchr(query, '/') ? arena_printf(arena, "**/*%s*", query)
					   : arena_printf(arena, "*%s*", query);
	return glob_read(arena, query, &finding->query, err);
}

static int find(struct finding_files *finding, struct error *err)
{
	struct json_writer *w = finding->search.call->answer;
	if (read_query(finding, err) != 0)
		return error_wrap(err, "\"query\"");
	json_array_begin(w, "files");
	if (search_run(&finding->search, err) != 0)
		return -1;
	json_array_end(w);
	json_put_int(w, "count", (int64_t)finding->search.found);
	search_tell(&finding->search);
	return 0;
}

static int run(struct tool_call *call, struct error *err)
{
	struct finding_files finding = {0};
	int result = search_init(&finding.search, call, RESULTS, err);
	finding.search.walk.visit = visit;
	finding.search.walk.ctx = &finding;
	if (result == 0)
		result = find(&finding, err);
	search_done(&finding.search);
	return result;
}

static const struct tool search_files = {
	.name = "searchFiles",
	.summary = "Finds files by name: a pattern like *.py or src/**/*.ts, or a part of a name.",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"query\"],"
		"\"properties\":{"
		"\"query\":{" TOOL_STRING ",\"minLength\":1,\"maxLength\":200},"
		"\"max_results\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}," SEARCH_PROPERTIES
		"}}",
	.run = run,
};
REGISTER(tools, struct tool, search_files);
