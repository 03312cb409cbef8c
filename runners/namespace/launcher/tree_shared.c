/* The shared part of the file tree, kept as a mount namespace. */
#include "runners/namespace/launcher/tree_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "runners/namespace/launcher/message.h"

enum { KEPT = 8 };

static struct {
	char key[DIGEST_HEX];
	int fd;
} kept[KEPT];
static unsigned kept_count;

/* A folder that was replaced is another one, though its path is the same. */
static void add_folder(struct digest *digest, const char *path)
{
	struct stat st = {0};

	stat(path, &st);
	const uint64_t identity[] = {st.st_dev, st.st_ino};
	digest_add_string(digest, path);
	digest_add(digest, identity, sizeof(identity));
}

static void make_key(const struct tree_plan *plan, char key[DIGEST_HEX])
{
	struct digest digest;

	digest_init(&digest);
	add_folder(&digest, "/usr");
	add_folder(&digest,
		   "/etc/ld.so.cache"); /* written anew by every package that has a library */
	add_folder(&digest, "/etc/ssl");
	add_folder(&digest, plan->layers);
	add_folder(&digest, plan->revisions);
	add_folder(&digest, plan->building);
	for (const char *const *it = plan->mounts; it && *it; it++)
		add_folder(&digest, *it);
	digest_end(&digest, key);
}

static _Noreturn void build(const struct tree_plan *plan, int socket, pid_t engine)
{
	struct message message = {.type = MESSAGE_READY};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != engine)
		_exit(0);
	umask(0);
	if (tree_build(plan, &message.error))
		message.type = MESSAGE_FAILED;
	message_send(socket, &message, NULL, NULL, 0);
	/* Until the namespace has been taken hold of. */
	for (;;)
		pause();
}

static int hold(pid_t pid, int socket, struct error *err)
{
	struct message message;
	int fds[MESSAGE_FDS];
	char path[64];

	if (message_receive(socket, &message, NULL, 0, fds, 0) <= 0)
		return error_set(err, ERROR_INTERNAL, "the file tree was not made");
	if (message.type == MESSAGE_FAILED) {
		*err = message.error;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, errno, "hold the file tree") : fd;
}

static int make(const struct tree_plan *plan, struct error *err)
{
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_CLEAR_SIGHAND,
				  .exit_signal = SIGCHLD};
	pid_t engine = getpid();
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, errno, "make a socket pair");
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		build(plan, sockets[1], engine);
	int failed = errno;
	close(sockets[1]);
	int fd = pid < 0 ? error_errno(err, failed, "make a mount namespace")
			 : hold(pid, sockets[0], err);
	close(sockets[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return fd;
}

int tree_shared_get(const struct tree_plan *plan, int *fd, struct error *err)
{
	char key[DIGEST_HEX];

	make_key(plan, key);
	for (unsigned i = 0; i < kept_count && i < KEPT; i++) {
		if (strcmp(kept[i].key, key) == 0) {
			*fd = kept[i].fd;
			return 0;
		}
	}
	*fd = make(plan, err);
	if (*fd < 0)
		return -1;
	unsigned slot = kept_count++ % KEPT;
	if (kept_count > KEPT)
		close(kept[slot].fd);
	memcpy(kept[slot].key, key, sizeof(key));
	kept[slot].fd = *fd;
	return 0;
}
