/* `go test -json`. */
#include "parsers/go_events.h"

#include <string.h>

static int go_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		    struct error *err)
{
	struct results_builder b;
	struct go_events events;

	results_begin(&b, arena, out, "go", SOURCE_NATIVE);
	go_events_read(&events, arena, input->data, input->len);
	go_results_add(&b, &events);
	if (events.seen == 0)
		return error_set(err, ERROR_INPUT, "no events of go test -json in the text");
	results_cross_check(&b, input->exit_code);
	return 0;
}

static int go_sniff(const char *data, size_t len)
{
	size_t head = len < 65536 ? len : 65536;

	if (!memmem(data, head, "\"Action\":\"", 10))
		return 0;
	return memmem(data, head, "\"Package\":\"", 11) ||
			       memmem(data, head, "\"ImportPath\":\"", 14)
		       ? 95
		       : 0;
}

static const struct parser go_json = {
	.name = "go-json",
	.title = "go test -json",
	.source = SOURCE_NATIVE,
	.sniff = go_sniff,
	.parse = go_parse,
};
REGISTER(parsers, struct parser, go_json);
