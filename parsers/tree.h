/* Reports drawn as an indented tree: which groups a line stands in, and what its mark says. */
#ifndef PARSERS_TREE_H
#define PARSERS_TREE_H

#include "parsers/term.h"

#define TREE_DEPTH 64

struct tree {
	struct tree_level {
		size_t indent;
		struct line name;
	} levels[TREE_DEPTH];
	size_t depth;
};

/* A group's own line. Groups at its indentation and deeper end there. */
void tree_open(struct tree *tree, size_t indent, struct line name);

/* Groups at this indentation and deeper end. */
void tree_close(struct tree *tree, size_t indent);

/* The groups around a line of this indentation, joined; NULL when there are none. */
char *tree_path(const struct tree *tree, struct arena *arena, size_t indent, const char *join);

/* A test's mark at the start of a line. */
struct tree_mark {
	const char *mark; /* "✓ " */
	enum test_status status;
};

/* Takes one of the marks, ended by {NULL, 0}, off the line; NULL when it has none. */
const struct tree_mark *tree_mark_take(struct line *line, const struct tree_mark *marks);

#endif
