/* The memory limit where no control group can be had: it sees every process of a command. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runners/namespace/watch.h"

enum { NESTED = 150, LOOKS_MAX = 400 };

/* Each is the child of the one before. */
static _Noreturn void nest(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < NESTED && fork() == 0; i++)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void on_over(void *ctx)
{
	(void)ctx;
}

static void on_closed(uv_handle_t *handle)
{
	(void)handle;
}

static void test_nested_processes_are_seen(void **state)
{
	struct watch watch;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	pid_t root = fork();
	if (root == 0)
		nest();
	watch_start(&watch, &loop, root, UINT64_MAX, on_over, NULL);
	for (int i = 0; watch.processes < NESTED - 1 && i < LOOKS_MAX; i++)
		uv_run(&loop, UV_RUN_ONCE);
	watch_stop(&watch, on_closed);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	kill(root, SIGKILL);
	waitpid(root, NULL, 0);
	assert_int_equal(watch.processes, NESTED - 1); /* without the one that would be the init */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested_processes_are_seen),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
