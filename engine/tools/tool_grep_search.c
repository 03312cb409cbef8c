/* grepSearch: the lines of files that a regular expression matches. */
#include <string.h>

#include "engine/base/regex.h"
#include "engine/base/utf8.h"
#include "engine/tools/tool_search.h"

enum {
	RESULTS = 200,
	LINE_SHOWN = 400, /* bytes */
	LEAD = 100, /* of these before the match, where the line is longer */
	CONTEXT_MAX = 10,
	QUERY_MAX = 1000,
};

/* About two seconds' worth. */
static const uint64_t steps_for_all = 400 * 1000 * 1000;

struct grep {
	struct search search;
	struct regex *regex;
	struct regex_scratch *scratch;
	size_t context;
	size_t gave_up; /* files in which the pattern took too many steps */
	const struct walk_entry *entry;
	size_t line, counted; /* line number of the byte at counted */
};

struct line {
	size_t start, end; /* without its line end */
	size_t next;
};

static struct line line_at(const struct buf *text, size_t at)
{
	struct line line = {0};
	const char *before = at > 0 ? memrchr(text->data, '\n', at) : NULL;
	line.start = before ? (size_t)(before + 1 - text->data) : 0;
	const char *newline = memchr(text->data + at, '\n', text->len - at);
	line.end = newline ? (size_t)(newline - text->data) : text->len;
	line.next = newline ? line.end + 1 : line.end;
	if (line.end > line.start && text->data[line.end - 1] == '\r')
		line.end--;
	return line;
}

static size_t number_of(struct grep *grep, size_t start)
{
	const char *from = grep->search.text.data + grep->counted;
	const char *end = grep->search.text.data + start;
	while ((from = memchr(from, '\n', (size_t)(end - from)))) {
		grep->line++;
		from++;
	}
	grep->counted = start;
	return grep->line;
}

/* A line, or of a long one the part around the byte `at` of it. */
static void put_line(struct json_writer *w, const char *key, const char *text, size_t len,
		     size_t at)
{
	if (len > LINE_SHOWN && at > LEAD) {
		size_t skip = utf8_cut(text, len, at - LEAD);
		text += skip;
		len -= skip;
	}
	json_put_bytes(w, key, text, utf8_cut(text, len, len < LINE_SHOWN ? len : LINE_SHOWN));
}

static void put_before(struct grep *grep, const struct line *line)
{
	const struct buf *text = &grep->search.text;
	struct line lines[CONTEXT_MAX];
	size_t count = 0;
	size_t at = line->start;
	while (count < grep->context && at > 0) {
		lines[count] = line_at(text, at - 1);
		at = lines[count++].start;
	}
	json_array_begin(grep->search.call->answer, "before");
	while (count-- > 0)
		put_line(grep->search.call->answer, NULL, text->data + lines[count].start,
			 lines[count].end - lines[count].start, 0);
	json_array_end(grep->search.call->answer);
}

static void put_after(struct grep *grep, const struct line *line)
{
	const struct buf *text = &grep->search.text;
	size_t at = line->next;
	json_array_begin(grep->search.call->answer, "after");
	for (size_t i = 0; i < grep->context && at < text->len; i++) {
		struct line after = line_at(text, at);
		put_line(grep->search.call->answer, NULL, text->data + after.start,
			 after.end - after.start, 0);
		at = after.next;
	}
	json_array_end(grep->search.call->answer);
}

static void put_match(struct grep *grep, const struct line *line, size_t at)
{
	struct json_writer *w = grep->search.call->answer;
	json_object_begin(w, NULL);
	json_put_string(w, "path", grep->entry->path);
	json_put_int(w, "line", (int64_t)number_of(grep, line->start));
	json_put_int(w, "column", (int64_t)(at - line->start + 1));
	put_line(w, "text", grep->search.text.data + line->start, line->end - line->start,
		 at - line->start);
	if (grep->context > 0) {
		put_before(grep, line);
		put_after(grep, line);
	}
	json_object_end(w);
	grep->search.found++;
}

/* The pattern may reach over line ends when it looks for a line: a match must lie within one. */
static enum regex_result find_in_line(struct grep *grep, const struct line *line, size_t *at)
{
	struct regex_window window = {
		.text = grep->search.text.data,
		.start = line->start,
		.start_end = line->end,
		.end = line->end,
	};
	return regex_find(grep->regex, grep->scratch, &window, at);
}

static enum walk_next give_up(struct grep *grep)
{
	grep->gave_up++;
	if (regex_steps_left(grep->scratch) > 0)
		return WALK_ON;
	grep->search.walk.why = "the pattern takes too many steps; make it simpler";
	return WALK_STOP;
}

static enum walk_next search_text(struct grep *grep)
{
	const struct buf *text = &grep->search.text;
	size_t at = 0, found;
	for (size_t tries = 0; at < text->len; tries++) {
		struct regex_window window = {text->data, at, text->len, text->len, false};
		enum regex_result result = regex_find(grep->regex, grep->scratch, &window, &found);
		if (result == REGEX_NONE)
			return WALK_ON;
		if (result == REGEX_LIMIT)
			return give_up(grep);
		struct line line = line_at(text, found);
		result = find_in_line(grep, &line, &found);
		if (result == REGEX_LIMIT)
			return give_up(grep);
		if (result == REGEX_MATCH) {
			if (!search_has_room(&grep->search))
				return WALK_STOP;
			put_match(grep, &line, found);
		}
		at = line.next;
		if (tries % 256 == 255 && tool_walk_late(&grep->search.walk))
			return WALK_STOP;
	}
	return WALK_ON;
}

static enum walk_next visit(void *ctx, const struct walk_entry *entry)
{
	struct grep *grep = ctx;
	if (!search_wants(&grep->search, entry) || !search_reads(&grep->search, entry))
		return WALK_ON;
	grep->entry = entry;
	grep->line = 1;
	grep->counted = 0;
	return search_text(grep);
}

/* The words of query as PCRE2 takes them literally: \Q...\E, in which \E itself is written apart. */
static const char *quoted(struct arena *arena, const char *query)
{
	struct buf out;
	const char *end;
	buf_init(&out, 0);
	buf_puts(&out, "\\Q");
	for (; (end = strstr(query, "\\E")); query = end + 2) {
		buf_append(&out, query, (size_t)(end - query));
		buf_puts(&out, "\\E\\\\E\\Q");
	}
	buf_puts(&out, query);
	buf_puts(&out, "\\E");
	const char *text = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return text;
}

static int compile(struct grep *grep, struct error *err)
{
	const struct tool_call *call = grep->search.call;
	const char *query = json_string(json_get(call->arguments, "query"), "");
	bool literal = json_bool(json_get(call->arguments, "literal"), false);
	bool case_sensitive = json_bool(json_get(call->arguments, "case_sensitive"), true);
	if (strlen(query) > QUERY_MAX)
		return error_set(err, ERROR_INPUT, "\"query\" is longer than %d bytes", QUERY_MAX);
	if (literal)
		query = quoted(call->arena, query);
	const char *pattern = arena_printf(call->arena, "%s%s", case_sensitive ? "" : "(?i)",
					   query);
	if (regex_new(&grep->regex, pattern, err) != 0)
		return error_wrap(err, "\"query\" is no regular expression that can be searched%s",
				  literal ? "" : " (for plain text say literal)");
	grep->scratch = regex_scratch_new();
	regex_grant(grep->scratch, steps_for_all);
	return 0;
}

static int search_all(struct grep *grep, struct error *err)
{
	struct json_writer *w = grep->search.call->answer;
	if (compile(grep, err) != 0)
		return -1;
	json_array_begin(w, "matches");
	int result = search_run(&grep->search, err);
	regex_scratch_free(grep->scratch);
	regex_free(grep->regex);
	if (result != 0)
		return -1;
	json_array_end(w);
	json_put_int(w, "count", (int64_t)grep->search.found);
	json_put_int(w, "gave_up", (int64_t)grep->gave_up);
	search_tell(&grep->search);
	return 0;
}

static int run(struct tool_call *call, struct error *err)
{
	struct grep grep = {0};
	int result = search_init(&grep.search, call, RESULTS, err);
	grep.context = (size_t)json_number(json_get(call->arguments, "context"), 0);
	grep.search.walk.visit = visit;
	grep.search.walk.ctx = &grep;
	if (result == 0)
		result = search_all(&grep, err);
	search_done(&grep.search);
	return result;
}

static const struct tool grep_search = {
	.name = "grepSearch",
	.summary =
		"Finds the lines that a regular expression (PCRE2) matches; one match for each line.",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"query\"],"
		"\"properties\":{"
		"\"query\":{" TOOL_STRING ",\"minLength\":1,\"maxLength\":1000},"
		"\"literal\":{\"type\":\"boolean\",\"description\":\"The query is plain text\"},"
		"\"case_sensitive\":{\"type\":\"boolean\",\"description\":\"True when absent\"},"
		"\"context\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":10,"
		"\"description\":\"Lines to show before and after each match\"},"
		"\"max_results\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}," SEARCH_PROPERTIES
		"}}",
	.run = run,
};
REGISTER(tools, struct tool, grep_search);
