/* Any text is a template: it loads, or says where it is wrong. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "runners/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct template template;
	struct arena arena;

	arena_init(&arena);
	struct resource resource = {
		.name = "fuzz", .data = arena_copy(&arena, (const char *)data, size), .len = size};
	if (template_parse(&arena, "fuzz", &resource, &template, &err) != 0 &&
	    err.code != ERROR_INPUT)
		abort();
	arena_done(&arena);
	return 0;
}
