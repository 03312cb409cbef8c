/* What became of it, for people: the change since last time, the workspace, times, what to do next. */
#include <string.h>

#include "engine/report/cause.h"
#include "engine/report/text.h"

enum { PATHS_SHOWN = 8, NAMES_SHOWN = 8 };

static const char MARGIN[] = "           ";

static void label(struct text *text, const char *word)
{
	text_printf(text, DIM, "%-*s", (int)sizeof(MARGIN) - 1, word);
}

static void write_line(struct text *text, enum paint paint, const char *word, const char *value)
{
	label(text, word);
	text_put(text, paint, value, MARGIN);
	buf_putc(text->out, '\n');
}

/* ---- delta ---- */

static void write_names(struct text *text, enum paint paint, const char *word, const char **names)
{
	size_t count = 0;

	if (!names || !names[0])
		return;
	label(text, word);
	while (names[count])
		count++;
	text_printf(text, paint, "%zu: ", count);
	for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
		if (i)
			buf_puts(text->out, ", ");
		text_put(text, PLAIN, names[i], MARGIN);
	}
	if (count > NAMES_SHOWN)
		text_printf(text, DIM, " and %zu more", count - NAMES_SHOWN);
	buf_putc(text->out, '\n');
}

void text_delta(struct text *text, const struct delta *delta)
{
	if (!delta->against)
		return;
	write_names(text, GREEN, "fixed", delta->fixed);
	write_names(text, RED, "newly red", delta->newly_failing);
	write_names(text, RED, "still red", delta->still_failing);
	write_names(text, YELLOW, "vanished", delta->vanished);
	write_names(text, YELLOW, "skipped", delta->newly_skipped);
}

/* ---- workspace ---- */

static void write_paths(struct text *text, const struct changes *changes)
{
	for (size_t i = 0; i < changes->count && i < PATHS_SHOWN; i++) {
		buf_puts(text->out, i ? ", " : ": ");
		text_put(text, PLAIN, changes->items[i].path, MARGIN);
	}
	if (changes->count > PATHS_SHOWN)
		text_printf(text, DIM, " and %zu more", changes->count - PATHS_SHOWN);
}

void text_workspace(struct text *text, const struct execution *execution)
{
	const struct changes *changes = &execution->changes;
	const char *plural = changes->count == 1 ? "" : "s";

	if (execution->quarantined) {
		label(text, "workspace");
		text_printf(text, RED, "rollback failed, the sandbox is quarantined: ");
		text_put(text, PLAIN, execution->quarantined, MARGIN);
		buf_putc(text->out, '\n');
		return;
	}
	if (execution->outcome == WORKSPACE_UNTOUCHED)
		return;
	if (!execution->workspace) {
		/* What was rolled back of nothing is of no interest to anybody. */
		if (execution->outcome == WORKSPACE_COMMITTED) {
			label(text, "workspace");
			text_printf(text, DIM,
				    "none was named, nothing is kept (--workspace DIR)\n");
		}
		return;
	}
	label(text, "workspace");
	switch (execution->outcome) {
	case WORKSPACE_COMMITTED:
		text_printf(text, PLAIN, "committed, %zu file%s changed", changes->count, plural);
		break;
	case WORKSPACE_KEPT:
		text_printf(text, YELLOW, "kept although it failed, %zu file%s changed",
			    changes->count, plural);
		break;
	default:
		text_printf(text, PLAIN, "rolled back, %zu file%s reverted", changes->count,
			    plural);
	}
	write_paths(text, changes);
	if (execution->outcome == WORKSPACE_ROLLED_BACK)
		text_printf(text, changes->verified ? DIM : RED, "%s",
			    changes->verified ? " (verified)" : " (NOT verified)");
	if (changes->killed)
		text_printf(text, YELLOW, ", %zu processes killed", changes->killed);
	buf_putc(text->out, '\n');
}

/* ---- times and what next ---- */

/* The whole, then the stages that took their part of it. */
void text_times(struct text *text, const struct execution *execution)
{
	const char *separator = ": ";

	if (!execution->stage_count || isnan(execution->wall_ms))
		return;
	label(text, "time");
	text_printf(text, PLAIN, "%s", text_ms(text->arena, execution->wall_ms));
	for (size_t i = 0; i < execution->stage_count; i++) {
		const struct stage_record *stage = &execution->stages[i];
		bool failed = stage->status == STAGE_FAILED;
		if (stage->status == STAGE_SKIPPED || (stage->ms < 1 && !failed))
			continue;
		text_printf(text, failed ? RED : DIM, "%s%s %s", separator, stage->name,
			    text_ms(text->arena, stage->ms));
		separator = ", ";
	}
	if (execution->peak_memory)
		text_printf(text, DIM, "; peak memory %s",
			    text_bytes(text->arena, execution->peak_memory));
	buf_putc(text->out, '\n');
}

static const char *next_after_install(const struct execution *e)
{
	const struct output *output = cause_output(e);

	if (e->refused)
		return "see to what was refused if it was needed, then check the names and versions "
		       "of the dependencies";
	if (output && output->ended_by == ENDED_DISK)
		return "install less, give more with --disk, or make room where ASSAY_STATE_DIR is";
	return "check the names and versions of the dependencies; "
	       "\"assay doctor\" says whether the registries can be reached";
}

static const char *next_after_time(const struct execution *e)
{
	const struct output *output = cause_output(e);

	if (output && output->ended_by == ENDED_TIMEOUT)
		return "look for an endless loop or a server that waits (a test can start it and "
		       "ask it), or give more with --time";
	return "find out above what took so long, or give more with --deadline";
}

static const char *next_after_error(const struct execution *e)
{
	switch (e->error_code) {
	case ERROR_NONE: /* nobody says why: a fault of ours */
	case ERROR_UNAVAILABLE:
	case ERROR_INTERNAL: return "\"assay doctor\" says what this host lacks";
	case ERROR_NO_SPACE:
		return "make room on that disk, or give the run more with --disk; "
		       "\"assay doctor\" says how much is free";
	default: return "put right what the first line names and run again";
	}
}

static const char *next_after_crash(const struct execution *e)
{
	const struct output *output = cause_output(e);

	return output && output->ended_by == ENDED_OUTPUT
		       ? "print less, or give more with --output-limit"
		       : NULL;
}

static const char *next_step(const struct execution *e)
{
	switch (e->verdict) {
	case VERDICT_REJECTED:
		return e->findings.count ? "change what the findings name and run again" : NULL;
	case VERDICT_NO_CODE: return "put the code into fences that name a language (```python)";
	case VERDICT_NO_TESTS:
		return e->results.count ? "add a test that is not skipped here"
					: "add a test, or a program that can be run";
	case VERDICT_INSTALL_FAILED: return next_after_install(e);
	case VERDICT_TIMED_OUT: return next_after_time(e);
	case VERDICT_OUT_OF_MEMORY: return "use less memory, or give more with --memory";
	case VERDICT_CRASHED: return next_after_crash(e);
	case VERDICT_ERROR: return next_after_error(e);
	default: return NULL;
	}
}

void text_next(struct text *text, const struct execution *execution)
{
	const char *next = next_step(execution);

	if (execution->refused)
		write_line(text, YELLOW, "refused", execution->refused);
	if (execution->error && execution->verdict != VERDICT_ERROR)
		write_line(text, RED, "error", execution->error);
	if (execution->spool)
		write_line(text, PLAIN, "output", execution->spool);
	if (next) {
		label(text, "next");
		text_printf(text, BOLD, "%s\n", next);
	}
}
