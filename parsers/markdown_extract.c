/* The whole extraction: limits, repair, fences, and Markdown documents taken apart. */
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/utf8.h"
#include "parsers/blocks.h"
#include "parsers/markdown.h"
#include "parsers/markdown_bare.h"
#include "parsers/markdown_nested.h"
#include "parsers/markdown_source.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };

/* Puts the fences of inner before the one at `at`. */
static int insert(struct fences *fences, size_t at, const struct fences *inner, struct arena *arena,
		  struct error *err)
{
	size_t count = fences->count + inner->count;

	if (inner->count == 0)
		return 0;
	if (count > FENCES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the text holds more than %d code blocks",
				 FENCES_MAX);
	struct fence *items = arena_array(arena, count, sizeof(*items));
	if (at)
		memcpy(items, fences->items, at * sizeof(*items));
	memcpy(items + at, inner->items, inner->count * sizeof(*items));
	if (fences->count > at)
		memcpy(items + at + inner->count, fences->items + at,
		       (fences->count - at) * sizeof(*items));
	*fences = (struct fences){items, count};
	return 0;
}

/* Puts the blocks inside the Markdown document outer behind it. */
static int unwrap(struct fences *fences, size_t outer, struct arena *arena, struct error *err)
{
	struct fence *document = &fences->items[outer];
	struct fences inner;

	if (fences_read(document->code, document->code_len, document->line, arena, &inner, err) !=
	    0)
		return -1;
	document->unwrapped = inner.count > 0;
	return insert(fences, outer + 1, &inner, arena, err);
}

/* Where all code stands inside Markdown documents without a name, their blocks are the answer's. */
static int unwrap_all(struct fences *fences, const struct blocks *blocks, struct arena *arena,
		      struct error *err)
{
	for (size_t i = blocks->count; i-- > 0;) {
		if (markdown_is_tag(fences->items[i].info) && !blocks->items[i].path &&
		    !fences->items[i].in_thought && unwrap(fences, i, arena, err) != 0)
			return -1;
	}
	return 0;
}

static size_t count_used(const struct blocks *blocks)
{
	size_t used = 0;

	for (size_t i = 0; i < blocks->count; i++)
		used += blocks->items[i].used;
	return used;
}

/*
 * The answer's fences behind those of the thinking before it, which is read apart: what is open at its
 * end is over.
 */
static int read_all(const char *text, size_t len, size_t thought, struct arena *arena,
		    struct fences *out, struct error *err)
{
	struct fences answer;

	if (fences_read(text, thought, 0, arena, out, err) != 0 ||
	    fences_read(text + thought, len - thought, source_count_lines(text, thought), arena,
			&answer, err) != 0)
		return -1;
	for (size_t i = 0; i < out->count; i++)
		out->items[i].in_thought = true;
	return insert(out, out->count, &answer, arena, err);
}

static int extract(const char *text, size_t len, const struct language *const *languages,
		   struct arena *arena, struct blocks *out, struct error *err)
{
	size_t thought = markdown_thought(text, len);
	struct fences fences, bare;

	if (read_all(text, len, thought, arena, &fences, err) != 0)
		return -1;
	blocks_describe(&fences, languages, arena, out);
	if (count_used(out))
		return 0;
	size_t count = fences.count;
	if (unwrap_all(&fences, out, arena, err) != 0)
		return -1;
	if (fences.count > count)
		blocks_describe(&fences, languages, arena, out);
	if (count_used(out))
		return 0;
	fences_read_bare(text + thought, len - thought, source_count_lines(text, thought), arena,
			 &bare);
	if (bare.count == 0)
		return 0;
	struct blocks found;
	blocks_describe(&bare, languages, arena, &found);
	if (count_used(&found))
		*out = found; /* what looked like fences were pieces of these */
	return 0;
}

int markdown_extract(const char *text, size_t len, const struct language *const *languages,
		     struct arena *arena, struct blocks *out, struct error *err)
{
	*out = (struct blocks){0};
	if (len > TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the text is longer than %d MiB",
				 TEXT_MAX / 1024 / 1024);
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* libcmark skips a BOM uncounted */
		text += 3;
		len -= 3;
	}
	if (len == 0)
		return 0;
	if (utf8_valid_prefix(text, len) == len)
		return extract(text, len, languages, arena, out, err);
	struct buf repaired;
	buf_init(&repaired, (size_t)TEXT_MAX * 3); /* U+FFFD takes three bytes */
	utf8_append_repaired(&repaired, text, len);
	int rc = extract(repaired.data, repaired.len, languages, arena, out, err);
	buf_done(&repaired);
	return rc;
}
