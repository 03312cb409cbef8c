/*
 * Any bytes as a block of code: the first byte chooses the language, the rest is checked. What the
 * scanner finds is what trying every rule everywhere finds, every place lies in the text, every
 * excerpt is safe to print. Seeds: tests/data/check.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/utf8.h"
#include "tests/validators_support.h"
#include "validators/check.h"

static bool is_line_end(const char *code, size_t at)
{
	return code[at] == '\n' || (code[at] == '\r' && code[at + 1] != '\n');
}

static void check_place(const struct finding *finding, const struct block *block)
{
	size_t at = 0;

	if (strcmp(finding->rule, "check-limit") == 0)
		return;
	for (size_t line = 1; line < finding->line; line++) {
		while (at < block->code_len && !is_line_end(block->code, at))
			at++;
		at++;
	}
	if (at + finding->column - 1 >= block->code_len)
		abort();
	for (size_t i = 0; i + 1 < finding->column; i++)
		if (is_line_end(block->code, at + i))
			abort();
	size_t len = strlen(finding->excerpt);
	if (len > 160 || utf8_valid_prefix(finding->excerpt, len) != len)
		abort();
	for (size_t i = 0; i < len; i++)
		if (check_hidden(finding->excerpt + i, len - i))
			abort();
}

static bool gave_up(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->items[i].rule, "check-limit") == 0)
			return true;
	return false;
}

static bool holds(const struct findings *findings, const struct finding *wanted)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *it = &findings->items[i];
		if (it->line == wanted->line && it->column == wanted->column &&
		    strcmp(it->rule, wanted->rule) == 0)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ruleset *rules;
	struct findings with, without;
	struct arena arena;

	if (!rules && ruleset_load(&rules, NULL, NULL) != 0)
		abort();
	if (size < 1)
		return 0;
	arena_init(&arena);
	size_t choice = data[0] % (REGISTRY_COUNT(runners) + 1);
	const char *name = choice < REGISTRY_COUNT(runners)
				   ? __start_registry_runners[choice]->language.name
				   : NULL;
	const char *code = arena_copy(&arena, (const char *)data + 1, size - 1);
	struct block block = support_block(name, code, size - 1);
	support_check_rules(rules, &block, false, &arena, &with);
	support_check_rules(rules, &block, true, &arena, &without);
	for (size_t i = 0; i < with.count; i++)
		check_place(&with.items[i], &block);
	if (!gave_up(&with) && !gave_up(&without)) {
		if (with.count != without.count)
			abort();
		for (size_t i = 0; i < with.count; i++)
			if (!holds(&without, &with.items[i]))
				abort();
	}
	arena_done(&arena);
	return 0;
}
