/* assay extract: the fenced blocks of a reply, as JSON. */
#include "engine/base/json.h"
#include "engine/commands/commands.h"
#include "engine/commands/streams.h"
#include "engine/report/blocks_json.h"
#include "parsers/markdown.h"
#include "runners/language.h"

struct settings {
	const char *output;
};

static int extract(const struct settings *settings, const char *file, struct arena *arena,
		   struct buf *text, struct error *err)
{
	struct blocks blocks = {0};
	struct json_writer w;
	struct buf out;

	if (streams_read(file, "a reply", 64 << 20, text, err) != 0 ||
	    markdown_extract(text->data, text->len, language_all(arena), arena, &blocks, err) != 0)
		return -1;
	buf_init(&out, 0);
	json_writer_init(&w, &out, false);
	blocks_write_json(&w, NULL, &blocks);
	buf_putc(&out, '\n');
	int rc = streams_write(settings->output, out.data, out.len, err);
	buf_done(&out);
	return rc;
}

static int run(const void *given, const char *file)
{
	struct arena arena;
	struct buf text = {0};
	struct error err = {0};

	arena_init(&arena);
	int rc = extract(given, file, &arena, &text, &err);
	buf_done(&text);
	arena_done(&arena);
	if (rc == 0)
		return EXIT_OK;
	streams_complain("extract", err.text);
	return err.code == ERROR_USAGE       ? EXIT_USAGE
	       : err.code == ERROR_TOO_LARGE ? EXIT_REFUSED
					     : EXIT_CANNOT;
}

static const struct option_spec options[] = {
	{"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE",
	 "write there instead of to standard output", NULL},
	{.name = NULL},
};

const struct subcommand cmd_extract = {
	.name = "extract",
	.summary = "Shows the code blocks of a reply as JSON, with names and roles",
	.operand = "FILE",
	.details = "Reads standard input when no FILE (or \"-\") is given.\n\n"
		   "Exit status: 0 done, 2 usage, 3 over a limit (64 MiB, 10,000 blocks), "
		   "4 cannot read or write.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.run = run,
};
