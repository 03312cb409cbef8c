/* A fenced block as CommonMark reads it, before anybody asks what it is for. */
#ifndef PARSERS_FENCE_H
#define PARSERS_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct fence {
	size_t line; /* of the opening fence, from 1 */
	bool closed;
	bool in_container; /* stands in a list or a quote */
	bool in_thought; /* stands in what the model thought before it answered */
	bool unwrapped; /* a Markdown document whose own blocks follow */
	const char *info;
	const char *code;
	size_t code_len;
	const char *above; /* the source between the block before and this one, at most ABOVE_MAX */
	size_t above_len;
};

enum { ABOVE_MAX = 2048 };

struct fences {
	struct fence *items;
	size_t count;
};

/*
 * All fenced blocks of valid UTF-8 text, in document order; line is that before the first. out's
 * strings live in the arena, but for above, which points into text. Fails with ERROR_TOO_LARGE over
 * FENCES_MAX blocks and where a text is made to take libcmark unreasonable time or memory.
 */
enum { FENCES_MAX = 10000 };
int fences_read(const char *text, size_t len, size_t line, struct arena *arena, struct fences *out,
		struct error *err);

#endif
