/* What an attacker does inside a sandbox. */
#include "tests/attacker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A number that the filter has never heard of; families that glibc has no name for. */
enum { CALL_NEWER = 467, FAMILY_ALG = 38, FAMILY_VSOCK = 40, PROTOCOL_AUDIT = 9, CAP_ADMIN = 21 };

static char page[4096];

/* An argument that points somewhere; "x" is as good as anything. */
#define PAGE (intptr_t) page
#define WORD (intptr_t) "tmpfs"

static const struct {
	const char *name;
	long call;
	intptr_t args[5];
} calls[] = {
	{"unshare-user", SYS_unshare, {CLONE_NEWUSER}},
	{"clone-user", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
	{"clone3", SYS_clone3, {PAGE, 64}},
	{"setns", SYS_setns, {0, 0}},
	{"mount", SYS_mount, {WORD, WORD, WORD}},
	{"umount", SYS_umount2, {WORD, MNT_DETACH}},
	{"pivot_root", SYS_pivot_root, {WORD, WORD}},
	{"chroot", SYS_chroot, {WORD}},
	{"fsopen", SYS_fsopen, {WORD}},
	{"open_tree", SYS_open_tree, {0, WORD}},
	{"ptrace", SYS_ptrace, {PTRACE_TRACEME}},
	{"process_vm_readv", SYS_process_vm_readv, {1}},
	{"bpf", SYS_bpf, {0, PAGE, sizeof(page)}},
	{"io_uring", SYS_io_uring_setup, {1, PAGE}},
	{"perf_event_open", SYS_perf_event_open, {PAGE, 0, -1, -1}},
	{"userfaultfd", SYS_userfaultfd, {0}},
	{"keyctl", SYS_keyctl, {0}},
	{"add_key", SYS_add_key, {WORD, WORD, WORD, 1, -3}},
	{"init_module", SYS_init_module, {PAGE, 0, WORD}},
	{"kexec_load", SYS_kexec_load, {0}},
	{"reboot", SYS_reboot, {0}},
	{"syslog", SYS_syslog, {3, PAGE, sizeof(page)}},
	{"open_by_handle_at", SYS_open_by_handle_at, {0, PAGE}},
	{"newer-than-known", CALL_NEWER, {0}},
	{"packet-socket", SYS_socket, {AF_PACKET, SOCK_RAW}},
	{"alg-socket", SYS_socket, {FAMILY_ALG, SOCK_SEQPACKET}},
	{"packet-pair", SYS_socketpair, {AF_PACKET, SOCK_RAW, 0, PAGE}},
	{"local-pair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, PAGE}},
	{"vsock", SYS_socket, {FAMILY_VSOCK, SOCK_STREAM}},
	{"big-family", SYS_socket, {32 + AF_UNIX, SOCK_STREAM}},
	{"raw-socket", SYS_socket, {AF_INET, SOCK_RAW, 1}},
	{"audit-socket", SYS_socket, {AF_NETLINK, SOCK_RAW, PROTOCOL_AUDIT}},
	{"route-socket", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
	/* The high half of a request is nothing to the kernel, so it must be nothing to the filter. */
	{"tiocsti", SYS_ioctl, {0, TIOCSTI | 1L << 32, WORD}},
	{"setuid", SYS_setuid, {0}},
	{"raise-capability", SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_ADMIN}},
};

static long bind_port_80(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
	return bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&address, sizeof(address));
}

static int tell(long result)
{
	puts(result < 0 ? strerrorname_np(errno) : "worked");
	return 0;
}

/* How many of what the kernel counts for each user one process gets, up to many. */
static int count_watches(void)
{
	int count = 0;

	while (count < 1000 && inotify_init1(IN_CLOEXEC) >= 0)
		count++;
	return printf("%d\n", count) < 0;
}

static int count_timers(void)
{
	int count = 0;
	timer_t timer;

	while (count < 10000 && timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0)
		count++;
	return printf("%d\n", count) < 0;
}

int attacker_call(const char *name)
{
	if (strcmp(name, "watches") == 0)
		return count_watches();
	if (strcmp(name, "timers") == 0)
		return count_timers();
	if (strcmp(name, "port-80") == 0)
		return tell(bind_port_80());
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const intptr_t *args = calls[i].args;
		if (strcmp(calls[i].name, name) != 0)
			continue;
		long result = syscall(calls[i].call, args[0], args[1], args[2], args[3], args[4]);
		if (result == 0 && calls[i].call == SYS_clone)
			_exit(0);
		return tell(result);
	}
	puts("no such attack");
	return 1;
}

int attacker_connect(const char *where)
{
	struct sockaddr_in inet = {.sin_family = AF_INET};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	char host[64];
	int port;

	if (sscanf(where, "%63[^:]:%d", host, &port) == 2) {
		inet.sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, host, &inet.sin_addr);
		return tell(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&inet, sizeof(inet)));
	}
	snprintf(local.sun_path + 1, sizeof(local.sun_path) - 1, "%s", where);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(where));
	return tell(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&local, len));
}
