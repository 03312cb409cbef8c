/* assay report: test output in, any report format out; needs no sandbox. */
#include <string.h>

#include "engine/base/clock.h"
#include "engine/commands/commands.h"
#include "engine/commands/streams.h"
#include "engine/report/cause.h"
#include "parsers/parser.h"

struct settings {
	const char *from, *to, *output, *colour;
	int exit_code;
};

static const struct settings defaults = {.from = "auto", .to = "text", .exit_code = -1};

static const char *parser_choice(size_t index)
{
	if (index == 0)
		return "auto";
	return index - 1 < REGISTRY_COUNT(parsers) ? __start_registry_parsers[index - 1]->name
						   : NULL;
}

static int parse(const struct settings *settings, const struct buf *text, struct arena *arena,
		 struct results *results, struct error *err)
{
	bool any = strcmp(settings->from, "auto") == 0;
	const struct parser *parser = any ? parser_detect(text->data, text->len)
					  : parser_find(settings->from);
	const struct parse_input input = {text->data, text->len, settings->exit_code};

	if (!text->len)
		return error_set(err, ERROR_INPUT, "there is nothing to read: the input is empty");
	if (!parser)
		return error_set(
			err, ERROR_INPUT,
			"this is no test output that is known here; "
			"\"assay report --help\" lists what is, --from NAME says which it is");
	return parser->parse(&input, arena, results, err);
}

static int report(const struct settings *settings, const char *file, struct arena *arena,
		  struct buf *text, struct error *err)
{
	struct results results = {0};
	char at[CLOCK_TEXT];
	struct buf out;

	if (streams_read(file, "test output", 256 << 20, text, err) != 0 ||
	    parse(settings, text, arena, &results, err) != 0)
		return EXIT_CANNOT;
	clock_text(at);
	const struct report_input input = {
		.results = &results,
		.at = at,
		.colour = !settings->output && streams_colour(settings->colour, 1),
	};
	buf_init(&out, 0);
	report_format_find(settings->to)->write(&input, &out);
	int rc = out.truncated ? error_set(err, ERROR_TOO_LARGE, "the report is over 1 GiB")
			       : streams_write(settings->output, out.data, out.len, err);
	buf_done(&out);
	if (rc != 0)
		return EXIT_CANNOT;
	return cause_results_green(&results) ? EXIT_OK : EXIT_RED;
}

static int run(const void *given, const char *file)
{
	struct arena arena;
	struct buf text = {0};
	struct error err = {0};

	arena_init(&arena);
	int status = report(given, file, &arena, &text, &err);
	buf_done(&text);
	arena_done(&arena);
	if (!error_is_set(&err))
		return status;
	streams_complain("report", err.text);
	return err.code == ERROR_USAGE ? EXIT_USAGE : EXIT_CANNOT;
}

static const struct option_spec options[] = {
	{"from", 0, OPTION_CHOICE, offsetof(struct settings, from), "NAME", "what the input is",
	 parser_choice},
	{"to", 0, OPTION_CHOICE, offsetof(struct settings, to), "FORMAT",
	 "what to write, text unless told", report_format_name},
	{"exit-code", 0, OPTION_STATUS, offsetof(struct settings, exit_code), "N",
	 "exit status of the runner: a failure that its output does not show is then found", NULL},
	{"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE",
	 "write there instead of to standard output", NULL},
	{"colour", 0, OPTION_CHOICE, offsetof(struct settings, colour), "WHEN", "colours in text",
	 streams_colour_choice},
	{.name = NULL},
};

const struct subcommand cmd_report = {
	.name = "report",
	.summary = "Turns the output of a test runner into a report of any format",
	.operand = "FILE",
	.details = "Reads standard input when no FILE (or \"-\") is given:\n\n"
		   "    go test -json ./... | assay report --to junit\n\n"
		   "Exit status: 0 all tests passed and the output is whole, 1 tests failed, there "
		   "are none, or\nthe output is cut short, 2 usage, 4 cannot read it or nothing "
		   "known in it.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.run = run,
};
