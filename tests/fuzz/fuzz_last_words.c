/* Any text may be what a program said last. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "parsers/last_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct test test = {.name = "program"};
	struct arena arena;

	arena_init(&arena);
	int rc = last_words_read(&arena, &test, (const char *)data, size);
	if (rc != 0 && (test.message || test.stack || test.file || test.line))
		abort();
	arena_done(&arena);
	return 0;
}
