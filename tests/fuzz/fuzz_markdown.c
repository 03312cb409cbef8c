/* Any text through the extractor, and its blocks held against libcmark's. */
#include <cmark.h>
#include <stdint.h>

#include "engine/base/utf8.h"
#include "parsers/markdown_section.h"
#include "tests/cmark_oracle.h"
#include "tests/languages_for_tests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const char *text, size_t len)
{
	cmark_node *root = cmark_parse_document(text, len, CMARK_OPT_DEFAULT);
	char *xml = cmark_render_xml(root, CMARK_OPT_SOURCEPOS);
	struct error err = {0};
	struct blocks got;
	struct arena arena;

	arena_init(&arena);
	struct blocks expected = oracle_blocks(&arena, xml, text, len);
	if (oracle_extract(text, len, &arena, &got, &err) == 0 && !oracle_has_markdown(&expected) &&
	    !oracle_agrees(&expected, &got))
		abort();
	arena_done(&arena);
	free(xml);
	cmark_node_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct blocks blocks;
	struct error err = {0};
	struct buf repaired;

	section_least = size && data[0] % 2 ? data[0] : (size_t)128 * 1024;
	arena_init(&arena);
	if (markdown_extract((const char *)data, size, languages_for_tests, &arena, &blocks,
			     &err) != 0 &&
	    !error_is_set(&err))
		abort();
	arena_done(&arena);
	buf_init(&repaired, 0);
	utf8_append_repaired(&repaired, (const char *)data, size);
	/* libcmark skips a BOM and leaves it out of the columns that the comparison needs. */
	bool bom = repaired.len >= 3 && memcmp(repaired.data, "\xEF\xBB\xBF", 3) == 0;
	compare(repaired.data + (bom ? 3 : 0), repaired.len - (bom ? 3 : 0));
	buf_done(&repaired);
	return 0;
}
