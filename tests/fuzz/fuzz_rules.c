/*
 * Any bytes as a rules file of the user's: it loads or it is refused with a sentence that names the
 * file, and a set that loaded can check a text. Seeds: tests/data/rules.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "tests/validators_support.h"
#include "validators/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct ruleset *rules = memory_zeroed(sizeof(*rules));
	char *text = memory_zeroed(size + 1);

	if (size)
		memcpy(text, data, size);
	arena_init(&rules->arena);
	rules->try_examples = true;
	if (ruleset_add(rules, "fuzz.json", text, size, &err) != 0) {
		if (strncmp(err.text, "fuzz.json:", 10) != 0)
			abort();
	} else {
		static const char code[] = "print('abc') # xyz\nabcabc /* */ \"abc\"\n";
		struct block block = support_block("python", code, sizeof(code) - 1);
		struct blocks blocks = {.items = &block, .count = 1};
		struct check_limits limits = {0};
		struct findings findings;
		struct arena arena;
		ruleset_make_groups(rules);
		arena_init(&arena);
		validators_check(rules, &limits, 0, &blocks, &arena, &findings, NULL);
		arena_done(&arena);
	}
	ruleset_free(rules);
	free(text);
	return 0;
}
