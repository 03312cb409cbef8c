/* A sandbox's network: a namespace with loopback and nothing else. */
#include "runners/namespace/launcher/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "runners/namespace/launcher/message.h"

enum { STACK = 256 * 1024 };

/* The next sandbox's, which nothing has been in. */
static struct {
	pthread_mutex_t lock;
	pid_t engine; /* whose it is: a child that was forked has none */
	int network; /* -1: none */
	bool coming;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

int network_up(struct error *err)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	int rc = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0
			 ? error_errno(err, errno, "bring loopback up")
			 : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The network belongs to this thread alone, and lives on in the descriptor that is sent. */
static int make(struct error *err)
{
	if (unshare(CLONE_NEWNET) < 0)
		return error_errno(err, errno, "make a network namespace");
	if (network_up(err))
		return -1;
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, errno, "hold the network namespace") : fd;
}

static void *make_and_send(void *arg)
{
	struct message message = {.type = MESSAGE_NETWORK};
	int socket = *(int *)arg;
	int network = make(&message.error);

	if (network < 0)
		message.type = MESSAGE_FAILED;
	message_send(socket, &message, NULL, &network, network >= 0);
	if (network >= 0)
		close(network);
	close(socket);
	free(arg);
	return NULL;
}

static void *make_spare(void *arg)
{
	struct error ignored;
	int network = make(&ignored);

	(void)arg;
	pthread_mutex_lock(&spare.lock);
	spare.network = network;
	spare.coming = false;
	pthread_mutex_unlock(&spare.lock);
	return NULL;
}

/* -1: there is none. */
static int take_spare(void)
{
	int network = -1;

	pthread_mutex_lock(&spare.lock);
	if (spare.engine == getpid()) {
		network = spare.network;
		spare.network = -1;
	}
	pthread_mutex_unlock(&spare.lock);
	return network;
}

static bool spare_is_wanted(void)
{
	pid_t engine = getpid();

	pthread_mutex_lock(&spare.lock);
	if (spare.engine != engine) {
		spare.engine = engine;
		spare.network = -1;
		spare.coming = false;
	}
	bool wanted = spare.network < 0 && !spare.coming;
	if (wanted)
		spare.coming = true;
	pthread_mutex_unlock(&spare.lock);
	return wanted;
}

static int start_thread(void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread, &attributes, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return failed;
}

void network_prepare(void)
{
	/* One that cannot be made will be missed, and complained of, by the sandbox that needs it. */
	if (spare_is_wanted() && start_thread(make_spare, NULL) != 0)
		spare.coming = false;
}

static int send_network(int socket, int network, struct error *err)
{
	const struct message message = {.type = MESSAGE_NETWORK};
	int rc = message_send(socket, &message, NULL, &network, 1) == 0
			 ? 0
			 : error_errno(err, errno, "send the network namespace");

	close(network);
	return rc;
}

int network_start(int socket, struct error *err)
{
	int network = take_spare();
	if (network >= 0)
		return send_network(socket, network, err);
	/* Its own, for whoever opens the sandbox may give up before. */
	int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return error_errno(err, errno, "hold the launcher's socket");
	int *arg = memory_alloc(sizeof(*arg));
	*arg = copy;
	int failed = start_thread(make_and_send, arg);
	if (!failed)
		return 0;
	free(arg);
	close(copy);
	return error_errno(err, failed, "start a thread");
}
