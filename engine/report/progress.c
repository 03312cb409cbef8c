/* The status line: stage, time so far, and the newest line that the command printed. */
#include "engine/report/progress.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/utf8.h"
#include "engine/report/clean.h"

/* Stages shorter than this would only flicker. */
static const double SHOW_AFTER_MS = 150;

void progress_init(struct progress *progress, bool rewrites, size_t width)
{
	*progress = (struct progress){.rewrites = rewrites, .width = width ? width : 80};
}

/* Characters, taken as columns: wide ones may cost the line its end, never a wrap to the next. */
static size_t cut_columns(const char *text, size_t columns)
{
	size_t at = 0;

	while (text[at]) {
		size_t next = at + 1;
		while (((unsigned char)text[next] & 0xC0) == 0x80)
			next++;
		size_t cost = next - at > 2 ? 2 : 1;
		if (cost > columns)
			break;
		columns -= cost;
		at = next;
	}
	return at;
}

void progress_tick(struct progress *progress, double now_ms, struct buf *out)
{
	char line[sizeof(progress->stage) + sizeof(progress->last) + 64];
	double ms = now_ms - progress->started_ms;

	if (!progress->rewrites || !progress->stage[0] || ms < SHOW_AFTER_MS)
		return;
	snprintf(line, sizeof(line), "%s  %.*f s  %s", progress->stage, ms < 10000 ? 1 : 0,
		 ms / 1000, progress->last);
	size_t len = cut_columns(line, progress->width - 1);
	while (len && line[len - 1] == ' ')
		len--;
	buf_puts(out, "\r\033[K");
	buf_append(out, line, len);
	progress->shown = true;
}

void progress_clear(struct progress *progress, struct buf *out)
{
	if (progress->shown)
		buf_puts(out, "\r\033[K");
	progress->shown = false;
}

static void keep_last_line(struct progress *progress, const char *text, size_t len)
{
	struct buf clean;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	const char *from = text + len;
	while (from > text && from[-1] != '\n' && from[-1] != '\r')
		from--;
	len -= (size_t)(from - text);
	if (!len)
		return;
	buf_init(&clean, 8192);
	clean_terminal(&clean, from, len < 1024 ? len : 1024, "");
	for (char *at = clean.data; (at = strchr(at, '\t'));)
		*at = ' ';
	snprintf(progress->last, sizeof(progress->last), "%.*s",
		 (int)utf8_cut(clean.data, clean.len, sizeof(progress->last) - 1), clean.data);
	buf_done(&clean);
}

void progress_event(struct progress *progress, const struct event *event, double now_ms,
		    struct buf *out)
{
	switch (event->type) {
	case EVENT_OUTPUT: keep_last_line(progress, event->text, event->len); break;
	case EVENT_STAGE:
		if (event->status != EVENT_STARTED) {
			progress->stage[0] = '\0';
			progress_clear(progress, out);
			break;
		}
		snprintf(progress->stage, sizeof(progress->stage), "%s", event->stage);
		progress->started_ms = now_ms;
		progress->last[0] = '\0';
		if (event->detail)
			keep_last_line(progress, event->detail, strlen(event->detail));
		if (!progress->rewrites)
			buf_printf(out, "%s\n", event->stage);
		break;
	case EVENT_VERDICT: progress_clear(progress, out); break;
	}
}
