/* Hands each event on to whoever asked for it. */
#include "engine/commands/observe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/log.h"

enum { TICK_MS = 200 };

/* On a terminal, and not when what we print goes into a pipe: its reader may draw there too. */
static bool progress_wanted(void)
{
	struct stat out;

	if (!isatty(STDERR_FILENO))
		return false;
	return fstat(STDOUT_FILENO, &out) != 0 || !(S_ISFIFO(out.st_mode) || S_ISSOCK(out.st_mode));
}

static void show(struct buf *out)
{
	if (out->len)
		file_write_fd(STDERR_FILENO, out->data, out->len, NULL);
	buf_done(out);
}

static void on_tick(uv_timer_t *timer)
{
	struct observer *observer = timer->data;
	struct buf out;

	buf_init(&out, 0);
	progress_tick(&observer->progress, clock_ms(), &out);
	show(&out);
}

int observe_start(struct observer *observer, uv_loop_t *loop, const char *events_path, bool quiet,
		  struct error *err)
{
	const char *term = getenv("TERM");
	struct winsize size = {0};

	memset(observer, 0, sizeof(*observer));
	if (events_path && event_sink_open(&observer->sink, events_path, err) != 0)
		return error_wrap(err, "--events");
	observer->shows_progress = !quiet && progress_wanted();
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
		size.ws_col = 0;
	progress_init(&observer->progress, term && strcmp(term, "dumb") != 0, size.ws_col);
	uv_timer_init(loop, &observer->tick);
	observer->tick.data = observer;
	if (observer->shows_progress)
		uv_timer_start(&observer->tick, on_tick, TICK_MS, TICK_MS);
	return 0;
}

static void log_event(const struct event *event)
{
	switch (event->type) {
	case EVENT_STAGE:
		if (event->status == EVENT_STARTED)
			log_write(LOG_DEBUG, "job %s: %s started", event->id, event->stage);
		else
			log_write(LOG_INFO, "job %s: %s %s in %.1f ms%s%s", event->id, event->stage,
				  event_status_name(event->status), event->ms,
				  event->detail ? ": " : "", event->detail ? event->detail : "");
		break;
	case EVENT_OUTPUT:
		log_write(LOG_DEBUG, "job %s: %s: %.*s", event->id, event->stage,
			  (int)(event->len < 2000 ? event->len : 2000), event->text);
		break;
	case EVENT_VERDICT:
		log_write(LOG_INFO, "job %s: verdict %s", event->id, verdict_name(event->verdict));
		break;
	}
}

void observe_event(void *ctx, const struct event *event)
{
	struct observer *observer = ctx;
	struct buf out;

	log_event(event);
	if (observer->sink) {
		buf_init(&out, 0);
		events_write(&observer->events, event, &out);
		event_sink_add(observer->sink, out.data, out.len, event->type == EVENT_OUTPUT);
		buf_done(&out);
	}
	if (observer->shows_progress) {
		buf_init(&out, 0);
		progress_event(&observer->progress, event, clock_ms(), &out);
		show(&out);
	}
}

void observe_stop(struct observer *observer)
{
	struct buf out;

	buf_init(&out, 0);
	if (observer->shows_progress)
		progress_clear(&observer->progress, &out);
	show(&out);
	uv_close((uv_handle_t *)&observer->tick, NULL);
}

int observe_finish(struct observer *observer, struct error *err)
{
	return observer->sink ? event_sink_close(observer->sink, err) : 0;
}
