/* The report for people: the verdict first, then why, then what became of the workspace. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/report/cause.h"
#include "engine/report/clean.h"
#include "engine/report/text.h"

static const char *const paints[] = {
	[PLAIN] = "",       [BOLD] = "\033[1m",   [DIM] = "\033[2m",
	[RED] = "\033[31m", [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
};

static void paint_on(struct text *text, enum paint paint)
{
	if (text->colour && paint != PLAIN)
		buf_puts(text->out, paints[paint]);
}

static void paint_off(struct text *text, enum paint paint)
{
	if (text->colour && paint != PLAIN)
		buf_puts(text->out, "\033[0m");
}

void text_put_bytes(struct text *text, enum paint paint, const char *data, size_t len,
		    const char *indent)
{
	paint_on(text, paint);
	clean_terminal(text->out, data, len, indent);
	paint_off(text, paint);
}

void text_put(struct text *text, enum paint paint, const char *string, const char *indent)
{
	if (string)
		text_put_bytes(text, paint, string, strlen(string), indent);
}

void text_printf(struct text *text, enum paint paint, const char *format, ...)
{
	va_list args;

	paint_on(text, paint);
	va_start(args, format);
	buf_vprintf(text->out, format, args);
	va_end(args);
	paint_off(text, paint);
}

const char *text_ms(struct arena *arena, double ms)
{
	if (ms < 10)
		return arena_printf(arena, "%.1f ms", ms);
	if (ms < 1000)
		return arena_printf(arena, "%.0f ms", ms);
	if (ms < 60000)
		return arena_printf(arena, "%.1f s", ms / 1000);
	return arena_printf(arena, "%.0f min %.0f s", floor(ms / 60000), fmod(ms, 60000) / 1000);
}

const char *text_bytes(struct arena *arena, uint64_t bytes)
{
	if (bytes < 10240)
		return arena_printf(arena, "%llu bytes", (unsigned long long)bytes);
	if (bytes < UINT64_C(10) << 20)
		return arena_printf(arena, "%.0f KiB", (double)bytes / 1024);
	return arena_printf(arena, "%.0f MiB", (double)bytes / (1024 * 1024));
}

/* "TESTS FAILED": the verdict's own word, as a headline. */
static void headline(struct text *text, enum paint paint, const char *word)
{
	char shown[32];
	size_t i;

	for (i = 0; i < sizeof(shown) - 1 && word[i]; i++)
		shown[i] = word[i] == '_' ? ' ' : (char)toupper((unsigned char)word[i]);
	shown[i] = '\0';
	paint_on(text, BOLD);
	text_printf(text, paint, "%s", shown);
}

static const char *counts(struct arena *arena, const struct results *results)
{
	struct summary sum = results_summary(results);
	const char *line = arena_printf(arena, "%zu of %zu tests passed", sum.passed, sum.tests);

	if (sum.failed)
		line = arena_printf(arena, "%s, %zu failed", line, sum.failed);
	if (sum.errors)
		line = arena_printf(arena, "%s, %zu with errors", line, sum.errors);
	if (sum.skipped)
		line = arena_printf(arena, "%s, %zu skipped", line, sum.skipped);
	return line;
}

static void write_where(struct text *text, const struct execution *e)
{
	if (!e->environment)
		return;
	buf_puts(text->out, "  ");
	text_put(text, DIM, e->tool ? e->tool : e->environment, "");
	if (e->tool)
		text_printf(text, DIM, " (%s)", e->environment);
	if (e->isolation.backend)
		text_printf(text, DIM, ", %s sandbox, network: %s", e->isolation.backend,
			    e->isolation.network ? e->isolation.network : "unknown");
	buf_putc(text->out, '\n');
}

static enum paint verdict_paint(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASSED: return GREEN;
	case VERDICT_NO_CODE:
	case VERDICT_NO_TESTS:
	case VERDICT_CANCELLED: return YELLOW;
	default: return RED;
	}
}

static const char *signal_name(struct arena *arena, int signal)
{
	const char *name = sigabbrev_np(signal);

	return name ? arena_printf(arena, "SIG%s", name) : arena_printf(arena, "signal %d", signal);
}

static void write_ending(struct text *text, const struct execution *e)
{
	if (e->verdict == VERDICT_PASSED || !e->phase)
		return;
	text_printf(text, DIM, " (in %s", e->phase);
	if (e->signal)
		text_printf(text, DIM, ", %s", signal_name(text->arena, e->signal));
	else if (e->exit_code >= 0)
		text_printf(text, DIM, ", exit status %d", e->exit_code);
	text_printf(text, DIM, ")");
}

static void write_execution(struct text *text, const struct execution *e)
{
	const char *reason = e->reason;

	if (!reason && e->results.count)
		reason = counts(text->arena, &e->results);
	headline(text, verdict_paint(e->verdict), verdict_name(e->verdict));
	if (reason)
		buf_puts(text->out, "  ");
	text_put(text, PLAIN, reason, "  ");
	write_ending(text, e);
	buf_putc(text->out, '\n');
	write_where(text, e);
	text_findings(text, e);
	text_failures(text, &e->results, reason);
	text_problems(text, &e->results);
	text_command(text, e);
	if (e->verdict == VERDICT_NO_CODE)
		text_ignored(text, &e->blocks);
	buf_putc(text->out, '\n');
	text_delta(text, &e->delta);
	text_workspace(text, e);
	for (const char **note = e->notes; note && *note; note++) {
		text_printf(text, DIM, "%-11s", "note");
		text_put(text, PLAIN, *note, "           ");
		buf_putc(text->out, '\n');
	}
	text_times(text, e);
	text_next(text, e);
}

static void write_results(struct text *text, const struct results *results)
{
	const struct report_input input = {.results = results};
	struct summary sum = results_summary(results);
	struct test cause;
	bool red = sum.failed || sum.errors;

	/* Where tests have failed that is the headline, cut short or not. */
	if (cause_test(&input, text->arena, &cause) && !red)
		headline(text, RED, cause.name);
	else
		headline(text, red ? RED : GREEN, red ? "failed" : "passed");
	if (sum.tests)
		text_printf(text, PLAIN, "  %s", counts(text->arena, results));
	if (results->runner)
		text_printf(text, DIM, " (%s%s)", results->runner,
			    results->source == SOURCE_TEXT ? ", read from its text" : "");
	buf_putc(text->out, '\n');
	text_failures(text, results, NULL);
	text_problems(text, results);
}

static void text_write(const struct report_input *input, struct buf *out)
{
	struct arena arena;
	struct text text = {out, &arena, input->colour};

	arena_init(&arena);
	if (input->execution)
		write_execution(&text, input->execution);
	else
		write_results(&text, input->results);
	arena_done(&arena);
}

static const struct report_format format = {
	.name = "text",
	.title = "text for people",
	.write = text_write,
};

REGISTER(report_formats, struct report_format, format);
