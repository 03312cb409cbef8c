/*
 * Which system calls a command may make; the only user of libseccomp.
 *
 * A deny-list, because the walls are the namespaces and the missing capabilities: the filter takes away
 * the kernel code that an unprivileged process can reach and that has been broken into most, and
 * everything newer than the list knows. Loading costs about a microsecond for each instruction, so what
 * already needs a capability over the host is left out unless its entry code is itself a risk.
 */
#include "runners/namespace/seccomp.h"

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
 * The last number of the table shared by all architectures (424 and up) that was looked at when this list
 * was made: futex_requeue. Newer calls answer "no such call", as on an older kernel.
 */
enum { LAST_KNOWN_CALL = 456 };

/* Instructions put before libseccomp's own. */
enum { PROLOGUE = 3, FILTER_MAX = 4096 };

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
	/* other namespaces; clone has rules of its own */
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

static const unsigned namespace_flags[] = {
	CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
	CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP,
};

/* Only the low half of these arguments is looked at by the kernel, so only it may decide. */
static int deny_bits(scmp_filter_ctx ctx, int call, unsigned argument, uint64_t mask,
		     uint64_t value)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 1,
				SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

/*
 * Sockets: local, IPv4, IPv6, and netlink, which getifaddrs(3) needs. Families are small numbers, so a
 * bit or two tells the others: 3 to 9, 11 to 15, and all above 16.
 */
static int add_sockets(scmp_filter_ctx ctx)
{
	const uint32_t eafnosupport = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int rc = seccomp_rule_add(ctx, eafnosupport, SCMP_SYS(socket), 1,
				  SCMP_A0_32(SCMP_CMP_GT, AF_NETLINK));

	for (unsigned family = AF_INET + 1; !rc && family < AF_NETLINK; family++) {
		if (family != AF_INET6)
			rc = seccomp_rule_add(ctx, eafnosupport, SCMP_SYS(socket), 1,
					      SCMP_A0_32(SCMP_CMP_EQ, family));
	}
	/* NETLINK_ROUTE is 0 */
	if (!rc)
		rc = seccomp_rule_add(ctx, eafnosupport, SCMP_SYS(socket), 2,
				      SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK),
				      SCMP_A2_32(SCMP_CMP_NE, 0));
	return rc;
}

static int add_rules(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(denied) / sizeof(denied[0]); i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
		if (rc == -EDOM || rc == -EINVAL)
			rc = 0; /* a call that this architecture does not have */
	}
	for (size_t i = 0; !rc && i < sizeof(namespace_flags) / sizeof(namespace_flags[0]); i++)
		rc = deny_bits(ctx, SCMP_SYS(clone), 0, namespace_flags[i], namespace_flags[i]);
	/* Its flags lie in memory, where a filter cannot look: libc falls back to clone. */
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Typing into the terminal of whoever started us. */
	if (!rc)
		rc = deny_bits(ctx, SCMP_SYS(ioctl), 1, 0xffffffff, TIOCSTI);
	if (!rc)
		rc = deny_bits(ctx, SCMP_SYS(ioctl), 1, 0xffffffff, TIOCLINUX);
	return rc ? rc : add_sockets(ctx);
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
	const struct sock_filter prologue[PROLOGUE] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};
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
