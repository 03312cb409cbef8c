/* The digest's failed commands: how each ended, and the lines of its output that say why. */
#include <inttypes.h>
#include <string.h>

#include "engine/pipeline/feedback_parts.h"
#include "parsers/parser.h"

enum { LINES_SHOWN = 12 };

/* ---- choosing lines ---- */

/* What a client says about itself, or about where else to look, explains nothing. */
static bool is_noise(struct line line)
{
	static const char *const noise[] = {
		"complete log of this run",
		"npm notice",
		"[notice]",
		"npm warn",
		"npm WARN",
		"new release of pip",
		"WARNING: Retrying",
		"-debug-0.log",
		"node_modules/.bin",
	};
	line = line_trim(line);
	if (line.len == 0)
		return true;
	struct line bare = line;
	if (line_skip(&bare, "npm ERR!") || line_skip(&bare, "npm error")) {
		bare = line_trim(bare);
		if (strspn(bare.text, "0123456789") >= bare.len)
			return true; /* "npm error 404" and nothing more */
	}
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (line_find(line, noise[i]))
			return true;
	return false;
}

/* "path.c:3:7: ..." and the words that clients and compilers put before a cause. */
static bool is_cause(struct line line)
{
	static const char *const words[] = {
		"npm ERR!",
		"npm error",
		"ERROR:",
		"Error:",
		"error:",
		"error[",
		"error TS",
		"fatal:",
		"fatal error",
		"panic:",
		"undefined:",
		"Cannot ",
		"cannot ",
		"could not ",
		"Could not ",
		"SyntaxError",
		"not found",
		"No module named",
		"undefined reference",
		"Exception in",
		"go: ",
		"no required module",
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (line_find(line, words[i]))
			return true;
	const char *colon = memchr(line.text, ':', line.len);
	size_t left = colon ? line.len - (size_t)(colon - line.text) : 0;
	return left > 3 && colon > line.text && line.text[0] != ' ' &&
	       strspn(colon + 1, "0123456789") > 0 &&
	       colon[1 + strspn(colon + 1, "0123456789")] == ':';
}

struct choice {
	struct line causes[LINES_SHOWN]; /* the first ones */
	size_t cause_count;
	struct line last[LINES_SHOWN]; /* a ring of the last lines that are no noise */
	size_t line_count;
};

static void choose(const char *text, struct choice *choice)
{
	struct lines lines = {text, text + strlen(text)};
	struct line line;
	while (lines_next(&lines, &line)) {
		if (is_noise(line))
			continue;
		choice->last[choice->line_count++ % LINES_SHOWN] = line;
		if (is_cause(line)) {
			if (choice->cause_count < LINES_SHOWN)
				choice->causes[choice->cause_count] = line;
			choice->cause_count++;
		}
	}
}

static void put_line(struct feedback *f, struct line line, struct buf *out)
{
	buf_puts(out, "  ");
	feedback_line(out, arena_copy(f->arena, line.text, line.len), FEEDBACK_LINE);
	buf_putc(out, '\n');
}

static void put_causes(struct feedback *f, const struct choice *choice, size_t max, struct buf *out)
{
	size_t shown = choice->cause_count < max ? choice->cause_count : max;
	for (size_t i = 0; i < shown; i++)
		put_line(f, choice->causes[i], out);
	if (choice->cause_count > shown)
		buf_printf(out, "  ... and %zu more such lines\n", choice->cause_count - shown);
}

static void put_last(struct feedback *f, const struct choice *choice, size_t max, struct buf *out)
{
	size_t shown = choice->line_count < max ? choice->line_count : max;
	for (size_t i = choice->line_count - shown; i < choice->line_count; i++)
		put_line(f, choice->last[i % LINES_SHOWN], out);
	if (shown == 0)
		buf_puts(out, "  (it printed nothing)\n");
}

/*
 * Clients and compilers name causes in lines that can be told; a program's last words are simply
 * last. Standard error first: standard output is where progress goes.
 */
static void put_lines(struct feedback *f, const struct output *output,
		      const struct choice choices[2], size_t max, struct buf *out)
{
	bool by_cause = output->ended_by == ENDED_EXIT && output->command->kind != COMMAND_RUN;
	for (size_t i = 0; by_cause && i < 2; i++) {
		if (choices[i].cause_count > 0) {
			put_causes(f, &choices[i], max, out);
			return;
		}
	}
	put_last(f, &choices[choices[0].line_count > 0 ? 0 : 1], max, out);
}

/* ---- one command ---- */

static void put_title(const struct output *output, struct buf *out)
{
	const struct command *command = output->command;
	feedback_line(out, command->shown ? command->shown : command->argv[0], FEEDBACK_LINE);
	switch (output->ended_by) {
	case ENDED_EXIT: buf_printf(out, " exited with %d:\n", output->exit_code); break;
	case ENDED_SIGNAL:
		buf_printf(out, " was ended by signal %d (%s); its last output:\n", output->signal,
			   strsignal(output->signal));
		break;
	case ENDED_TIMEOUT:
		buf_printf(out, " ran into its time limit after %.1f s; its last output:\n",
			   output->wall_ms / 1000);
		break;
	case ENDED_MEMORY: buf_puts(out, " ran out of memory; its last output:\n"); break;
	case ENDED_OUTPUT:
		buf_printf(out, " printed %" PRIu64 " bytes, more than it may; its last output:\n",
			   output->out.bytes + output->err.bytes);
		break;
	case ENDED_DISK:
		buf_printf(out, " was ended, for %s; its last output:\n", output->exceeded);
		break;
	case ENDED_CANCEL: buf_puts(out, " was cancelled; its last output:\n"); break;
	}
}

/* A runner that ended by itself and named the failed tests has said it better there. */
static bool tests_tell(const struct execution *execution, const struct output *output)
{
	struct summary sum = results_summary(&execution->results);
	return output->command->kind == COMMAND_TEST && output->ended_by == ENDED_EXIT &&
	       sum.failed + sum.errors > 0;
}

/* As many lines as there is room for. */
static void add_output(struct feedback *f, const struct output *output)
{
	struct choice choices[2] = {{.cause_count = 0}};
	const struct stream *streams[2] = {&output->err, &output->out};
	for (size_t i = 0; i < 2; i++)
		choose(feedback_clean(f->arena, streams[i]->len ? streams[i]->text : "",
				      streams[i]->len),
		       &choices[i]);
	bool added = false;
	for (size_t max = LINES_SHOWN; max > 0 && !added; max /= 2) {
		struct buf entry;
		buf_init(&entry, 0);
		put_title(output, &entry);
		put_lines(f, output, choices, max, &entry);
		added = feedback_add(f, entry.data);
		buf_done(&entry);
	}
}

/* A re-run says once more what its command said first. */
static bool is_rerun(const struct execution *execution, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (execution->outputs[i].command == execution->outputs[index].command)
			return true;
	}
	return false;
}

void feedback_outputs(struct feedback *f)
{
	const struct execution *execution = f->execution;
	for (size_t i = 0; i < execution->output_count; i++) {
		const struct output *output = &execution->outputs[i];
		bool silent_tests = output->command->kind == COMMAND_TEST &&
				    execution->results.count == 0;
		bool good = output->ended_by == ENDED_EXIT && output->exit_code == 0;
		if ((!good || silent_tests) && !tests_tell(execution, output) &&
		    !is_rerun(execution, i))
			add_output(f, output);
	}
}
