/* How much may a reply hold? Bytes, blocks and files of the whole, bytes and lines of a block. */
#include <string.h>

#include "validators/check.h"

static void over(struct check *check, const struct block *block, const char *rule, const char *what,
		 size_t is, size_t limit)
{
	struct finding *finding = check_add(check, block, rule, SEVERITY_MEDIUM, ACTION_BLOCK);

	finding->cwe = "CWE-770";
	finding->message = arena_printf(check->arena, "%s: %zu, the limit is %zu", what, is, limit);
	finding->remedy = block ? "split the file, or leave out what is not needed"
				: "answer with less: only the files that are needed";
}

static size_t count_lines(const struct block *block)
{
	const char *at = block->code, *end = block->code + block->code_len;
	size_t lines = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : end;
		lines++;
	}
	return lines;
}

void check_limits(struct check *check)
{
	const struct check_limits *limits = check->limits;
	const struct blocks *blocks = check->blocks;
	size_t files = 0, count = 0;

	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		count += i == 0 || block->index != blocks->items[i - 1].index;
		if (!block->used)
			continue;
		files += block->path != NULL;
		if (limits->block_bytes && block->code_len > limits->block_bytes)
			over(check, block, "limit-block-bytes", "bytes in one block",
			     block->code_len, limits->block_bytes);
		if (!limits->block_lines)
			continue;
		size_t lines = count_lines(block);
		if (lines > limits->block_lines)
			over(check, block, "limit-block-lines", "lines in one block", lines,
			     limits->block_lines);
	}
	if (limits->reply_bytes && check->reply_bytes > limits->reply_bytes)
		over(check, NULL, "limit-reply-bytes", "bytes in the reply", check->reply_bytes,
		     limits->reply_bytes);
	if (limits->blocks && count > limits->blocks)
		over(check, NULL, "limit-blocks", "code blocks in the reply", count,
		     limits->blocks);
	if (limits->files && files > limits->files)
		over(check, NULL, "limit-files", "files in the reply", files, limits->files);
}
