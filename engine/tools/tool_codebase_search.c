/*
 * codebaseSearch: the pieces of files that hold most of a query's words, ranked by BM25 (Robertson and
 * Zaragoza, "The Probabilistic Relevance Framework", 2009). Words, not meanings: nothing is learned here.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/utf8.h"
#include "engine/tools/tool_path.h"
#include "engine/tools/tool_search.h"
#include "engine/tools/tool_words.h"

enum {
	RESULTS = 10,
	PIECE_LINES = 40, /* at most; a blank line ends a piece of half as many */
	PIECE_SHOWN = 2000, /* bytes */
	PIECES_MAX = 50 * 1000, /* with a word of the query */
};

/* Words in a piece saturate by K1 and count less in long pieces by B; the usual values. */
static const double K1 = 1.2, B = 0.75;

struct piece {
	const char *path;
	size_t start, end; /* bytes */
	size_t line, lines;
	struct word_counts counts;
	double score;
};

struct ranking {
	struct search search;
	struct words words;
	struct piece *pieces; /* that hold a word */
	size_t count;
	size_t all, all_words; /* pieces of any kind, and their words */
	size_t with[WORDS_MAX]; /* pieces that hold each */
};

/* ---- gathering ---- */

/* The end of the piece that begins at start, and how many lines it has. */
static size_t piece_end(const struct buf *text, size_t start, size_t *lines)
{
	size_t at = start;
	for (*lines = 0; at < text->len && *lines < PIECE_LINES; (*lines)++) {
		const char *newline = memchr(text->data + at, '\n', text->len - at);
		size_t next = newline ? (size_t)(newline + 1 - text->data) : text->len;
		bool blank = next - at <= 1;
		at = next;
		if (blank && *lines >= PIECE_LINES / 2) {
			(*lines)++;
			break;
		}
	}
	return at;
}

static bool holds_any(const struct ranking *ranking, const struct word_counts *counts)
{
	for (size_t i = 0; i < ranking->words.count; i++)
		if (counts->of[i] > 0)
			return true;
	return false;
}

/* The words of a file's name count for each of its pieces. */
static void add_piece(struct ranking *ranking, struct piece *piece)
{
	struct search *search = &ranking->search;
	words_count(&ranking->words, search->text.data + piece->start, piece->end - piece->start,
		    &piece->counts);
	ranking->all++;
	ranking->all_words += piece->counts.all;
	words_count(&ranking->words, piece->path, strlen(piece->path), &piece->counts);
	if (!holds_any(ranking, &piece->counts))
		return;
	for (size_t i = 0; i < ranking->words.count; i++)
		ranking->with[i] += piece->counts.of[i] > 0;
	struct piece *slot = arena_grow(search->call->arena, &ranking->pieces, ranking->count++,
					sizeof(*slot));
	*slot = *piece;
}

static enum walk_next visit(void *ctx, const struct walk_entry *entry)
{
	struct ranking *ranking = ctx;
	struct search *search = &ranking->search;
	if (!search_wants(search, entry) || !search_reads(search, entry))
		return WALK_ON;
	const char *path = arena_string(search->call->arena, entry->path);
	size_t line = 1;
	for (size_t at = 0; at < search->text.len;) {
		struct piece piece = {.path = path, .start = at, .line = line};
		piece.end = at = piece_end(&search->text, at, &piece.lines);
		line += piece.lines;
		add_piece(ranking, &piece);
		if (ranking->count >= PIECES_MAX) {
			search->walk.why = "over 50,000 pieces hold a word of the query";
			return WALK_STOP;
		}
		if (tool_walk_late(&search->walk))
			return WALK_STOP;
	}
	return WALK_ON;
}

/* ---- ranking ---- */

static double score(const struct ranking *ranking, const struct piece *piece)
{
	double mean = (double)ranking->all_words / (double)ranking->all, sum = 0;
	double length = mean > 0 ? (double)piece->counts.all / mean : 1;
	for (size_t i = 0; i < ranking->words.count; i++) {
		double with = (double)ranking->with[i], times = piece->counts.of[i];
		double rarity = log(1 + ((double)ranking->all - with + 0.5) / (with + 0.5));
		sum += rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * length));
	}
	return sum;
}

static int best_first(const void *a, const void *b)
{
	const struct piece *one = a, *other = b;
	if (one->score != other->score)
		return one->score > other->score ? -1 : 1;
	int by_path = strcmp(one->path, other->path);
	return by_path ? by_path : (one->line > other->line) - (one->line < other->line);
}

/* ---- answering ---- */

/* The piece's text, read again; false: the file is not there any more. */
static bool put_text(const struct ranking *ranking, const struct piece *piece)
{
	const struct tool_call *call = ranking->search.call;
	struct stat status;
	struct error err = {0};
	char text[PIECE_SHOWN + 1]; /* one more: whether a character is cut */
	int fd = tool_open_file(call->workspace, piece->path, &status, &err);
	if (fd < 0)
		return false;
	size_t len = piece->end - piece->start;
	ssize_t got = pread(fd, text, len < sizeof(text) ? len : sizeof(text), (off_t)piece->start);
	close(fd);
	if (got < 0)
		return false;
	json_put_bytes(call->answer, "text", text, utf8_cut(text, (size_t)got, PIECE_SHOWN));
	json_put_bool(call->answer, "text_cut", len > PIECE_SHOWN);
	return true;
}

static void put_piece(const struct ranking *ranking, const struct piece *piece)
{
	struct json_writer *w = ranking->search.call->answer;
	json_object_begin(w, NULL);
	json_put_string(w, "path", piece->path);
	json_put_int(w, "start_line", (int64_t)piece->line);
	json_put_int(w, "end_line", (int64_t)(piece->line + piece->lines - 1));
	json_put_number(w, "score", round(piece->score * 1000) / 1000);
	if (!put_text(ranking, piece)) {
		json_put_null(w, "text");
		json_put_bool(w, "text_cut", true);
	}
	json_object_end(w);
}

static int rank(struct ranking *ranking, struct error *err)
{
	struct search *search = &ranking->search;
	struct json_writer *w = search->call->answer;
	words_read(&ranking->words, json_string(json_get(search->call->arguments, "query"), ""));
	if (ranking->words.count == 0)
		return error_set(err, ERROR_INPUT,
				 "\"query\" holds no word of two letters or more");
	if (search_run(search, err) != 0)
		return -1;
	for (size_t i = 0; i < ranking->count; i++)
		ranking->pieces[i].score = score(ranking, &ranking->pieces[i]);
	if (ranking->count > 0)
		qsort(ranking->pieces, ranking->count, sizeof(*ranking->pieces), best_first);
	json_put_string(
		w, "method",
		"words ranked by BM25 over pieces of up to 40 lines; no meanings are compared");
	json_array_begin(w, "results");
	for (size_t i = 0; i < ranking->count && i < search->max; i++)
		put_piece(ranking, &ranking->pieces[i]);
	json_array_end(w);
	json_put_int(w, "pieces_with_a_word", (int64_t)ranking->count);
	search_tell(search);
	return 0;
}

static int run(struct tool_call *call, struct error *err)
{
	struct ranking ranking = {0};
	int result = search_init(&ranking.search, call, RESULTS, err);
	ranking.search.walk.visit = visit;
	ranking.search.walk.ctx = &ranking;
	if (result == 0)
		result = rank(&ranking, err);
	search_done(&ranking.search);
	return result;
}

static const struct tool codebase_search = {
	.name = "codebaseSearch",
	.summary = "Finds the pieces of files that hold most of a query's words, best first.",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"query\"],"
		"\"properties\":{"
		"\"query\":{" TOOL_STRING ",\"minLength\":2,\"maxLength\":1000,"
		"\"description\":\"Words, or names; the first 16 count\"},"
		"\"max_results\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50}," SEARCH_PROPERTIES
		"}}",
	.run = run,
};
REGISTER(tools, struct tool, codebase_search);
