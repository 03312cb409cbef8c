/* What the engine and a sandbox's launcher say to each other: packets with descriptors. */
#include "runners/namespace/launcher/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * MESSAGE_FDS)];
};

int message_send(int socket, const struct message *message, const char *strings, const int *fds,
		 size_t fd_count)
{
	struct iovec parts[2] = {
		{(void *)message, sizeof(*message)},
		{(void *)strings, message->string_bytes},
	};
	union control control = {0};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};

	if (fd_count > 0) {
		header.msg_control = control.space;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

static void take_fds(struct msghdr *header, int fds[MESSAGE_FDS])
{
	for (size_t i = 0; i < MESSAGE_FDS; i++)
		fds[i] = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (count > MESSAGE_FDS)
			count = MESSAGE_FDS;
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	}
}

int message_receive(int socket, struct message *message, char *strings, size_t max,
		    int fds[MESSAGE_FDS], int flags)
{
	struct iovec parts[2] = {
		{message, sizeof(*message)},
		{strings, strings ? max : 0},
	};
	union control control = {0};
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t got;
	/* ECONNRESET, once: the other end was closed with packets unread. Its last words come after it. */
	do
		got = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got <= 0)
		return (int)got;
	take_fds(&header, fds);
	size_t rest = (size_t)got - sizeof(*message);
	if ((size_t)got < sizeof(*message) || rest != message->string_bytes ||
	    (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < MESSAGE_FDS; i++) {
			if (fds[i] >= 0)
				close(fds[i]);
			fds[i] = -1;
		}
		errno = EBADMSG;
		return -1;
	}
	return 1;
}
