/* A tenant's share of the disk: nobody keeps more, however many try at once, and each is told why. */
#include <string.h>
#include <unistd.h>

#include "tests/service_sandbox.h"

enum { BLOCK = 4096, QUOTA = 64 * BLOCK, AT_ONCE = 6 };

static void reopen(struct service_world *world, uint64_t disk)
{
	service_world_close(world);
	world->settings.quota.disk = disk;
	service_world_open(world);
}

static uint64_t kept(struct service_world *world, const char *tenant)
{
	struct store_usage usage;

	assert_int_equal(store_usage(service_store(world->service), tenant, &usage, NULL), 0);
	return usage.revision_bytes;
}

static struct submission shell(struct service_world *world, const char *sandbox, const char *line)
{
	const char **lines = arena_array(&world->arena, 2, sizeof(*lines));
	struct submission submission = a_submission(sandbox, "");

	lines[0] = line;
	submission.input = (struct job_input){.commands = lines};
	submission.environment = "bash";
	return submission;
}

static void one_run_does_not_exceed_it(void **state)
{
	struct service_world *world = *state;

	reopen(world, QUOTA);
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission big = shell(world, sandbox, "head -c 300000 /dev/zero >big");
	struct ear *ear = service_world_run(world, &big, "rejected");
	assert_true(ear_says(ear, "big: the new files add up to more than is left of this "
				  "tenant's 256 KiB of disk"));
	assert_true(ear_says(ear, "\"phase\":\"commit\""));
	assert_true(ear_says(ear, "\"outcome\":\"rolled_back\""));
	assert_true(ear_says(ear, "\"verified\":true"));
	assert_string_equal(service_world_file(world, sandbox, "big"), "");
	assert_int_equal(kept(world, "t"), 0);
	assert_int_equal(service_world_entries(world, "revisions"), 0);
	struct submission small = shell(world, sandbox, "echo ok >small");
	service_world_run(world, &small, "passed");
	assert_string_equal(service_world_file(world, sandbox, "small"), "ok\n");
}

static void what_is_to_be_kept_goes_back(void **state)
{
	struct service_world *world = *state;

	reopen(world, QUOTA);
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = shell(world, sandbox,
					     "head -c 300000 /dev/zero >big; exit 3");
	submission.on_failure = ON_FAILURE_KEEP;
	struct ear *ear = service_world_run(world, &submission, "tests_failed");
	assert_true(ear_says(ear, "the workspace is rolled back, for it could not be kept: "));
	assert_true(ear_says(ear, "\"outcome\":\"rolled_back\""));
	assert_int_equal(kept(world, "t"), 0);
}

/* Each would fit, and all of them would not. */
static void many_at_once_do_not_exceed_it(void **state)
{
	struct service_world *world = *state;
	struct ear *ears[AT_ONCE];
	unsigned passed = 0;

	world->settings.queue.running = AT_ONCE;
	reopen(world, QUOTA);
	for (int i = 0; i < AT_ONCE; i++) {
		const char *sandbox = service_world_sandbox(world, "t");
		struct submission submission = shell(world, sandbox,
						     "head -c 98304 /dev/zero >part");
		ears[i] = service_world_submit(world, &submission);
	}
	const char *other = service_world_sandbox(world, "u");
	struct submission submission = shell(world, other, "head -c 262144 /dev/zero >all");
	submission.tenant = "u";
	service_world_run(world, &submission, "passed");
	for (int i = 0; i < AT_ONCE; i++) {
		service_world_hear(ears[i]);
		passed += strcmp(ears[i]->verdict, "passed") == 0;
		if (strcmp(ears[i]->verdict, "passed") != 0)
			ear_expect(ears[i], "rejected", "this tenant's");
	}
	/* two fit; while both take theirs, one may be refused that would have fitted alone */
	assert_in_range(passed, 1, 2);
	assert_int_equal(kept(world, "t"), passed * 24 * BLOCK);
	assert_int_equal(kept(world, "u"), QUOTA);
}

static bool has_room(void *ctx)
{
	return kept(ctx, "t") == 0;
}

static void what_is_removed_is_room_again(void **state)
{
	struct service_world *world = *state;
	char data[BLOCK * 2] = {0};
	const struct file file = {.path = "more", .data = data, .len = sizeof(data)};
	struct end end = {.world = world};

	reopen(world, QUOTA);
	const char *sandbox = service_world_sandbox(world, "t");
	const char *next = service_world_sandbox(world, "t");
	struct submission fill = shell(world, sandbox, "head -c 258048 /dev/zero >most");
	service_world_run(world, &fill, "passed");
	assert_int_equal(kept(world, "t"), QUOTA - BLOCK);
	assert_int_equal(
		service_write(world->service, "t", sandbox, &file, 1, end_done, &end, &end.err), 0);
	end_expect(&end, ERROR_DENIED);
	write_file(world, next, "last", "x");
	assert_int_equal(kept(world, "t"), QUOTA);
	fill.sandbox = next;
	service_world_refused(world, &fill, ERROR_DENIED);
	/* what keeps nothing is not meant, nor what makes room */
	struct submission forgotten = shell(world, NULL, "echo x >y");
	service_world_run(world, &forgotten, "passed");
	write_file(world, next, "last", NULL);
	remove_sandbox(world, sandbox);
	remove_sandbox(world, next);
	until(world, has_room, world);
	fill.sandbox = service_world_sandbox(world, "t");
	service_world_run(world, &fill, "passed");
}

static bool has_gone(void *ctx)
{
	struct service_world *world = ctx;
	struct store_usage usage;

	assert_int_equal(store_usage(service_store(world->service), "t", &usage, NULL), 0);
	return usage.report_bytes < world->settings.retention.bytes;
}

/* Whole outputs are history: they count, and the oldest go as soon as there is too much of it. */
static void outputs_are_counted_and_go(void **state)
{
	struct service_world *world = *state;
	struct store_usage usage;

	reopen(world, 1);
	struct submission loud = shell(world, NULL, "head -c 4000000 /dev/zero | tr '\\0' x");
	struct ear *first = service_world_run(world, &loud, "passed");
	assert_int_equal(store_usage(service_store(world->service), "t", &usage, NULL), 0);
	assert_in_range(usage.report_bytes, 4000000 + first->done, 9000000);
	service_world_close(world);
	world->settings.retention.bytes = 12000000;
	service_world_open(world);
	for (int i = 0; i < 4; i++)
		service_world_run(world, &loud, "passed");
	until(world, has_gone, world);
	struct arena *arena = &world->arena;
	const struct execution_row *row = NULL;
	assert_int_equal(
		store_execution(service_store(world->service), arena, "t", first->id, &row, NULL),
		0);
	assert_null(row);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(one_run_does_not_exceed_it),    REAL(what_is_to_be_kept_goes_back),
		REAL(many_at_once_do_not_exceed_it), REAL(what_is_removed_is_room_again),
		REAL(outputs_are_counted_and_go),
	};
	return cmocka_run_group_tests_name("service quota", tests, NULL, NULL);
}
