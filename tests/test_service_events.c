/* Who comes late or again hears the same events as who was there all the time. */
#include "tests/service_world.h"

#include <stdlib.h>
#include <string.h>

static const char talking[] =
	"```bash\nfor i in 1 2 3 4 5; do echo \"line $i\"; sleep 0.1; done\n```\n";
static const char said[] = "line 1\nline 2\nline 3\nline 4\nline 5\n";

static void expect_all(const struct ear *ear, const struct ear *first)
{
	assert_true(ear->told);
	assert_int_equal(ear->missing, 0);
	assert_int_equal(ear->seq, first->seq);
	assert_int_equal(ear->events, first->events);
	assert_string_equal(ear->output.data, first->output.data);
	assert_string_equal(ear->report, first->report);
}

static void who_comes_late_hears_it_all(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, talking);
	struct ear *first = service_world_submit(world, &submission);
	struct ear *early = service_world_listen(world, "t", first->id);

	while (first->outputs == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	struct ear *late = service_world_listen(world, "t", first->id);
	struct ear *again = service_world_listen(world, "t", first->id);
	again->seq = first->seq; /* it had heard so much when it was cut off */
	again->events = first->events;
	again->outputs = first->outputs;
	buf_puts(&again->output, first->output.data);
	service_world_hear(first);
	service_world_hear(early);
	service_world_hear(late);
	service_world_hear(again);
	assert_string_equal(first->output.data, said);
	assert_int_equal(first->events, first->seq); /* without gaps */
	assert_int_equal(first->verdicts, 1);
	expect_all(early, first);
	expect_all(late, first);
	expect_all(again, first);

	struct ear *over = service_world_listen(world, "t", first->id);
	service_world_hear(over);
	expect_all(over, first);
}

static void a_key_gives_the_same_events(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, talking);

	submission.idempotency_key = "key";
	struct ear *first = service_world_submit(world, &submission);
	struct ear *second = service_world_submit(world, &submission);
	while (first->outputs == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	struct ear *amid = service_world_submit(world, &submission);
	service_world_hear(first);
	service_world_hear(second);
	service_world_hear(amid);
	expect_all(second, first);
	expect_all(amid, first);
	struct ear *third = service_world_submit(world, &submission);
	service_world_hear(third);
	assert_true(third->replayed);
	expect_all(third, first);
}

struct guest {
	struct ticket ticket;
	unsigned accepted, events, done;
};

static void guest_accepted(void *ctx, const struct error *err)
{
	struct guest *guest = ctx;

	assert_null(err);
	guest->accepted++;
	service_unlisten(guest->ticket.subscription);
}

static void guest_events(void *ctx, struct event_log *events)
{
	struct guest *guest = ctx;

	(void)events;
	guest->events++;
}

static void guest_done(void *ctx, const struct outcome *outcome)
{
	struct guest *guest = ctx;

	(void)outcome;
	guest->done++;
}

/* Asks with the same key before the acceptance, after it, and when all is over; one leaves at once. */
static void who_leaves_hears_no_more(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct guest guests[4] = {0};

	submission.idempotency_key = "key";
	struct ear *ear = service_world_submit(world, &submission);
	for (size_t i = 0; i < 4; i++) {
		const struct listener listener = {guest_accepted, guest_events, guest_done,
						  &guests[i]};
		if (i == 2)
			service_world_until(world, &ear->accepted);
		if (i == 3)
			service_world_until(world, &ear->done);
		assert_int_equal(service_submit(world->service, &submission, &listener,
						&guests[i].ticket, NULL),
				 0);
		assert_string_equal(guests[i].ticket.id, ear->id);
		assert_int_equal(guests[i].accepted, 0);
		if (i == 0)
			service_unlisten(guests[0].ticket.subscription);
	}
	while (guests[3].accepted == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	service_world_turns(world, 10);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(guests[i].accepted, i > 0);
		assert_int_equal(guests[i].events + guests[i].done, 0);
	}
}

static void what_is_not_kept_is_not_told(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, talking);

	service_world_close(world);
	world->settings.events = (struct event_bounds){.one = 1, .keep_ms = 1};
	service_world_open(world);
	struct ear *first = service_world_submit(world, &submission);
	service_world_hear(first);
	assert_in_range(first->missing, 1, 5);
	assert_string_equal(first->output.data, "");
	struct ear *late;
	do { /* until its time has come */
		late = service_world_listen(world, "t", first->id);
		service_world_hear(late);
		uv_run(&world->loop, UV_RUN_NOWAIT);
	} while (late->told);
	assert_int_equal(late->events, 0);
	assert_string_equal(late->report, first->report);
}

static void candidates_are_counted_together(void **state)
{
	struct service_world *world = *state;
	const struct job_input candidates[] = {
		{.text = shell_text, .len = strlen(shell_text)},
		{.text = shell_text, .len = strlen(shell_text)},
	};
	struct submission submission = {
		.tenant = "t", .candidates = candidates, .candidate_count = 2};
	struct ear *first = service_world_run(world, &submission, "passed");
	struct ear *late = service_world_listen(world, "t", first->id);

	service_world_hear(late);
	assert_int_equal(first->events, first->seq);
	expect_all(late, first);
}

/* Of what a dead process ran nobody knows the events, and the numbers do not begin anew. */
static void after_a_restart_only_the_report_is_left(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct ear *first = service_world_run(world, &submission, "passed");

	service_world_close(world);
	service_world_open(world);
	struct ear *late = service_world_listen(world, "t", first->id);
	service_world_hear(late);
	assert_false(late->told);
	assert_int_equal(late->events, 0);
	assert_string_equal(late->report, first->report);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(who_comes_late_hears_it_all),
		REAL(a_key_gives_the_same_events),
		REAL(who_leaves_hears_no_more),
		REAL(what_is_not_kept_is_not_told),
		REAL(candidates_are_counted_together),
		REAL(after_a_restart_only_the_report_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
