/* Runs a group of tests as a plain user first, when we are root: both kinds of engine are tested. */
#ifndef TESTS_PLAIN_USER_H
#define TESTS_PLAIN_USER_H

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/drive_cmocka.h"

enum { PLAIN_UID = 54321 };

/*
 * The exit status of group() in a child that gave up root; what it printed goes to standard error
 * when that is not 0. As somebody else than root: 0 at once.
 */
static inline int plain_user_run(int (*group)(void))
{
	FILE *log = geteuid() == 0 ? tmpfile() : NULL;
	int status = -1;

	if (!log)
		return 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (setgroups(0, NULL) || setresgid(PLAIN_UID, PLAIN_UID, PLAIN_UID) ||
		    setresuid(PLAIN_UID, PLAIN_UID, PLAIN_UID))
			_exit(99);
		/* Changing ids takes the right to write one's own /proc files away. */
		prctl(PR_SET_DUMPABLE, 1);
		dup2(fileno(log), 1);
		dup2(fileno(log), 2);
		int failed = group();
		fflush(NULL);
		_exit(failed ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	if (status != 0) {
		rewind(log);
		for (int c; (c = getc(log)) != EOF;)
			putc(c, stderr);
	}
	fclose(log);
	return status;
}

static int plain_user_status;

static inline void test_all_of_it_as_a_plain_user(void **state)
{
	(void)state;
	assert_int_equal(plain_user_status, 0);
}

/* main() for a list of tests. */
#define AS_BOTH_USERS(name, list)                                                                  \
	static int run_plain(void)                                                                 \
	{                                                                                          \
		const struct CMUnitTest tests[] = {list};                                          \
                                                                                                   \
		return cmocka_run_group_tests_name(name " (plain user)", tests, NULL, NULL);       \
	}                                                                                          \
                                                                                                   \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = {                                                \
			list,                                                                      \
			cmocka_unit_test(test_all_of_it_as_a_plain_user),                          \
		};                                                                                 \
                                                                                                   \
		plain_user_status = plain_user_run(run_plain);                                     \
		return cmocka_run_group_tests_name(name, tests, NULL, NULL);                       \
	}

#endif
