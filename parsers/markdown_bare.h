/* Files and patches that stand in a reply without a fence. */
#ifndef PARSERS_MARKDOWN_BARE_H
#define PARSERS_MARKDOWN_BARE_H

#include "parsers/fence.h"

/*
 * Elements that name a file, <file path="a.py"> to </file> or <path>a.py</path> with <content> to
 * </content>, each alone on its line, and patches, "*** Begin Patch" or unified, as if a fence stood
 * around each; a fence that does stand inside an element is taken off. An element or patch that the text
 * ends in is not closed. before is the number of lines before the text. Strings live in the arena, but for above. Never more than FENCES_MAX.
 */
void fences_read_bare(const char *text, size_t len, size_t before, struct arena *arena,
		      struct fences *out);

/*
 * How much of the text is the model's thinking, from <think> or the like at its start to behind the
 * closing tag (or the text's end); 0 when there is none.
 */
size_t markdown_thought(const char *text, size_t len);

#endif
