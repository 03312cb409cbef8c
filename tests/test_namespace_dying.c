/*
 * A launcher dies and the init of its command does not follow at once, or at all. We are the tracer of
 * those processes, which keeps them where they are. Runs real sandboxes.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "runners/namespace/cgroup.h"
#include "tests/plain_user.h"

enum { TICK_MS = 20, TICKS = 5, TURNS_MAX = 1000, WAIT_MS = 20000, HANGS_S = 60 };

/* The first child of a process; 0: it has none. */
static pid_t child_of(pid_t parent)
{
	char path[64];
	pid_t pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

static pid_t launcher(void)
{
	pid_t pid = child_of(getpid());

	assert_int_not_equal(pid, 0);
	return pid;
}

static void start_sleep(struct drive *d, struct sandbox_exec *exec)
{
	static const char *const argv[] = {"sleep", "600", NULL};

	*exec = (struct sandbox_exec){.argv = argv, .env = d->env, .limits = d->limits};
	d->err = (struct error){0};
	assert_int_equal(
		d->ops->exec(d->sandbox, exec, &d->arena, &d->out, drive_on_done, d, &d->err), 0);
}

/* Waits for a stop of a process that we trace. */
static void stops(pid_t pid, int event)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(status >> 16, event);
}

/* An init that is killed with its launcher and stays, its descriptors open, until we let it go. */
static pid_t hold_dying_init(void)
{
	pid_t parent = launcher(), init = 0;

	while (!(init = child_of(parent)) || !child_of(init))
		usleep(1000);
	if (ptrace(PTRACE_SEIZE, init, NULL, PTRACE_O_TRACEEXIT) < 0)
		return 0;
	kill(parent, SIGKILL);
	stops(init, PTRACE_EVENT_EXIT);
	return init;
}

static void on_turn(uv_check_t *check)
{
	++*(unsigned *)check->data;
}

static void on_tick(uv_timer_t *timer)
{
	if (--*(unsigned *)timer->data == 0)
		uv_timer_stop(timer);
}

/* How often the loop turns while it has nothing to do but wait. */
static unsigned turns(struct drive *d)
{
	unsigned count = 0, ticks = TICKS;
	uv_check_t check;
	uv_timer_t timer;

	uv_check_init(&d->loop, &check);
	uv_timer_init(&d->loop, &timer);
	check.data = &count;
	timer.data = &ticks;
	uv_check_start(&check, on_turn);
	uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
	alarm(HANGS_S); /* one that is held up inside a callback would be for ever */
	while (ticks && !d->done)
		uv_run(&d->loop, UV_RUN_ONCE);
	alarm(0);
	assert_int_equal(ticks, 0);
	uv_close((uv_handle_t *)&check, NULL);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&d->loop, UV_RUN_NOWAIT);
	return count;
}

static void test_loop_sleeps_while_init_dies(void **state)
{
	struct drive *d = *state;
	struct sandbox_exec exec;

	opened(d);
	start_sleep(d, &exec);
	pid_t init = hold_dying_init();
	if (!init)
		skip(); /* nobody may trace here */
	unsigned count = turns(d);
	ptrace(PTRACE_DETACH, init, NULL, NULL);
	assert_int_equal(drive_wait(d, 0), -1);
	assert_int_equal(d->err.code, ERROR_INTERNAL);
	assert_in_range(count, TICKS, TURNS_MAX);
}

/* In a process of its own, which ends as an engine does. */
static _Noreturn void leave_an_init(struct drive *d)
{
	struct sandbox_exec exec;
	pid_t init;

	if (drive_open(d, d->workspace))
		_exit(2);
	start_sleep(d, &exec);
	init = hold_dying_init();
	if (!init)
		_exit(77);
	if (drive_wait(d, 0) == 0 || kill(init, 0) < 0)
		_exit(3);
	drive_close(d);
	exit(kill(init, 0) < 0 ? 4 : 0);
}

static size_t groups_of(pid_t engine)
{
	struct buf dirs;
	char command[1024];
	size_t count = 0;

	buf_init(&dirs, 1 << 16);
	cgroup_describe(&dirs);
	for (char *dir = strtok(dirs.data, "\n"); dir; dir = strtok(NULL, "\n")) {
		snprintf(command, sizeof(command), "ls -d %s/assay-%d-* >/dev/null 2>&1", dir,
			 (int)engine);
		count += system(command) == 0; /* NOLINT(cert-env33-c) */
	}
	buf_done(&dirs);
	return count;
}

static void test_init_that_stays_is_given_up(void **state)
{
	struct drive *d = *state;
	int status;

	fflush(stdout);
	pid_t engine = fork();
	if (engine == 0)
		leave_an_init(d);
	assert_int_equal(waitpid(engine, &status, 0), engine);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	/* Its tracer's end let the init go; what it was in is left for us. */
	if (d->ops->recover(d->state, &d->err))
		fail_msg("recover: %s", d->err.text);
	assert_int_equal(groups_of(engine), 0);
}

/* Killed between the init's first instruction and its order to die with its launcher. */
static void test_init_without_launcher_starts_nothing(void **state)
{
	struct drive *d = *state;
	struct sandbox_exec exec;
	siginfo_t info;
	int status = 0;

	opened(d);
	pid_t parent = launcher();
	if (ptrace(PTRACE_SEIZE, parent, NULL,
		   PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK) < 0)
		skip();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	start_sleep(d, &exec);
	stops(parent, PTRACE_EVENT_FORK);
	unsigned long init = 0;
	assert_int_equal(ptrace(PTRACE_GETEVENTMSG, parent, NULL, &init), 0);
	stops((pid_t)init, PTRACE_EVENT_STOP);
	kill(parent, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)parent, &info, WEXITED | WNOWAIT), 0);
	ptrace(PTRACE_DETACH, init, NULL, NULL);
	assert_int_equal(drive_wait(d, 0), -1);
	pid_t gone = 0;
	for (int i = 0; gone == 0 && i < WAIT_MS; i++, usleep(1000))
		gone = waitpid((pid_t)init, &status, __WALL | WNOHANG);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	assert_int_equal(gone, init);
	assert_true(WIFEXITED(status));
}

/* clang-format off */
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS \
	RUNS(test_loop_sleeps_while_init_dies), \
	RUNS(test_init_that_stays_is_given_up), \
	RUNS(test_init_without_launcher_starts_nothing)
/* clang-format on */

AS_BOTH_USERS("namespace dying", TESTS)
