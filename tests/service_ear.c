/* What one listener to an execution hears, and what must hold for whatever it is told. */
#include <string.h>

#include "tests/service_world.h"

static void on_accepted(void *ctx, const struct error *err)
{
	struct ear *ear = ctx;

	assert_false(ear->accepted);
	ear->accepted = true;
	if (err)
		ear->refused = *err;
}

static void hear_event(struct ear *ear, const struct event_line *line)
{
	struct error err = {0};
	struct json *json = json_parse(line->json, line->len, "event", &err);

	assert_non_null(json);
	assert_string_equal(json_string(json_get(json, "id"), ""), ear->id);
	assert_string_equal(json_string(json_get(json, "type"), ""), line->type);
	assert_true(json_number(json_get(json, "seq"), -1) == (double)line->seq);
	assert_true(line->seq > ear->seq);
	ear->seq = line->seq;
	ear->events++;
	ear->verdicts += strcmp(line->type, "verdict") == 0;
	ear->missing += (unsigned)json_number(json_get(json, "events"), 0);
	if (strcmp(line->type, "output") == 0) {
		const char *text = json_string(json_get(json, "text"), "");
		ear->outputs++;
		buf_puts(&ear->output, text);
	}
	json_free(json);
}

static void on_events(void *ctx, struct event_log *log)
{
	struct ear *ear = ctx;
	struct event_line line;

	assert_true(ear->accepted && !ear->done);
	while (event_log_next(log, ear->seq, &line))
		hear_event(ear, &line);
}

static void on_done(void *ctx, const struct outcome *outcome)
{
	struct ear *ear = ctx;
	struct error err = {0};

	assert_false(ear->done);
	assert_true(ear->accepted);
	assert_string_equal(outcome->id, ear->id);
	assert_int_equal(strlen(outcome->report), outcome->len);
	if (outcome->events)
		on_events(ear, outcome->events);
	ear->told = outcome->events != NULL;
	ear->done = true;
	ear->subscription = NULL;
	ear->replayed = outcome->replayed;
	snprintf(ear->verdict, sizeof(ear->verdict), "%s", outcome->verdict);
	ear->report = arena_copy(&ear->world->arena, outcome->report, outcome->len);
	struct json *json = json_parse(outcome->report, outcome->len, "report", &err);
	if (!json)
		fail_msg("%s", err.text);
	assert_string_equal(json_string(json_get(json, "verdict"), ""), outcome->verdict);
	assert_string_equal(json_string(json_get(json, "id"), ""), outcome->id);
	json_free(json);
}

static void ear_init(struct ear *ear, struct service_world *world)
{
	ear->world = world;
	ear->next = world->ears;
	world->ears = ear;
	buf_init(&ear->output, 0);
}

static int submit(struct service_world *world, const struct submission *submission,
		  struct ear **out, struct error *err)
{
	struct ear *ear = arena_alloc(&world->arena, sizeof(*ear));
	const struct listener listener = {on_accepted, on_events, on_done, ear};
	struct ticket ticket;

	ear_init(ear, world);
	*out = ear;
	int rc = service_submit(world->service, submission, &listener, &ticket, err);
	ear->id = arena_string(&world->arena, ticket.id);
	ear->subscription = ticket.subscription;
	return rc;
}

struct ear *service_world_submit(struct service_world *world, const struct submission *submission)
{
	struct error err = {0};
	struct ear *ear;

	if (submit(world, submission, &ear, &err) != 0)
		fail_msg("submit: %s", err.text);
	assert_false(ear->accepted);
	assert_string_not_equal(ear->id, "");
	return ear;
}

void service_world_refused(struct service_world *world, const struct submission *submission,
			   enum error_code code)
{
	struct error err = {0};
	struct ear *ear;

	assert_int_equal(submit(world, submission, &ear, &err), -1);
	if (err.code != code)
		fail_msg("refused with %d: %s", err.code, err.text);
}

struct ear *service_world_listen(struct service_world *world, const char *tenant, const char *id)
{
	struct ear *ear = arena_alloc(&world->arena, sizeof(*ear));
	const struct listener listener = {.on_events = on_events, .on_done = on_done, .ctx = ear};
	struct error err = {0};

	ear_init(ear, world);
	ear->id = id;
	ear->accepted = true;
	if (service_listen(world->service, tenant, id, &listener, &ear->subscription, &err) != 0)
		fail_msg("listen: %s", err.text);
	assert_false(ear->done);
	return ear;
}

void service_world_hear(struct ear *ear)
{
	service_world_until(ear->world, &ear->accepted);
	if (error_is_set(&ear->refused))
		fail_msg("not accepted: %s", ear->refused.text);
	service_world_until(ear->world, &ear->done);
}

struct ear *service_world_run(struct service_world *world, const struct submission *submission,
			      const char *verdict)
{
	struct ear *ear = service_world_submit(world, submission);

	service_world_hear(ear);
	if (strcmp(ear->verdict, verdict) != 0)
		fail_msg("%s, not %s: %s", ear->verdict, verdict, ear->report);
	return ear;
}

bool ear_says(const struct ear *ear, const char *part)
{
	return strstr(ear->report, part) != NULL;
}

void ear_expect(struct ear *ear, const char *verdict, const char *reason)
{
	service_world_hear(ear);
	if (strcmp(ear->verdict, verdict) != 0 || !ear_says(ear, reason))
		fail_msg("%s: %s", ear->verdict, ear->report);
}

struct submission a_submission(const char *sandbox, const char *text)
{
	return (struct submission){
		.tenant = "t",
		.sandbox = sandbox,
		.input = {.text = text, .len = strlen(text)},
	};
}
