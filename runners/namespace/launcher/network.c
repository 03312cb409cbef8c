/* A sandbox's network: a namespace with loopback and nothing else. */
#include "runners/namespace/launcher/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/namespace/launcher/spawn.h"

enum { STACK = 64 * 1024 };

int network_up(struct error *err)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_errno(err, errno, "bring loopback up");
	close(fd);
	return 0;
}

static struct {
	pid_t pid;
	int fd;
	struct error err;
} maker;

static int make(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNET) < 0) {
		error_errno(&maker.err, errno, "make a network namespace");
		return 1;
	}
	if (network_up(&maker.err))
		return 1;
	/* Into the engine's own table, which this child shares. */
	maker.fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (maker.fd < 0)
		error_errno(&maker.err, errno, "hold the network namespace");
	return 0;
}

int network_start(struct error *err)
{
	static char stack[STACK] __attribute__((aligned(64)));

	/*
	 * Shares memory and descriptors, errno too: it makes few calls, and none that should fail.
	 */
	maker.fd = -1;
	maker.err = (struct error){0};
	maker.pid = spawn_sharing(make, stack, sizeof(stack), CLONE_FILES, NULL, NULL);
	return maker.pid < 0 ? error_errno(err, errno, "start a helper") : 0;
}

int network_wait(int *fd, struct error *err)
{
	while (waitpid(maker.pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	*fd = maker.fd;
	if (maker.fd < 0 && err)
		*err = maker.err;
	return maker.fd < 0 ? -1 : 0;
}
