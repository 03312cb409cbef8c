/* The whole extraction: limits, repair, fences, and Markdown documents taken apart. */
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/utf8.h"
#include "parsers/blocks.h"
#include "parsers/markdown.h"
#include "parsers/markdown_nested.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };

/* Puts the blocks inside the Markdown document outer behind it. */
static int unwrap(struct fences *fences, size_t outer, struct arena *arena, struct error *err)
{
	struct fence *document = &fences->items[outer];
	struct fences inner;

	if (fences_read(document->code, document->code_len, document->line, arena, &inner, err) !=
	    0)
		return -1;
	if (inner.count == 0)
		return 0;
	size_t count = fences->count + inner.count, behind = outer + 1;
	if (count > FENCES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the text holds more than %d code blocks",
				 FENCES_MAX);
	struct fence *items = arena_array(arena, count, sizeof(*items));
	memcpy(items, fences->items, behind * sizeof(*items));
	memcpy(items + behind, inner.items, inner.count * sizeof(*items));
	memcpy(items + behind + inner.count, fences->items + behind,
	       (fences->count - behind) * sizeof(*items));
	items[outer].unwrapped = true;
	*fences = (struct fences){items, count};
	return 0;
}

/* Where all code stands inside Markdown documents without a name, their blocks are the answer's. */
static int unwrap_all(struct fences *fences, const struct blocks *blocks, struct arena *arena,
		      struct error *err)
{
	for (size_t i = blocks->count; i-- > 0;) {
		if (markdown_is_tag(fences->items[i].info) && !blocks->items[i].path &&
		    unwrap(fences, i, arena, err) != 0)
			return -1;
	}
	return 0;
}

static int extract(const char *text, size_t len, const struct language *const *languages,
		   struct arena *arena, struct blocks *out, struct error *err)
{
	struct fences fences;
	size_t used = 0;

	if (fences_read(text, len, 0, arena, &fences, err) != 0)
		return -1;
	blocks_describe(&fences, languages, arena, out);
	for (size_t i = 0; i < out->count; i++)
		used += out->items[i].used;
	if (used)
		return 0;
	size_t count = fences.count;
	if (unwrap_all(&fences, out, arena, err) != 0)
		return -1;
	if (fences.count > count)
		blocks_describe(&fences, languages, arena, out);
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
