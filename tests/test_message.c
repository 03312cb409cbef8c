/* Tests of the packets between the engine and its launchers. */
#include "runners/namespace/launcher/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* after those that it needs */
#include <cmocka.h>

static void test_last_words_are_heard(void **state)
{
	struct message message = {.type = MESSAGE_FAILED}, got = {.type = MESSAGE_GO};
	int sockets[2], fds[MESSAGE_FDS];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	error_set(&message.error, ERROR_NO_SPACE, "no room");
	assert_int_equal(message_send(sockets[1], &message, NULL, NULL, 0), 0);
	/* which the other end does not read before it goes */
	assert_int_equal(message_send(sockets[0], &got, NULL, NULL, 0), 0);
	close(sockets[1]);
	assert_int_equal(message_receive(sockets[0], &got, NULL, 0, fds, MSG_DONTWAIT), 1);
	assert_int_equal(got.type, MESSAGE_FAILED);
	assert_string_equal(got.error.text, "no room");
	assert_int_equal(message_receive(sockets[0], &got, NULL, 0, fds, MSG_DONTWAIT), 0);
	close(sockets[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_words_are_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
