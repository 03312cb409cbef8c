/* Any text is source code to the scanners of imports. */
#include <stddef.h>
#include <stdint.h>

#include "runners/imports.h"
#include "runners/node_frameworks.h"
#include "runners/python_deps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct words words;

	arena_init(&arena);
	words_init(&words, &arena);
	const char *text = arena_copy(&arena, (const char *)data, size);
	imports_python(text, &words);
	imports_javascript(text, &words);
	imports_go(text, &words);
	pyproject_dependencies(text, &words);
	node_framework_of_script(&arena, text);
	for (size_t i = 0; i < words.count; i++) {
		package_python(&arena, words.items[i]);
		package_javascript(&arena, words.items[i]);
	}
	arena_done(&arena);
	return 0;
}
