/* Gathers the events of `go test -json` by package and test. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/json.h"
#include "parsers/go_events.h"

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct go_item *)a)->key, ((const struct go_item *)b)->key);
}

static const char *make_key(struct arena *arena, const char *package, const char *test)
{
	return test ? arena_printf(arena, "%s\n%s", package, test) : arena_string(arena, package);
}

struct go_item *go_events_find(const struct go_events *events, const char *package,
			       const char *test)
{
	struct go_item wanted = {.key = make_key(events->arena, package, test)};
	struct go_item **found = tfind(&wanted, &events->index, by_key);

	return found ? *found : NULL;
}

struct go_item *go_events_item(struct go_events *events, const char *package, const char *test)
{
	struct go_item wanted = {.key = make_key(events->arena, package, test)};
	struct go_item **found = tfind(&wanted, &events->index, by_key);
	struct go_item *item, **slot;

	if (found)
		return *found;
	item = arena_alloc(events->arena, sizeof(*item));
	item->key = wanted.key;
	item->package = arena_string(events->arena, package);
	item->test = arena_string(events->arena, test);
	item->elapsed_ms = NAN;
	if (!tsearch(item, &events->index, by_key))
		abort();
	slot = arena_grow(events->arena, &events->items, events->count, sizeof(*slot));
	*slot = item;
	events->count++;
	return item;
}

void go_events_output(struct go_events *events, struct go_outputs *outputs, const char *text,
		      size_t len)
{
	struct go_output *output = arena_alloc(events->arena, sizeof(*output));

	output->text = text_strip(events->arena, text, len, NULL);
	if (outputs->last)
		outputs->last->next = output;
	else
		outputs->first = output;
	outputs->last = output;
}

void go_events_ran(struct go_events *events, struct go_item *test)
{
	test->ran = true;
	go_events_item(events, test->package, NULL)->has_runs = true;
}

static enum go_action result_of(const char *action)
{
	if (strcmp(action, "pass") == 0 || strcmp(action, "bench") == 0)
		return GO_PASS;
	if (strcmp(action, "fail") == 0 || strcmp(action, "build-fail") == 0)
		return GO_FAIL;
	return strcmp(action, "skip") == 0 ? GO_SKIP : GO_NONE;
}

static void take_event(struct go_events *events, const struct json *event)
{
	const char *action = json_string(json_get(event, "Action"), "");
	const char *test = json_string(json_get(event, "Test"), NULL);
	/* Since 1.24, the build's events have an import path instead of a package. */
	const char *package = json_string(json_get(event, "Package"),
					  json_string(json_get(event, "ImportPath"), ""));
	const char *output = json_string(json_get(event, "Output"), NULL);
	struct go_item *item;

	events->seen++;
	if (strncmp(action, "build-", 6) == 0) /* never mistaken for the package of that name */
		test = "\n";
	else if (test) /* without an end of its own the package is unfinished */
		go_events_item(events, package, NULL);
	item = go_events_item(events, package, test);
	if (output)
		go_events_output(events, &item->outputs, output, strlen(output));
	if (strcmp(action, "run") == 0)
		go_events_ran(events, item);
	if (result_of(action) == GO_NONE)
		return;
	item->result = result_of(action);
	item->elapsed_ms = json_number(json_get(event, "Elapsed"), NAN) * 1000;
	item->failed_build = arena_string(events->arena,
					  json_string(json_get(event, "FailedBuild"), NULL));
}

/*
 * A line that is no event. Before 1.24 the compiler's words come like this, "# package [variant]"
 * and then the errors; they are kept as the outputs of that package's build.
 */
void go_events_text(struct go_events *events, struct line line, struct go_item **build)
{
	struct line package = line;
	const char *end;

	if (line_starts(line, "FAIL"))
		*build = NULL;
	if (line_skip(&package, "# ") && package.len > 0 && package.text[0] != '[') {
		end = memchr(package.text, ' ', package.len);
		if (end)
			package.len = (size_t)(end - package.text);
		*build = go_events_item(events,
					arena_copy(events->arena, package.text, package.len), "\n");
	}
	go_events_output(events, &events->other, line.text, line.len);
	if (*build) {
		go_events_output(events, &(*build)->outputs, line.text, line.len);
		go_events_output(events, &(*build)->outputs, "\n", 1);
	}
}

void go_events_init(struct go_events *events, struct arena *arena)
{
	*events = (struct go_events){.arena = arena};
}

void go_events_read(struct go_events *events, struct arena *arena, const char *data, size_t len)
{
	struct lines lines = {data, data + len};
	struct go_item *build = NULL;
	struct line line;

	go_events_init(events, arena);
	while (lines_next(&lines, &line)) {
		struct line trimmed = line_trim(line);
		struct json *event = NULL;

		events->broken_end = false;
		if (line_starts(trimmed, "{"))
			event = json_parse(trimmed.text, trimmed.len, "event", NULL);
		if (json_is_string(json_get(event, "Action"))) {
			build = NULL;
			take_event(events, event);
		} else {
			events->broken_end = line_starts(trimmed, "{") && !event;
			go_events_text(events, line, &build);
		}
		json_free(event);
	}
}

static void keep(void *item)
{
	(void)item; /* it is the arena's */
}

void go_events_done(struct go_events *events)
{
	tdestroy(events->index, keep);
	events->index = NULL;
}

/* A line that the testing package puts around what the test prints. */
static bool is_frame(struct line line, const char *test)
{
	static const char *const frames[] = {
		"=== RUN ",  "=== PAUSE ", "=== CONT ",  "=== NAME ",
		"=== ATTR ", "--- PASS: ", "--- FAIL: ", "--- SKIP: ",
	};

	line_skip(&line, "\x16"); /* 1.20 and later mark their frames so, in some outputs */
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (!line_skip(&line, frames[i]))
			continue;
		line = line_trim(line);
		return line_skip(&line, test) && (line.len == 0 || line.text[0] == ' ');
	}
	return false;
}

const char *go_outputs_text(struct arena *arena, const struct go_outputs *outputs, const char *test)
{
	struct buf text;
	const char *copy;

	buf_init(&text, 0);
	for (const struct go_output *output = outputs->first; output; output = output->next) {
		struct line line = {output->text, strlen(output->text)};

		if (!test || !is_frame(line, test))
			buf_append(&text, line.text, line.len);
	}
	copy = text.len > 0 ? arena_copy(arena, text.data, text.len) : NULL;
	buf_done(&text);
	return copy;
}
