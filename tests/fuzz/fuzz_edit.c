/*
 * Any text as a block that edits, applied to any text: what follows a NUL, and what the edit
 * itself says stands there. Seeds: tests/data/edit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Either a text or an error; and what was applied may be asked for again. */
static void apply(const struct edit *edit, const char *text, size_t len, struct arena *arena)
{
	struct edit_place *places = arena_array(arena, edit->hunk_count + 1, sizeof(*places));
	struct error err = {0};
	struct span out = {NULL, 0};
	size_t work = 1000000;

	int rc = edit_apply(edit, (struct span){text, len}, &work, arena, &out, places, &err);
	if ((rc == 0) != (out.text != NULL) || (rc != 0) != error_is_set(&err))
		abort();
	if (rc == 0 && strnlen(out.text, out.len + 1) > out.len)
		abort();
	edit_is_applied(edit, text, len, &work);
}

/* What stood there before a single hunk: the edit must fit, and give what it says. */
static void apply_to_its_own(const struct edit *edit, struct arena *arena)
{
	const struct edit_hunk *hunk = edit->hunks;
	struct error err = {0};
	struct span out;
	size_t work = 1000000;

	if (edit->hunk_count != 1 || hunk->anchor || hunk->no_newline_before ||
	    hunk->no_newline_after || hunk->before_len == 0 ||
	    memchr(hunk->before, '\r', hunk->before_len) ||
	    memchr(hunk->after, '\r', hunk->after_len))
		return; /* the file's own line ends are kept */
	const struct span before = {hunk->before, hunk->before_len};
	if (edit_apply(edit, before, &work, arena, &out, NULL, &err) != 0) {
		if (err.code != ERROR_TOO_LARGE)
			abort();
		return;
	}
	if (out.len != hunk->after_len || memcmp(out.text, hunk->after, out.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *code = (const char *)data;
	const char *nul = size ? memchr(code, '\0', size) : NULL;
	size_t code_len = nul ? (size_t)(nul - code) : size;
	const char *text = nul ? nul + 1 : "";
	struct edits edits = {0};
	struct error err = {0};
	struct arena arena;

	arena_init(&arena);
	char *copy = arena_copy(&arena, code, code_len);
	const struct block block = {
		.path = size % 2 ? "a.py" : NULL, .code = copy, .code_len = code_len};
	int rc = edit_parse(&block, &arena, &edits, &err);
	if ((rc != 0) != error_is_set(&err) || (rc != 0 && edits.count))
		abort();
	for (size_t i = 0; i < edits.count; i++) {
		if (!edits.items[i].path ||
		    (edits.items[i].kind == EDIT_RENAME) != !!edits.items[i].to)
			abort();
		apply(&edits.items[i], text, size - code_len - (nul != NULL), &arena);
		apply_to_its_own(&edits.items[i], &arena);
	}
	arena_done(&arena);
	return 0;
}
