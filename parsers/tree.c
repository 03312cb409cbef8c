/* The groups of an indented tree. */
#include "parsers/tree.h"

#include "engine/base/buf.h"

#define MAX_PATH_BYTES 4096 /* each test gets a copy */

void tree_close(struct tree *tree, size_t indent)
{
	while (tree->depth > 0 && tree->levels[tree->depth - 1].indent >= indent)
		tree->depth--;
}

void tree_open(struct tree *tree, size_t indent, struct line name)
{
	tree_close(tree, indent);
	if (tree->depth < TREE_DEPTH)
		tree->levels[tree->depth++] = (struct tree_level){indent, name};
}

char *tree_path(const struct tree *tree, struct arena *arena, size_t indent, const char *join)
{
	struct buf path;
	char *copy = NULL;

	buf_init(&path, MAX_PATH_BYTES);
	for (size_t i = 0; i < tree->depth && tree->levels[i].indent < indent; i++) {
		if (i > 0)
			buf_puts(&path, join);
		buf_append(&path, tree->levels[i].name.text, tree->levels[i].name.len);
	}
	if (path.len > 0)
		copy = arena_copy(arena, path.data, path.len);
	buf_done(&path);
	return copy;
}

const struct tree_mark *tree_mark_take(struct line *line, const struct tree_mark *marks)
{
	for (; marks->mark; marks++) {
		if (line_skip(line, marks->mark))
			return marks;
	}
	return NULL;
}
