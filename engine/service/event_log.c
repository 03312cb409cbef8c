/* Output and all else in two queues, each in the order of its numbers, so that output can go first. */
#include "engine/service/event_log.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/memory.h"
#include "engine/report/events.h"
#include "engine/service/deferred.h"

static const size_t ONE_BYTES = 2 << 20, ALL_BYTES = 32 << 20;
static const uint64_t KEEP_MS = 2 * 60 * 1000;

struct line {
	uint64_t seq;
	enum event_type type;
	size_t len;
	char json[];
};

struct lines {
	struct line **items;
	size_t first, end, capacity;
};

struct event_log {
	struct event_logs *logs;
	unsigned holders;
	char *id;
	struct events writer; /* its seq is that of the last event */
	struct lines outputs, others;
	size_t output_bytes;
	struct buf missing; /* the text of such an event */

	struct table_entry by_id;
	struct event_log *older, *newer;
	double until_ms; /* clock_ms */
};

/* ---- a queue of lines ---- */

static void push(struct lines *lines, struct line *line)
{
	size_t count = lines->end - lines->first;

	if (lines->end == lines->capacity && lines->first > lines->capacity / 2) {
		memmove(lines->items, lines->items + lines->first, count * sizeof(*lines->items));
		lines->first = 0;
		lines->end = count;
	} else if (lines->end == lines->capacity) {
		lines->capacity = lines->capacity ? 2 * lines->capacity : 16;
		lines->items = memory_resize(lines->items, lines->capacity * sizeof(struct line *));
	}
	lines->items[lines->end++] = line;
}

/* The first with a greater number; NULL: none. */
static const struct line *first_after(const struct lines *lines, uint64_t seq)
{
	size_t low = lines->first, high = lines->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lines->items[middle]->seq > seq)
			high = middle;
		else
			low = middle + 1;
	}
	return low < lines->end ? lines->items[low] : NULL;
}

/* ---- one log ---- */

/* What a line takes, its place in the queue and the allocator's own included. */
static size_t cost(const struct line *line)
{
	return sizeof(*line) + line->len + 32;
}

static bool drop_first(struct event_log *log, struct lines *lines)
{
	if (lines->first == lines->end)
		return false;
	struct line *line = lines->items[lines->first++];
	log->logs->bytes -= cost(line);
	if (lines == &log->outputs)
		log->output_bytes -= cost(line);
	free(line);
	return true;
}

struct event_log *event_log_new(struct event_logs *logs, const char *id)
{
	struct event_log *log = memory_zeroed(sizeof(*log));
	size_t size = strlen(id) + 1;

	log->logs = logs;
	logs->bytes += sizeof(*log);
	log->holders = 1;
	log->id = memory_alloc(size);
	memcpy(log->id, id, size);
	buf_init(&log->missing, 0);
	return log;
}

struct event_log *event_log_hold(struct event_log *log)
{
	if (log)
		log->holders++;
	return log;
}

void event_log_release(struct event_log *log)
{
	if (!log || --log->holders > 0)
		return;
	while (drop_first(log, &log->outputs) || drop_first(log, &log->others))
		;
	free(log->outputs.items);
	free(log->others.items);
	buf_done(&log->missing);
	log->logs->bytes -= sizeof(*log);
	free(log->id);
	free(log);
}

static void add_line(struct event_log *log, uint64_t seq, enum event_type type, const char *json,
		     size_t len)
{
	struct line *line = memory_alloc(sizeof(*line) + len);

	*line = (struct line){.seq = seq, .type = type, .len = len};
	memcpy(line->json, json, len);
	push(type == EVENT_OUTPUT ? &log->outputs : &log->others, line);
	log->logs->bytes += cost(line);
	if (type == EVENT_OUTPUT)
		log->output_bytes += cost(line);
}

static void forget_oldest(struct event_logs *logs);

static void keep_bounds(struct event_log *log)
{
	struct event_logs *logs = log->logs;

	while (logs->bytes > logs->bounds.all && logs->oldest)
		forget_oldest(logs);
	while ((log->output_bytes > logs->bounds.one || logs->bytes > logs->bounds.all) &&
	       drop_first(log, &log->outputs))
		;
}

void event_log_add(struct event_log *log, const struct event *event)
{
	struct buf text;
	uint64_t seq = log->writer.seq;

	buf_init(&text, 0);
	events_write(&log->writer, event, &text);
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		/* What a stage held back of a character's bytes is output, whatever follows it. */
		bool last = end + 1 == text.data + text.len;
		add_line(log, ++seq, last ? event->type : EVENT_OUTPUT, line, (size_t)(end - line));
	}
	buf_done(&text);
	keep_bounds(log);
}

static void tell_missing(struct event_log *log, uint64_t after, uint64_t last,
			 struct event_line *out)
{
	buf_clear(&log->missing);
	events_write_missing(log->id, last, last - after, &log->missing);
	*out = (struct event_line){last, EVENTS_MISSING, log->missing.data, log->missing.len};
}

bool event_log_next(struct event_log *log, uint64_t after, struct event_line *out)
{
	const struct line *output = first_after(&log->outputs, after);
	const struct line *other = first_after(&log->others, after);
	const struct line *next = !output || (other && other->seq < output->seq) ? other : output;

	if (after >= log->writer.seq)
		return false;
	if (!next || next->seq > after + 1)
		tell_missing(log, after, next ? next->seq - 1 : log->writer.seq, out);
	else
		*out = (struct event_line){next->seq, event_type_name(next->type), next->json,
					   next->len};
	return true;
}

/* ---- those that are over ---- */

void event_logs_init(struct event_logs *logs, uv_loop_t *loop, const struct event_bounds *bounds)
{
	*logs = (struct event_logs){.loop = loop, .bounds = *bounds};
	table_init(&logs->over);
	if (!logs->bounds.one)
		logs->bounds.one = ONE_BYTES;
	if (!logs->bounds.all)
		logs->bounds.all = ALL_BYTES;
	if (!logs->bounds.keep_ms)
		logs->bounds.keep_ms = KEEP_MS;
}

/* Whoever still reads it is told that the output is missing. */
static void forget_oldest(struct event_logs *logs)
{
	struct event_log *log = logs->oldest;

	table_remove(&logs->over, &log->by_id);
	logs->oldest = log->newer;
	if (log->newer)
		log->newer->older = NULL;
	else
		logs->newest = NULL;
	while (drop_first(log, &log->outputs))
		;
	event_log_release(log);
}

static void on_timer(uv_timer_t *timer);

static void wait(struct event_logs *logs)
{
	double left = logs->oldest ? logs->oldest->until_ms - clock_ms() : 0;

	deferred_timer_stop(&logs->timer);
	if (logs->oldest)
		logs->timer = deferred_timer_start(logs->loop, left > 0 ? (uint64_t)left + 1 : 0,
						   on_timer, logs);
}

static void on_timer(uv_timer_t *timer)
{
	struct event_logs *logs = timer->data;
	double now = clock_ms();

	while (logs->oldest && logs->oldest->until_ms <= now)
		forget_oldest(logs);
	wait(logs);
}

void event_logs_keep(struct event_logs *logs, struct event_log *log)
{
	log->until_ms = clock_ms() + (double)logs->bounds.keep_ms;
	table_add(&logs->over, &log->by_id, log->id, log);
	log->older = logs->newest;
	if (logs->newest)
		logs->newest->newer = log;
	else
		logs->oldest = log;
	logs->newest = log;
	if (!logs->timer)
		wait(logs);
}

struct event_log *event_logs_find(const struct event_logs *logs, const char *id)
{
	return table_find(&logs->over, id);
}

void event_logs_done(struct event_logs *logs)
{
	deferred_timer_stop(&logs->timer);
	while (logs->oldest)
		forget_oldest(logs);
	table_done(&logs->over);
}
