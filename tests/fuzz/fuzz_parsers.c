/*
 * Every result parser on arbitrary bytes: the one that takes the text for its own, so that golden
 * cases serve as seeds, and the one that the last byte picks. Whatever comes out must be writable,
 * and must not pass when the runner failed.
 */
#include <stdint.h>
#include <stdlib.h>

#include "engine/report/results_json.h"
#include "parsers/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const struct parser *parser, const struct parse_input *input)
{
	struct results results = {0};
	struct json_writer w;
	struct arena arena;
	struct summary sum;
	struct buf out;

	arena_init(&arena);
	buf_init(&out, 0);
	if (parser->parse(input, &arena, &results, NULL) == 0) {
		json_writer_init(&w, &out, true);
		results_write_json(&w, NULL, &results);
		sum = results_summary(&results);
		if (input->exit_code > 0 && results.complete && results.count > 0 &&
		    sum.failed + sum.errors == 0 && !results.build_failed)
			abort();
	}
	buf_done(&out);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_input input = {
		.data = (const char *)data,
		.len = size,
		.exit_code = (int)(size % 3) - 1,
	};
	const struct parser *detected;

	if (size == 0)
		return 0;
	detected = parser_detect(input.data, input.len);
	if (detected)
		parse(detected, &input);
	parse(__start_registry_parsers[data[size - 1] % REGISTRY_COUNT(parsers)], &input);
	return 0;
}
