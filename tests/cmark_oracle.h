/* The fenced blocks that cmark's XML shows, to hold the extractor against. */
#ifndef TESTS_CMARK_ORACLE_H
#define TESTS_CMARK_ORACLE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/model.h"
#include "parsers/fence.h"
#include "parsers/markdown.h"

/* Decodes XML's escapes and makes every line end a LF. */
static char *oracle_text(struct arena *arena, const char *at, const char *end)
{
	static const char *const escapes[][2] = {
		{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}};
	char *out = arena_alloc(arena, (size_t)(end - at) + 1), *to = out;

	while (at < end) {
		size_t i = 0;
		while (i < 4 && strncmp(at, escapes[i][0], strlen(escapes[i][0])) != 0)
			i++;
		if (i < 4) {
			*to++ = escapes[i][1][0];
			at += strlen(escapes[i][0]);
		} else if (*at == '\r') {
			at += at[1] == '\n' ? 2 : 1;
			*to++ = '\n';
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
	return out;
}

/* XML has neither control characters nor U+FFFE and U+FFFF: cmark writes U+FFFD for them. */
static bool oracle_same_text(const char *xml, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		if (*xml == *text && *xml) {
			bool last = (unsigned char)xml[0] == 0xBF && (unsigned char)xml[1] == 0xBD;
			xml++;
			text++;
			if (last && text < end && (*text == '\xBE' || *text == '\xBF')) {
				xml++;
				text++;
			}
			continue;
		}
		if ((unsigned char)*text >= ' ' || strncmp(xml, "\xEF\xBF\xBD", 3) != 0)
			return false;
		xml += 3;
		text++;
	}
	return !*xml;
}

/* The source from a line and column on, both from 1. */
static const char *oracle_source(const char *text, const char *end, size_t line, size_t column)
{
	while (--line && text < end) {
		while (text < end && *text != '\n' && *text != '\r')
			text++;
		text += end - text > 1 && text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
	return text < end && column <= (size_t)(end - text) ? text + column - 1 : end;
}

/* cmark shows fenced and indented blocks alike; the text of an indented one begins where it stands. */
static bool oracle_is_indented(const struct block *block, const char *source, const char *end)
{
	size_t n = strcspn(block->code, "\n");

	if (block->info[0])
		return false;
	if (end - source < 3 || (strncmp(source, "```", 3) != 0 && strncmp(source, "~~~", 3) != 0))
		return true;
	size_t line = 0;
	while (source + line < end && source[line] != '\n' && source[line] != '\r')
		line++;
	char *first = strndup(block->code, n);
	bool same = oracle_same_text(first, source, line);
	free(first);
	return same;
}

/* The fenced blocks in what `cmark -t xml --sourcepos` makes of text. */
static struct blocks oracle_blocks(struct arena *arena, const char *xml, const char *text,
				   size_t len)
{
	struct blocks blocks = {0};

	while ((xml = strstr(xml, "<code_block ")) != NULL) {
		const char *end = strstr(xml, "</code_block>"), *code = strchr(xml, '>') + 1;
		const char *info = strstr(xml, " info=\"");
		struct block *block = arena_grow(arena, &blocks.items, blocks.count,
						 sizeof(*block));
		char *at;
		*block = (struct block){.index = blocks.count, .info = ""};
		block->line = strtoul(strchr(xml, '"') + 1, &at, 10);
		size_t column = strtoul(at + 1, NULL, 10);
		if (info && info < code) {
			info += strlen(" info=\"");
			block->info = oracle_text(arena, info, strchr(info, '"'));
		}
		block->code = oracle_text(arena, code, end);
		block->code_len = strlen(block->code);
		if (!oracle_is_indented(block, oracle_source(text, text + len, block->line, column),
					text + len))
			blocks.count++;
		xml = end;
	}
	return blocks;
}

/* What a ```markdown fence holds is read beyond CommonMark, on purpose. */
static bool oracle_has_markdown(const struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		const char *info = blocks->items[i].info;
		if (strncasecmp(info, "md", 2) == 0 || strncasecmp(info, "markdown", 8) == 0)
			return true;
	}
	return false;
}

/* The blocks as they are before anything beyond CommonMark is looked for. */
static int oracle_extract(const char *text, size_t len, struct arena *arena, struct blocks *out,
			  struct error *err)
{
	struct fences fences;
	size_t bom = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	if (fences_read(text + bom, len - bom, 0, arena, &fences, err) != 0)
		return -1;
	out->count = fences.count;
	out->items = arena_array(arena, fences.count, sizeof(*out->items));
	for (size_t i = 0; i < fences.count; i++) {
		const struct fence *fence = &fences.items[i];
		out->items[i] = (struct block){.line = fence->line,
					       .info = fence->info,
					       .code = fence->code,
					       .code_len = fence->code_len};
	}
	return 0;
}

/* Whether both hold the same blocks; says on stderr where they differ. */
static bool oracle_agrees(const struct blocks *expected, const struct blocks *got)
{
	for (size_t i = 0; i < expected->count && i < got->count; i++) {
		const struct block *a = &expected->items[i], *b = &got->items[i];
		if (a->line == b->line && oracle_same_text(a->info, b->info, strlen(b->info)) &&
		    oracle_same_text(a->code, b->code, b->code_len))
			continue;
		fprintf(stderr,
			"block %zu: line %zu or %zu, info [%s] or [%s], code [%s] or [%s]\n", i,
			a->line, b->line, a->info, b->info, a->code, b->code);
		return false;
	}
	if (expected->count == got->count)
		return true;
	fprintf(stderr, "%zu blocks or %zu\n", expected->count, got->count);
	return false;
}

#endif
