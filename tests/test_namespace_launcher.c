/* Launchers that are forked from the stem instead of the engine. Runs real sandboxes. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/plain_user.h"

static void read_comm(pid_t pid, char out[32])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FILE *file = fopen(path, "r");
	out[0] = '\0';
	if (!file)
		return;
	if (fgets(out, 32, file))
		out[strcspn(out, "\n")] = '\0';
	fclose(file);
}

/* A child of ours, by its name; 0: there is none. */
static pid_t child(const char *name)
{
	char path[64], comm[32];
	pid_t found = 0, pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%d", &pid) == 1) {
		read_comm(pid, comm);
		if (strcmp(comm, name) == 0)
			found = pid;
	}
	fclose(file);
	return found;
}

/* Once it has its name, which it gives itself. */
static pid_t stem(void)
{
	pid_t pid;

	for (int i = 0; !(pid = child("assay-stem")) && i < 1000; i++)
		usleep(10000);
	return pid;
}

static void test_launcher_is_our_child(void **state)
{
	struct drive *d = *state;
	struct error err = {0};

	assert_int_equal(d->ops->prepare(&err), 0);
	assert_int_equal(d->ops->prepare(&err), 0); /* there is one */
	pid_t pid = stem();
	assert_int_not_equal(pid, 0);
	opened(d);
	assert_int_not_equal(child("assay-sandbox"), 0);
	says(d, "id -u; kill -TERM $$ && echo no", "1000\n");
	assert_int_equal(d->out.signal, SIGTERM);
	says(d, "ls -A /proc/self/fd | tr '\\n' ' '", "0 1 2 3 ");
	drive_close(d);
	assert_int_equal(child("assay-sandbox"), 0);
	assert_int_equal(stem(), pid);
}

static void test_signals_to_the_group_pass_it_by(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct drive *d = *state;
	pid_t pid = stem();

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		kill(pid, signals[i]);
	opened(d);
	says(d, "echo here", "here\n");
	assert_int_equal(stem(), pid);
}

static void test_without_it_the_engine_forks(void **state)
{
	struct drive *d = *state;

	kill(stem(), SIGKILL);
	opened(d);
	says(d, "echo here", "here\n");
	assert_int_equal(child("assay-stem"), 0); /* its remains were collected */
	drive_close(d);
	opened(d);
	says(d, "echo again", "again\n");
}

/* What a closed sandbox leaves to others to wait for stays a zombie where process 1 waits for nobody. */
static void test_nothing_is_left_to_wait_for(void **state)
{
	struct drive *d = *state;
	struct error err = {0};

	/* Orphans come to us, as they do to an engine that is a container's process 1. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < 20; i++) {
		if (i % 2)
			assert_int_equal(d->ops->prepare(&err), 0);
		opened(d);
		says(d, "sleep 9 & echo here", "here\n");
		drive_close(d);
		d->ops->retire();
		assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

/* Though they are made ahead. */
static void test_no_network_comes_twice(void **state)
{
	enum { SANDBOXES = 6 };
	struct drive *d = *state;
	struct sandbox *sandboxes[SANDBOXES];
	char seen[SANDBOXES][64];

	for (int i = 0; i < SANDBOXES; i++) {
		opened(d);
		says(d, "grep -q 127.0.0.1 /proc/net/fib_trie && echo up", "up\n");
		shell(d, "readlink /proc/self/ns/net");
		snprintf(seen[i], sizeof(seen[i]), "%s", d->out.out.text);
		assert_int_equal(strncmp(seen[i], "net:[", 5), 0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(seen[i], seen[j]);
		sandboxes[i] = d->sandbox; /* all at once, for numbers come back */
	}
	for (int i = 0; i < SANDBOXES; i++) {
		d->sandbox = sandboxes[i];
		drive_close(d);
	}
}

/* clang-format off */
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS \
	RUNS(test_launcher_is_our_child), \
	RUNS(test_signals_to_the_group_pass_it_by), \
	RUNS(test_without_it_the_engine_forks), \
	RUNS(test_no_network_comes_twice), \
	RUNS(test_nothing_is_left_to_wait_for)
/* clang-format on */

AS_BOTH_USERS("namespace launch", TESTS)
