/*
 * libcmark reads the reply section by section; what it does not tell (fenced or indented, closed or
 * not) is read from the source lines where it says that a block stands.
 */
#include <cmark.h>
#include <stdio.h>
#include <string.h>

#include "parsers/fence.h"
#include "parsers/markdown_memory.h"
#include "parsers/markdown_nested.h"
#include "parsers/markdown_section.h"
#include "parsers/markdown_source.h"

enum {
	TREE_MAX = 512 * 1024 * 1024,
	NESTING_COST_MAX = 32 * 1024 * 1024, /* containers passed by blank lines */
	REREAD_MAX = 1024 * 1024,
};

static cmark_mem allocator = {markdown_calloc, markdown_realloc, markdown_free};

struct extraction {
	struct arena *arena;
	const char *text, *end;
	char mask[4]; /* what stands for '!' before '[', see choose_mask */
	struct fences fences;
	size_t line; /* lines of the text before the section */
	cmark_node **nodes; /* code blocks of the section */
	size_t node_count;
	struct line_walk walk; /* over the section, as far as its blocks have been read */
	size_t walked; /* lines of the section before walk.at */
	const char *above; /* end of the block before */
	const char *resume; /* where a nested Markdown block really ends, NULL: go on as usual */
	size_t resume_line; /* lines of the text before it */
	size_t reread; /* bytes that may yet be parsed again because of nesting */
	struct error *err;
};

/* ---- one section through libcmark ---- */

/* The next "![" in [at, end), or NULL. */
static const char *find_image(const char *at, const char *end)
{
	for (; (at = memchr(at, '!', (size_t)(end - at))) != NULL; at++) {
		if (end - at > 1 && at[1] == '[')
			return at;
	}
	return NULL;
}

/*
 * "![" opens an image; libcmark 0.30 takes quadratic time over many ("![[]()" repeated, known as
 * CVE-2023-22486). No block depends on it, so '!' is handed over as one of the 32 noncharacters that
 * Unicode keeps for a program's own use, one that the text does not hold, and put back afterwards.
 */
static int choose_mask(struct extraction *x)
{
	size_t len = (size_t)(x->end - x->text);

	if (!find_image(x->text, x->end))
		return 0;
	for (int c = 0x90; c <= 0xAF; c++) { /* U+FDD0 to U+FDEF */
		snprintf(x->mask, sizeof(x->mask), "\xEF\xB7%c", c);
		if (!memmem(x->text, len, x->mask, 3))
			return 0;
	}
	return error_set(x->err, ERROR_INPUT,
			 "the text holds all 32 noncharacters U+FDD0 to U+FDEF, none is left");
}

/* "<![CDATA[" opens an HTML block, and in an info string "\\!" is an escape: '!' stays there. */
static bool must_stay(const char *start, const char *bang)
{
	const char *at = bang;

	while (at > start && at[-1] == '\\')
		at--;
	return (bang - at) % 2 == 1 || (bang > start && bang[-1] == '<');
}

static void feed(const struct extraction *x, cmark_parser *parser, const char *at, const char *end)
{
	const char *start = at;

	if (!x->mask[0]) {
		cmark_parser_feed(parser, start, (size_t)(end - start));
		return;
	}

	while ((at = find_image(at, end)) != NULL) {
		if (must_stay(start, at)) {
			at++;
			continue;
		}
		cmark_parser_feed(parser, start, (size_t)(at - start));
		cmark_parser_feed(parser, x->mask, 3);
		start = ++at;
	}
	cmark_parser_feed(parser, start, (size_t)(end - start));
}

/*
 * The tree of [at, end). When probe is set, a paragraph is appended to see whether the section is
 * whole: where a fence or an HTML block is still open it swallows the paragraph, and the result is
 * NULL.
 */
static cmark_node *parse(const struct extraction *x, const char *at, const char *end, size_t lines,
			 bool probe)
{
	cmark_parser *parser = cmark_parser_new_with_mem(CMARK_OPT_DEFAULT, &allocator);

	feed(x, parser, at, end);
	if (probe)
		cmark_parser_feed(parser, "x\n", 2);
	cmark_node *root = cmark_parser_finish(parser);
	cmark_parser_free(parser);
	if (!probe)
		return root;
	cmark_node *last = cmark_node_last_child(root);
	if (cmark_node_get_type(last) == CMARK_NODE_PARAGRAPH &&
	    (size_t)cmark_node_get_start_line(last) == lines + 1)
		return root;
	return NULL;
}

/* ---- one code block ---- */

/* The section's line number n (from 1); false when it was passed already or does not exist. */
static bool source_line(struct extraction *x, size_t n, const char **line, size_t *len)
{
	bool found = false;

	while (x->walked < n) {
		found = line_walk_next(&x->walk, line, len);
		if (!found)
			break;
		x->walked++;
	}
	return found;
}

/* Whether literal's first line is len bytes of source, as libcmark and feed rewrite them. */
static bool first_line_is(const struct extraction *x, const char *literal, const char *source,
			  size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *rewritten = source[i] == '\0' ? "\xEF\xBF\xBD" : x->mask;
		if (*literal == source[i] && source[i]) {
			literal++;
			continue;
		}
		if ((source[i] && source[i] != '!') || !rewritten[0] ||
		    strncmp(literal, rewritten, 3) != 0)
			return false;
		literal += 3;
	}
	return *literal == '\n' || *literal == '\r';
}

/*
 * An indented block's text begins with the source from its column on, a fence's a line later. The
 * one fence taken for indented code has an odd info string that reads as empty ("``` &Tab;") and is
 * repeated by its first line of code.
 */
static bool is_fenced(const struct extraction *x, cmark_node *node, const char *opener, size_t len)
{
	if (len < 3 || (opener[0] != '`' && opener[0] != '~') || source_run(opener, len) < 3)
		return false;
	return cmark_node_get_fence_info(node)[0] ||
	       !first_line_is(x, cmark_node_get_literal(node), opener, len);
}

/* A copy with the mask undone and, as commonmark.js has it, a single LF for every line end. */
static const char *copy_literal(const struct extraction *x, const char *literal, size_t n,
				size_t *len)
{
	char *copy = arena_copy(x->arena, literal, n);
	size_t out = 0;

	*len = n;
	if (!memchr(copy, '\r', n) && !(x->mask[0] && memmem(copy, n, x->mask, 3)))
		return copy;
	for (size_t i = 0; i < n; i++) {
		if (copy[i] == '\r') {
			if (copy[i + 1] != '\n')
				copy[out++] = '\n';
		} else if (copy[i] == x->mask[0] && copy[i] && memcmp(copy + i, x->mask, 3) == 0) {
			copy[out++] = '!';
			i += 2;
		} else {
			copy[out++] = copy[i];
		}
	}
	copy[out] = '\0';
	*len = out;
	return copy;
}

static void set_above(struct extraction *x, struct fence *fence, const char *opener)
{
	fence->above = x->above;
	fence->above_len = (size_t)(opener - x->above);
	if (fence->above_len > ABOVE_MAX) {
		fence->above += fence->above_len - ABOVE_MAX;
		fence->above_len = ABOVE_MAX;
	}
}

/* Models wrap whole answers in ```markdown although they hold fences of the same length. */
static bool take_nested(struct extraction *x, struct fence *fence, char c, size_t run)
{
	struct nested nested;

	if (fence->in_container || !markdown_is_tag(fence->info) ||
	    !markdown_nested(x->walk.at, x->end, c, run, x->fences.count == 1, &nested))
		return false;
	size_t again = (size_t)(x->walk.end - x->walk.at);
	if (again > x->reread)
		return false;
	x->reread -= again;
	fence->code = copy_literal(x, x->walk.at, (size_t)(nested.code_end - x->walk.at),
				   &fence->code_len);
	fence->closed = nested.closed;
	x->above = x->resume = nested.end;
	x->resume_line = fence->line + nested.lines;
	return true;
}

/*
 * The line behind the text closes the block, or it is the one that ended the list or quote around
 * it; in the second case it can only look like a fence if the next block starts there.
 */
static void look_for_closer(struct extraction *x, struct fence *fence, size_t behind, char c,
			    size_t run, const cmark_node *next)
{
	struct line_walk walk = x->walk;
	size_t walked = x->walked, len = 0;
	const char *line = NULL;

	if (!source_line(x, behind, &line, &len)) {
		x->above = x->walk.end;
		return;
	}
	size_t next_line = next ? (size_t)cmark_node_get_start_line((cmark_node *)next) : 0;
	fence->closed = next_line != behind && source_is_closer(line, len, c, run);
	x->above = fence->closed ? x->walk.at : line;
	if (!fence->closed) {
		x->walk = walk;
		x->walked = walked;
	}
}

static int add_block(struct extraction *x, size_t i)
{
	cmark_node *node = x->nodes[i];
	size_t start = (size_t)cmark_node_get_start_line(node);
	size_t column = (size_t)cmark_node_get_start_column(node), len = 0, info_len;
	const char *opener = NULL;

	if (!source_line(x, start, &opener, &len) || column == 0 || column > len)
		return 0;
	opener += column - 1;
	len -= column - 1;
	if (!is_fenced(x, node, opener, len))
		return 0;
	if (x->fences.count == FENCES_MAX)
		return error_set(x->err, ERROR_TOO_LARGE, "the text holds more than %d code blocks",
				 FENCES_MAX);
	struct fence *fence = arena_grow(x->arena, &x->fences.items, x->fences.count++,
					 sizeof(*fence));
	size_t run = source_run(opener, len);
	const char *info = cmark_node_get_fence_info(node);
	const char *literal = cmark_node_get_literal(node);
	fence->line = x->line + start;
	fence->in_container = cmark_node_get_type(cmark_node_parent(node)) != CMARK_NODE_DOCUMENT;
	fence->info = copy_literal(x, info, strlen(info), &info_len);
	set_above(x, fence, opener);
	if (take_nested(x, fence, opener[0], run))
		return 0;
	fence->code = copy_literal(x, literal, strlen(literal), &fence->code_len);
	look_for_closer(x, fence, start + source_count_lines(fence->code, fence->code_len) + 1,
			opener[0], run, i + 1 < x->node_count ? x->nodes[i + 1] : NULL);
	return 0;
}

/* ---- all sections ---- */

static bool is_container(const cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type((cmark_node *)node);

	return type == CMARK_NODE_DOCUMENT || type == CMARK_NODE_BLOCK_QUOTE ||
	       type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM;
}

/* Document order, without recursion: a stranger chooses the depth. */
static void collect_code(struct extraction *x, cmark_node *root)
{
	cmark_node *node = root, *next;

	x->node_count = 0;
	while (node) {
		if (cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK) {
			cmark_node **slot = arena_grow(x->arena, &x->nodes, x->node_count++,
						       sizeof(cmark_node *));
			*slot = node;
		}
		next = is_container(node) ? cmark_node_first_child(node) : NULL;
		while (!next && node && node != root) {
			next = cmark_node_next(node);
			if (!next)
				node = cmark_node_parent(node);
		}
		node = next;
	}
}

static int add_section(struct extraction *x, const char *at, const char *cut, cmark_node *root)
{
	collect_code(x, root);
	line_walk_init(&x->walk, at, cut);
	x->walked = 0;
	x->resume = NULL;
	for (size_t i = 0; i < x->node_count && !x->resume; i++) {
		if (add_block(x, i) != 0)
			return -1;
	}
	return 0;
}

static int read_sections(struct extraction *x)
{
	const char *at = x->text;
	size_t least = section_least;
	struct section_scan scan;

	section_scan_init(&scan, at, x->end);
	while (at < x->end) {
		size_t left = (size_t)(x->end - at);
		const char *cut = section_scan_next(&scan, at + (left < least ? left : least));
		if (scan.cost > NESTING_COST_MAX + 2 * (uint64_t)(x->end - x->text))
			return error_set(x->err, ERROR_TOO_LARGE,
					 "lists are nested too deep to be read in time");
		cmark_node *root = parse(x, at, cut, scan.lines - x->line, cut < x->end);
		if (!root) {
			least = 2 * (size_t)(cut - at);
			markdown_memory_reset();
			continue;
		}
		if (add_section(x, at, cut, root) != 0)
			return -1;
		markdown_memory_reset();
		at = cut;
		x->line = scan.lines;
		least = section_least;
		if (x->resume) {
			at = x->resume;
			x->line = x->resume_line;
			section_scan_init(&scan, at, x->end);
			scan.lines = x->line;
		}
	}
	return 0;
}

static int read_fences(struct extraction *x)
{
	jmp_buf too_large;

	x->above = x->text;
	x->reread = REREAD_MAX + (size_t)(x->end - x->text);
	markdown_memory_begin(TREE_MAX, &too_large);
	if (setjmp(too_large)) {
		markdown_memory_end();
		return error_set(
			x->err, ERROR_TOO_LARGE,
			"the text has too many lines and marks: reading it takes over %d MiB",
			TREE_MAX / 1024 / 1024);
	}
	int rc = read_sections(x);
	markdown_memory_end();
	return rc;
}

int fences_read(const char *text, size_t len, size_t line, struct arena *arena, struct fences *out,
		struct error *err)
{
	struct extraction x = {.arena = arena, .text = text, .end = text + len, .err = err};

	x.line = line;
	*out = (struct fences){0};
	if (choose_mask(&x) != 0 || read_fences(&x) != 0)
		return -1;
	*out = x.fences;
	return 0;
}
