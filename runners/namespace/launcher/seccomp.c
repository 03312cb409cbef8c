/*
 * Which system calls a command may make; the only user of libseccomp.
 *
 * A deny-list, because the walls are the namespaces and the missing capabilities: the filter takes
 * away the kernel code that an unprivileged process can reach and that has been broken into most,
 * and everything newer than the list knows. Loading costs about a microsecond for each instruction,
 * so what already needs a capability over the host is left out unless its entry code is itself a
 * risk.
 */
#include "runners/namespace/launcher/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The last number of the table shared by all architectures (424 and up) that was looked at when
 * this list was made: futex_requeue. Newer calls answer "no such call", as on an older kernel.
 */
enum { LAST_KNOWN_CALL = 456 };

enum { FILTER_MAX = 4096 };

enum {
	NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
		     CLONE_NEWUTS | CLONE_NEWCGROUP,
	/* local, IPv4, IPv6, and netlink, which getifaddrs(3) needs */
	FAMILIES = 1 << AF_UNIX | 1 << AF_INET | 1 << AF_INET6 | 1 << AF_NETLINK,
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARGUMENT(n)                                                                           \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n) + LOW_HALF)
#define IF(test, value, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no)
#define REFUSE(number) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))

/*
 * What libseccomp has no words for, or many: "newer than", "any of these bits", "in this set". Goes
 * before its instructions, which check the architecture; until then a call of another one is at
 * worst refused. Only the low half of these arguments is looked at by the kernel, so only it may
 * decide.
 */
static const struct sock_filter prologue[] = {
	/*  0 */ LOAD(nr),
	/*  1 */ IF(BPF_JGT, LAST_KNOWN_CALL, 0, 1),
	/*  2 */ REFUSE(ENOSYS),
	/*  3 */ IF(BPF_JEQ, SYS_clone, 0, 3),
	/*  4 */ LOAD_ARGUMENT(0),
	/*  5 */ IF(BPF_JSET, NAMESPACES, 0, 13),
	/*  6 */ REFUSE(EPERM),
	/*  7 */ IF(BPF_JEQ, SYS_socket, 1, 0),
	/*  8 */ IF(BPF_JEQ, SYS_socketpair, 0, 10), /* makes any family's socket, too */
	/*  9 */ LOAD_ARGUMENT(0),
	/* 10 */ IF(BPF_JGT, AF_NETLINK, 7, 0),
	/* 11 */ IF(BPF_JEQ, AF_NETLINK, 4, 0),
	/* 12 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
	/* 13 */ BPF_STMT(BPF_LD | BPF_IMM, 1),
	/* 14 */ BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0),
	/* 15 */ IF(BPF_JSET, FAMILIES, 3, 2),
	/* 16 */ LOAD_ARGUMENT(2), /* of netlink only NETLINK_ROUTE, which is 0 */
	/* 17 */ IF(BPF_JEQ, 0, 1, 0),
	/* 18 */ REFUSE(EAFNOSUPPORT),
	/* 19: libseccomp's */
};
enum { PROLOGUE = sizeof(prologue) / sizeof(prologue[0]) };

static const int denied[] = {
	/* the mount family and changing what the root is */
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(open_tree),
	SCMP_SYS(move_mount),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	/* other namespaces; clone is dealt with above */
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	/* other processes */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_getfd),
	/* large, young or often broken subsystems */
	SCMP_SYS(bpf),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(fanotify_init),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	/* files by handle, past any path */
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(name_to_handle_at),
	/* the machine */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(syslog),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt),
};

/* Only the low half of the request is looked at by the kernel. */
static int deny_ioctl(scmp_filter_ctx ctx, uint64_t request)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, request));
}

static int add_rules(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(denied) / sizeof(denied[0]); i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
		if (rc == -EDOM || rc == -EINVAL)
			rc = 0; /* a call that this architecture does not have */
	}
	/* Its flags lie in memory, where a filter cannot look: libc falls back to clone. */
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Typing into the terminal of whoever started us. */
	if (!rc)
		rc = deny_ioctl(ctx, TIOCSTI);
	return rc ? rc : deny_ioctl(ctx, TIOCLINUX);
}

/* libseccomp 2.5 exports to a descriptor only. */
static int export_filter(scmp_filter_ctx ctx, struct sock_fprog *out)
{
	int fd = memfd_create("seccomp", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = seccomp_export_bpf(ctx, fd);
	off_t size = rc ? 0 : lseek(fd, 0, SEEK_CUR);
	size_t count = (size_t)size / sizeof(struct sock_filter);
	struct sock_filter *filter = NULL;

	if (!rc && (count == 0 || count > FILTER_MAX - PROLOGUE))
		rc = -E2BIG;
	if (!rc) {
		filter = calloc(PROLOGUE + count, sizeof(*filter));
		if (!filter || pread(fd, filter + PROLOGUE, (size_t)size, 0) != size)
			rc = -ENOMEM;
	}
	close(fd);
	if (rc) {
		free(filter);
		return rc;
	}
	for (size_t i = 0; i < PROLOGUE; i++)
		filter[i] = prologue[i];
	*out = (struct sock_fprog){.len = (unsigned short)(PROLOGUE + count), .filter = filter};
	return 0;
}

int seccomp_filter(struct sock_fprog *out, struct error *err)
{
	static struct sock_fprog kept;

	if (!kept.filter) {
		scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
		int rc = ctx ? add_rules(ctx) : -ENOMEM;
		/* Calls of a 32-bit program on a 64-bit kernel, which these rules do not cover. */
		if (!rc)
			rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
		/*
		 * As a tree: when a filter is loaded the kernel walks it once for every call that
		 * there is, to remember what is always allowed, so a long chain costs most then.
		 */
		if (!rc)
			rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		if (!rc)
			rc = export_filter(ctx, &kept);
		if (ctx)
			seccomp_release(ctx);
		if (rc)
			return error_errno(err, -rc, "build the system call filter");
	}
	*out = kept;
	return 0;
}

int seccomp_enter(const struct sock_fprog *filter)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);
}
