/* A ```markdown fence around fences of the same length: where it was meant to end. */
#ifndef PARSERS_MARKDOWN_NESTED_H
#define PARSERS_MARKDOWN_NESTED_H

#include <stdbool.h>
#include <stddef.h>

/* Whether an info string says that the block is a Markdown document. */
bool markdown_is_tag(const char *info);

struct nested {
	const char *code_end; /* of what the fence holds */
	const char *end; /* behind the closing line */
	size_t lines; /* from behind the opening line to end */
	bool closed;
};

/*
 * text begins behind the opening fence (run times c). CommonMark closes it at the first bare fence,
 * which is the end of an inner block if one was opened with an info string before. True when that is
 * so and the fences balance further on; when they never do, true only if to_the_end says so: then the
 * rest of the text is inside.
 */
bool markdown_nested(const char *text, const char *end, char c, size_t run, bool to_the_end,
		     struct nested *out);

#endif
