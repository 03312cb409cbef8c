/*
 * Every result parser on arbitrary bytes: the first byte picks the parser, the second is the exit
 * status. Whatever comes out must be writable, and must not pass when the runner failed.
 */
#include <stdint.h>
#include <stdlib.h>

#include "engine/report/results_json.h"
#include "parsers/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct parser *pick(uint8_t n)
{
	return __start_registry_parsers[n % REGISTRY_COUNT(parsers)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_input input;
	struct results results = {0};
	struct json_writer w;
	struct arena arena;
	struct summary sum;
	struct buf out;

	if (size < 2)
		return 0;
	input.data = (const char *)data + 2;
	input.len = size - 2;
	input.exit_code = data[1] % 3 - 1;
	arena_init(&arena);
	buf_init(&out, 0);
	parser_detect(input.data, input.len);
	if (pick(data[0])->parse(&input, &arena, &results, NULL) == 0) {
		json_writer_init(&w, &out, true);
		results_write_json(&w, NULL, &results);
		sum = results_summary(&results);
		if (input.exit_code > 0 && results.complete && results.count > 0 &&
		    sum.failed + sum.errors == 0 && !results.build_failed)
			abort();
	}
	buf_done(&out);
	arena_done(&arena);
	return 0;
}
