/* One event, one line: whoever reads the stream can stop anywhere and has whole objects. */
#include "engine/report/events.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/base/utf8.h"

static void begin(struct events *events, struct json_writer *w, const struct event *event,
		  enum event_type type, struct buf *out)
{
	json_writer_init(w, out, true);
	json_object_begin(w, NULL);
	json_put_int(w, "seq", (int64_t)++events->seq);
	json_put_string(w, "id", event->id);
	json_put_string(w, "at", event->at);
	json_put_string(w, "type", event_type_name(type));
}

static void end(struct json_writer *w)
{
	json_object_end(w);
	if (w->out->len && w->out->data[w->out->len - 1] != '\n')
		buf_putc(w->out, '\n');
}

static void write_text(struct events *events, const struct event *event, int stream,
		       const char *text, size_t len, struct buf *out)
{
	struct json_writer w;

	begin(events, &w, event, EVENT_OUTPUT, out);
	json_put_string(&w, "stage", event->stage);
	json_put_string(&w, "stream", stream ? "stderr" : "stdout");
	json_put_bytes(&w, "text", text, len);
	end(&w);
}

/* How many bytes at the end begin a character that may be completed by the next piece. */
static size_t unfinished(const char *data, size_t len)
{
	size_t most = len < 3 ? len : 3;

	for (size_t n = 1; n <= most; n++) {
		unsigned char c = (unsigned char)data[len - n];
		if ((c & 0xC0) == 0x80)
			continue;
		size_t needs = c >= 0xF0 && c <= 0xF4 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1;
		return c < 0xF5 && needs > n ? n : 0;
	}
	return 0;
}

static void write_output(struct events *events, const struct event *event, struct buf *out)
{
	int stream = event->fd == 2;
	struct buf text;

	buf_init(&text, event->len + sizeof(events->held[0].bytes));
	buf_append(&text, events->held[stream].bytes, events->held[stream].len);
	buf_append(&text, event->text, event->len);
	size_t rest = unfinished(text.data, text.len);
	if (text.len > rest)
		write_text(events, event, stream, text.data, text.len - rest, out);
	memcpy(events->held[stream].bytes, text.data + text.len - rest, rest);
	events->held[stream].len = rest;
	buf_done(&text);
}

/* What is still held at the end of a stage will not be completed. */
static void flush_held(struct events *events, const struct event *event, struct buf *out)
{
	for (int stream = 0; stream < 2; stream++) {
		if (events->held[stream].len)
			write_text(events, event, stream, events->held[stream].bytes,
				   events->held[stream].len, out);
		events->held[stream].len = 0;
	}
}

void events_write(struct events *events, const struct event *event, struct buf *out)
{
	struct json_writer w;

	if (event->type == EVENT_OUTPUT) {
		write_output(events, event, out);
		return;
	}
	flush_held(events, event, out);
	begin(events, &w, event, event->type, out);
	if (event->type == EVENT_STAGE) {
		json_put_string(&w, "stage", event->stage);
		json_put_string(&w, "status", event_status_name(event->status));
		json_put_number(&w, "ms", event->ms);
		json_put_string(&w, "detail", event->detail);
	} else {
		json_put_string(&w, "verdict", verdict_name(event->verdict));
	}
	end(&w);
}

void events_write_missing(const char *id, uint64_t seq, uint64_t count, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, true);
	json_object_begin(&w, NULL);
	json_put_known(&w, "seq", seq > 0, (int64_t)seq);
	json_put_string(&w, "id", id);
	json_put_null(&w, "at");
	json_put_string(&w, "type", EVENTS_MISSING);
	json_put_known(&w, "events", count > 0, (int64_t)count);
	json_object_end(&w);
}
