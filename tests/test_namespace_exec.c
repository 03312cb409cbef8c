/* The namespace sandbox runs commands: endings, output, limits of time. Runs real sandboxes. */
#include <sched.h>

#include "runners/namespace/overlay/storage.h"
#include "tests/drive_cmocka.h"

/* ---- commands ---- */

static void test_command_ends_as_it_says(void **state)
{
	struct drive *d = *state;

	opened(d);
	shell(d, "echo out; echo err >&2; exit 3");
	assert_int_equal(d->out.exit_code, 3);
	assert_int_equal(d->out.signal, 0);
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_string_equal(d->out.out.text, "out\n");
	assert_string_equal(d->out.err.text, "err\n");
	assert_int_equal(d->out.out.bytes, 4);
	assert_false(d->out.pipe_kept);
	shell(d, "kill -SEGV $$");
	assert_int_equal(d->out.ended_by, ENDED_SIGNAL);
	assert_int_equal(d->out.signal, 11);
	assert_int_equal(d->out.exit_code, -1);
}

static void test_missing_command_is_no_error(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"no-such-tool", NULL};

	opened(d);
	assert_int_equal(drive_exec(d, argv), 0);
	assert_int_equal(d->out.exit_code, 127);
	assert_string_equal(d->out.err.text, "no-such-tool: command not found\n");
	says(d, "pwd", "/workspace\n");
}

static void test_command_gets_only_its_environment(void **state)
{
	static const char *const env[] = {"PATH=/usr/bin", "ONE=1", NULL};
	struct drive *d = *state;

	d->env = env;
	opened(d);
	says(d, "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort",
	     "ONE=1\nPATH=/usr/bin\n");
}

static void test_script_without_interpreter_line(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"./run", "a b", NULL};
	struct file file = {.path = "run", .data = "echo \"$1\"\n", .len = 10, .executable = true};

	opened(d);
	assert_int_equal(
		drive_wait(d, d->ops->put(d->sandbox, &file, 1, drive_on_done, d, &d->err)), 0);
	assert_int_equal(drive_exec(d, argv), 0);
	assert_string_equal(d->out.out.text, "a b\n");
}

static void test_time_limit(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.time_ms = 200;
	do { /* on a busy machine the shell may need longer to say it */
		d->limits.time_ms *= 2;
		shell(d, "echo before; sleep 600");
		assert_int_equal(d->out.ended_by, ENDED_TIMEOUT);
		assert_int_equal(d->out.exit_code, -1);
		assert_true(d->out.wall_ms < 600000);
	} while (d->out.out.len == 0 && d->limits.time_ms < 60000);
	assert_string_equal(d->out.out.text, "before\n");
	d->limits.time_ms = 60000;
	says(d, "echo again", "again\n");
}

static void test_output_keeps_head_and_tail(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.output = 1000;
	shell(d, "seq 1 10000");
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_int_equal(d->out.out.bytes, 48894);
	assert_int_equal(d->out.out.dropped, 47894);
	assert_memory_equal(d->out.out.text, "1\n2\n3\n", 6);
	assert_non_null(strstr(d->out.out.text, "\n... 47894 bytes dropped ...\n"));
	assert_memory_equal(d->out.out.text + d->out.out.len - 6, "10000\n", 6);
}

static void test_spool_has_everything(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"seq", "1", "10000", NULL};
	char spool[128], path[160];
	struct sandbox_exec exec = {.argv = argv, .env = d->env, .limits = d->limits};
	struct stat st;

	opened(d);
	snprintf(spool, sizeof(spool), "%s/spool", d->folder);
	exec.spool = spool;
	exec.limits.output = 100;
	assert_int_equal(drive_wait(d, d->ops->exec(d->sandbox, &exec, &d->arena, &d->out,
						    drive_on_done, d, &d->err)),
			 0);
	snprintf(path, sizeof(path), "%s.stdout", spool);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 48894);
}

static void test_endless_output_is_ended(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.output_file = 1 << 20;
	shell(d, "yes");
	assert_int_equal(d->out.ended_by, ENDED_OUTPUT);
	assert_true(d->out.out.bytes >= 1 << 20);
	assert_true(d->out.out.len <= d->limits.output + 64);
}

static void test_kill_cancels(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"sleep", "60", NULL};
	struct sandbox_exec exec = {.argv = argv, .env = d->env, .limits = d->limits};

	opened(d);
	assert_int_equal(
		d->ops->exec(d->sandbox, &exec, &d->arena, &d->out, drive_on_done, d, &d->err), 0);
	d->ops->kill(d->sandbox);
	assert_int_equal(drive_wait(d, 0), 0);
	assert_int_equal(d->out.ended_by, ENDED_CANCEL);
}

static void test_close_ends_a_running_command(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"sleep", "60", NULL};
	struct sandbox_exec exec = {.argv = argv, .env = d->env, .limits = d->limits};
	struct drive closed = {.done = false};

	opened(d);
	assert_int_equal(
		d->ops->exec(d->sandbox, &exec, &d->arena, &d->out, drive_on_done, d, &d->err), 0);
	d->ops->close(d->sandbox, drive_on_closed, &closed);
	while (!closed.done)
		uv_run(&d->loop, UV_RUN_ONCE);
	assert_true(d->done);
	assert_int_equal(d->out.ended_by, ENDED_CANCEL);
	d->sandbox = NULL;
}

static void test_no_real_time_class(void **state)
{
	const struct sched_param some = {.sched_priority = 1}, none = {0};
	struct drive *d = *state;

	if (sched_setscheduler(0, SCHED_FIFO, &some) != 0)
		skip(); /* this host gives it to nobody here */
	int rc = drive_open(d, d->workspace);
	sched_setscheduler(0, SCHED_OTHER, &none);
	assert_int_equal(rc, 0);
	says(d, "cut -d ' ' -f 41 /proc/self/stat", "0\n");
}

static void test_daemon_does_not_hold_us_up(void **state)
{
	struct drive *d = *state;

	opened(d);
	shell(d, "(setsid sleep 60 &) ; echo done");
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_string_equal(d->out.out.text, "done\n");
	assert_true(d->out.pipe_kept);
	/* Once it has got as far as its redirections. */
	shell(d, "(setsid sh -c '>/tmp/there; exec sleep 60' >/dev/null 2>&1 &);"
		 " until [ -e /tmp/there ]; do sleep 0.01; done; echo done");
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_false(d->out.pipe_kept);
}

/* ---- the rest ---- */

static void test_fetch(void **state)
{
	struct drive *d = *state;
	struct buf content;

	opened(d);
	buf_init(&content, 100);
	shell(d, "echo report >/out/report.xml; ln -s /etc/passwd /out/link; mkfifo /out/pipe");
	assert_int_equal(d->ops->fetch(d->sandbox, "report.xml", &content, &d->err), 0);
	assert_string_equal(content.data, "report\n");
	assert_int_equal(d->ops->fetch(d->sandbox, "absent", &content, &d->err), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_int_equal(d->ops->fetch(d->sandbox, "link", &content, &d->err), -1);
	assert_int_equal(d->ops->fetch(d->sandbox, "pipe", &content, &d->err), -1);
	assert_int_equal(d->ops->fetch(d->sandbox, "../etc/passwd", &content, &d->err), -1);
	buf_done(&content);
}

static void test_egress_is_the_only_listener(void **state)
{
	struct drive *d = *state;
	int fd = -1, again = -1;

	opened(d);
	assert_int_equal(d->ops->egress(d->sandbox, &fd, &d->err), 0);
	assert_true(fd >= 0);
	assert_int_equal(d->ops->egress(d->sandbox, &again, &d->err), -1);
	close(fd);
	says(d, "echo alive", "alive\n");
}

static void test_two_sandboxes_at_once(void **state)
{
	struct drive *d = *state;
	struct sandbox *first;

	opened(d);
	first = d->sandbox;
	opened(d);
	assert_int_equal(drive_put(d, "only-here", "x"), 0);
	struct sandbox *second = d->sandbox;
	d->sandbox = first;
	says(d, "ls", "");
	drive_close(d);
	d->sandbox = second;
	says(d, "ls", "only-here\n");
}

/* What files hold in memory no limit can take away, and the sandbox must outlive the attempt. */
static void test_memory_limit_below_what_is_held(void **state)
{
	struct drive *d = *state;
	struct isolation walls;

	opened(d);
	d->ops->isolation(d->sandbox, &walls);
	if (strcmp(walls.cgroup, "v1") != 0 || !storage_on_tmpfs())
		skip();
	shell(d, "head -c 64M /dev/zero >held");
	d->limits.memory = 16 << 20;
	if (drive_shell(d, "true")) /* some hosts have swap for it */
		assert_non_null(strstr(d->err.text, "limits"));
	d->limits.memory = 512 << 20;
	says(d, "wc -c <held", "67108864\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_command_ends_as_it_says),
		RUNS(test_missing_command_is_no_error),
		RUNS(test_command_gets_only_its_environment),
		RUNS(test_script_without_interpreter_line),
		RUNS(test_time_limit),
		RUNS(test_output_keeps_head_and_tail),
		RUNS(test_spool_has_everything),
		RUNS(test_endless_output_is_ended),
		RUNS(test_kill_cancels),
		RUNS(test_close_ends_a_running_command),
		RUNS(test_no_real_time_class),
		RUNS(test_daemon_does_not_hold_us_up),
		RUNS(test_fetch),
		RUNS(test_egress_is_the_only_listener),
		RUNS(test_two_sandboxes_at_once),
		RUNS(test_memory_limit_below_what_is_held),
	};

	return cmocka_run_group_tests_name("namespace exec", tests, NULL, NULL);
}
