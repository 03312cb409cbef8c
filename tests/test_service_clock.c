/* The time of day is set while the service runs: a sandbox lives as long as it was told to, whatever it says. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/service_world.h"

static const int64_t DAY_S = 24 * 3600;

static int64_t set_by_s;

/* In place of the C library's, for everybody in this process. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, out);

	if (rc == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += set_by_s;
	return rc;
}

static int set_up(void **state)
{
	set_by_s = 0;
	return service_world_up_scripted(state);
}

static const char *make(struct service_world *world, uint64_t ttl_ms)
{
	const struct sandbox_request request = {.tenant = "t", .ttl_ms = ttl_ms};
	struct end end = {.world = world};

	assert_int_equal(service_sandbox_create(world->service, &request, end_sandbox, &end, NULL),
			 0);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

static bool is_there(struct service_world *world, const char *id)
{
	return service_sandbox(world->service, "t", id, NULL) != NULL;
}

static void until_gone(struct service_world *world, const char *id)
{
	uint64_t since = uv_hrtime();

	while (is_there(world, id)) {
		uv_run(&world->loop, UV_RUN_ONCE);
		if (uv_hrtime() - since > UINT64_C(120) * 1000000000)
			fail_msg("it is still there");
	}
}

static void a_clock_that_is_set_on_ends_no_sandbox(void **state)
{
	struct service_world *world = *state;
	const char *lasting = make(world, 3600 * 1000), *brief = make(world, 300);

	set_by_s = DAY_S;
	until_gone(world, brief);
	assert_true(is_there(world, lasting));
	service_world_close(world);
	service_world_open(world); /* and it is written down */
	until_gone(world, make(world, 300));
	assert_true(is_there(world, lasting));
}

static void a_clock_that_is_set_back_keeps_no_sandbox(void **state)
{
	struct service_world *world = *state;
	const char *brief = make(world, 300);

	set_by_s = -DAY_S;
	until_gone(world, brief);
}

static void one_that_is_used_just_then_lives_on(void **state)
{
	struct service_world *world = *state;
	const char *used = make(world, 3600 * 1000);

	set_by_s = -DAY_S;
	struct submission submission = a_submission(used, shell_text);
	service_world_run(world, &submission, "passed");
	until_gone(world, make(world, 300));
	assert_true(is_there(world, used));
	const struct sandbox_row *row = service_sandbox(world->service, "t", used, NULL);
	assert_true(row->expires_ms - row->used_ms == 3600 * 1000);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, service_world_down)
	const struct CMUnitTest tests[] = {
		TEST(a_clock_that_is_set_on_ends_no_sandbox),
		TEST(a_clock_that_is_set_back_keeps_no_sandbox),
		TEST(one_that_is_used_just_then_lives_on),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
