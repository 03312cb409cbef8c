/* Snapshots: a name for a state, to go back to or to start another sandbox from. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/service_sandbox.h"

static void rollback_says_what_it_reverts(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	snapshot(world, sandbox, "empty");
	write_file(world, sandbox, "a", "1");
	const char *id = snapshot(world, sandbox, NULL);
	write_file(world, sandbox, "a", "2");
	write_file(world, sandbox, "b", "2");

	struct changes changes = roll_back(world, sandbox, id);
	assert_true(changes.verified);
	assert_int_equal(changes.count, 2);
	assert_string_equal(changes.items[0].path, "a");
	assert_int_equal(changes.items[0].what, 'M');
	assert_string_equal(changes.items[1].path, "b");
	assert_int_equal(changes.items[1].what, 'D');
	assert_string_equal(service_world_file(world, sandbox, "a"), "1");
	assert_string_equal(service_world_file(world, sandbox, "b"), "");

	changes = roll_back(world, sandbox, "empty");
	assert_true(changes.verified);
	assert_int_equal(changes.count, 1);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	changes = roll_back(world, sandbox, "empty");
	assert_true(changes.verified);
	assert_int_equal(changes.count, 0);
	roll_back(world, sandbox, id); /* and forward again */
	assert_string_equal(service_world_file(world, sandbox, "a"), "1");
}

static void back_to_the_last_success(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, passing_text);
	struct end end = {.world = world};

	assert_int_equal(service_rollback(world->service, "t", sandbox, SERVICE_LAST_SUCCESS,
					  end_rollback, &end, &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_NOT_FOUND);
	service_world_run(world, &submission, "passed");
	submission = a_submission(sandbox, failing_text);
	submission.on_failure = ON_FAILURE_KEEP;
	service_world_run(world, &submission, "tests_failed");
	assert_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	const char *fork = fork_of(world, sandbox, SERVICE_LAST_SUCCESS);
	assert_true(service_sandbox(world->service, "t", fork, NULL)->succeeded);
	roll_back(world, sandbox, SERVICE_LAST_SUCCESS);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	assert_non_null(strstr(service_world_file(world, fork, "calc.py"), "-1 if n < 0"));
}

struct chain {
	struct service_world *world;
	const char *sandbox;
	struct end first, second;
};

static void roll_back_again(void *ctx, const struct changes *changes, const struct error *err)
{
	struct chain *chain = ctx;

	end_rollback(&chain->first, changes, err);
	assert_int_equal(service_rollback(chain->world->service, "t", chain->sandbox, "one",
					  end_rollback, &chain->second, NULL),
			 0);
}

static void roll_back_now(void *ctx, const struct outcome *outcome)
{
	struct chain *chain = ctx;

	(void)outcome;
	assert_int_equal(service_rollback(chain->world->service, "t", chain->sandbox, "one",
					  roll_back_again, chain, NULL),
			 0);
}

/* Whoever hears that something has ended finds the sandbox free. */
static void one_follows_the_other(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct chain chain = {world, sandbox, {.world = world}, {.world = world}};
	struct submission submission = a_submission(sandbox, "```bash\necho 2 > a\n```");
	const struct listener listener = {.on_done = roll_back_now, .ctx = &chain};
	struct ticket ticket;

	write_file(world, sandbox, "a", "1");
	snapshot(world, sandbox, "one");
	assert_int_equal(service_submit(world->service, &submission, &listener, &ticket, NULL), 0);
	end_expect(&chain.first, ERROR_NONE);
	end_expect(&chain.second, ERROR_NONE);
	assert_int_equal(chain.first.changes.count, 2); /* main.sh, too */
	assert_int_equal(chain.second.changes.count, 0);
	assert_string_equal(service_world_file(world, sandbox, "a"), "1");
}

static void forks_go_their_own_ways(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	write_file(world, sandbox, "a", "1");
	snapshot(world, sandbox, "one");
	write_file(world, sandbox, "a", "2");
	const char *now = fork_of(world, sandbox, NULL), *then = fork_of(world, sandbox, "one");
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "1");
	write_file(world, then, "a", "3");
	remove_sandbox(world, sandbox);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL));
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "3");
	service_world_close(world);
	service_world_open(world);
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "3");
	remove_sandbox(world, now);
	remove_sandbox(world, then);
	until(world, no_revisions, world);
}

static void names_of_snapshots_are_checked(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	static const char *const bad[] = {"", "a\nb", SERVICE_LAST_SUCCESS};
	struct end end = {.world = world};

	snapshot(world, sandbox, "one");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(service_snapshot(world->service, "t", sandbox, bad[i], NULL,
						  end_snapshot, &end, &end.err),
				 -1);
		assert_int_equal(end.err.code, ERROR_USAGE);
	}
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "one", NULL, end_snapshot,
					  &end, &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_CONFLICT);

	/* Two at once: the store knows which was first. */
	struct end first = {.world = world}, second = {.world = world};
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "two", NULL, end_snapshot,
					  &first, NULL),
			 0);
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "two", NULL, end_snapshot,
					  &second, NULL),
			 0);
	end_expect(&first, ERROR_NONE);
	end_expect(&second, ERROR_CONFLICT);
	assert_int_equal(service_rollback(world->service, "t", sandbox, "three", end_rollback, &end,
					  &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_NOT_FOUND);
}

/* Changes one byte of a revision's file behind everybody's back, and leaves no trace in its times. */
static void flip(struct service_world *world, const char *revision, const char *path)
{
	const char *file = arena_printf(&world->arena, "%s/revisions/%s/%s", world->state, revision,
					path);
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	const struct timespec times[] = {st.st_atim, st.st_mtim};
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static const char *quarantined(struct service_world *world, const char *sandbox)
{
	return service_sandbox(world->service, "t", sandbox, NULL)->quarantined;
}

static void a_rollback_to_what_was_tampered_with_says_so(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	const struct submission submission = a_submission(sandbox, shell_text);
	const struct file file = {.path = "c", .data = "3", .len = 1};
	struct end end = {.world = world};

	snapshot(world, sandbox, "empty");
	write_file(world, sandbox, "sub/a", "1");
	const char *first = arena_string(&world->arena,
					 service_sandbox(world->service, "t", sandbox, NULL)->head);
	write_file(world, sandbox, "b", "2");
	snapshot(world, sandbox, "both");
	write_file(world, sandbox, "c", "3");
	assert_true(roll_back(world, sandbox, "both").verified);
	assert_null(quarantined(world, sandbox));

	flip(world, first, "sub/a"); /* not in the newest layer, but beneath it */
	struct changes changes = roll_back(world, sandbox, "both");
	assert_false(changes.verified);
	assert_true(changes.spoiled);
	service_world_close(world);
	service_world_open(world);
	assert_non_null(strstr(quarantined(world, sandbox), first));
	service_world_refused(world, &submission, ERROR_DENIED);
	assert_int_equal(
		service_write(world->service, "t", sandbox, &file, 1, end_done, &end, &end.err),
		-1);
	assert_int_equal(end.err.code, ERROR_DENIED);

	assert_true(roll_back(world, sandbox, "empty").verified);
	assert_null(quarantined(world, sandbox));
	write_file(world, sandbox, "c", "3");
	flip(world, first, "sub/a"); /* as it was */
	assert_true(roll_back(world, sandbox, "both").verified);
}

/* Another name, another mode, a link that leads elsewhere. */
static void all_that_a_revision_holds_is_sealed(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	static const char *const commands[] = {"echo 1 > a; ln -s a l; mkdir d", NULL};
	const struct submission submission = {
		.tenant = "t", .sandbox = sandbox, .input = {.commands = commands}};

	service_world_run(world, &submission, "passed");
	snapshot(world, sandbox, "one");
	const char *folder = arena_printf(
		&world->arena, "%s/revisions/%s", world->state,
		service_sandbox(world->service, "t", sandbox, NULL)->head);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(roll_back(world, sandbox, "one").verified);
	assert_int_equal(fchmodat(fd, "a", 0755, 0), 0);
	assert_true(roll_back(world, sandbox, "one").spoiled);
	assert_int_equal(fchmodat(fd, "a", 0644, 0), 0);
	assert_true(roll_back(world, sandbox, "one").verified);
	assert_int_equal(unlinkat(fd, "l", 0), 0);
	assert_int_equal(symlinkat("b", fd, "l"), 0);
	assert_true(roll_back(world, sandbox, "one").spoiled);
	assert_int_equal(unlinkat(fd, "l", 0), 0);
	assert_int_equal(symlinkat("a", fd, "l"), 0);
	assert_true(roll_back(world, sandbox, "one").verified);
	assert_int_equal(unlinkat(fd, "d", AT_REMOVEDIR), 0);
	assert_true(roll_back(world, sandbox, "one").spoiled);
	assert_int_equal(fremovexattr(fd, "user.overlay.assay.seal"), 0);
	struct changes changes = roll_back(world, sandbox, "one");
	assert_false(changes.verified);
	assert_false(changes.spoiled); /* nobody knows */
	assert_null(quarantined(world, sandbox));
	close(fd);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(rollback_says_what_it_reverts),
		REAL(back_to_the_last_success),
		REAL(one_follows_the_other),
		REAL(forks_go_their_own_ways),
		REAL(names_of_snapshots_are_checked),
		REAL(a_rollback_to_what_was_tampered_with_says_so),
		REAL(all_that_a_revision_holds_is_sealed),
	};
	return cmocka_run_group_tests_name("service snapshots", tests, NULL, NULL);
}
