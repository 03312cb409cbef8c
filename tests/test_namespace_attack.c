/*
 * Tries to break out of the namespace sandbox, or to take more than it was given. The program that attacks is
 * this one: run inside with the name of a system call it makes that call and prints what came of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/drive_cmocka.h"

/* ---- the attacker ---- */

static long call_clone(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	return pid;
}

static long call_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
	return bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&address, sizeof(address));
}

static long call_tiocsti(void)
{
	/* The high half of a request is nothing to the kernel, so it must be nothing to the filter. */
	return syscall(SYS_ioctl, 0, TIOCSTI | 1UL << 32, "x");
}

static long make_call(const char *name)
{
	static char page[4096];
#define IS(word) (strcmp(name, word) == 0)
	if (IS("unshare-user"))
		return unshare(CLONE_NEWUSER);
	if (IS("clone-user"))
		return call_clone();
	if (IS("clone3"))
		return syscall(SYS_clone3, page, 64);
	if (IS("setns"))
		return setns(0, 0);
	if (IS("mount"))
		return mount("x", "/tmp", "tmpfs", 0, NULL);
	if (IS("umount"))
		return umount2("/proc", MNT_DETACH);
	if (IS("pivot_root"))
		return syscall(SYS_pivot_root, ".", ".");
	if (IS("chroot"))
		return chroot("/tmp");
	if (IS("fsopen"))
		return syscall(SYS_fsopen, "tmpfs", 0);
	if (IS("open_tree"))
		return syscall(SYS_open_tree, -100, "/", 0);
	if (IS("ptrace"))
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	if (IS("process_vm_readv"))
		return syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
	if (IS("bpf"))
		return syscall(SYS_bpf, 0, page, sizeof(page));
	if (IS("io_uring"))
		return syscall(SYS_io_uring_setup, 1, page);
	if (IS("perf_event_open"))
		return syscall(SYS_perf_event_open, page, 0, -1, -1, 0);
	if (IS("userfaultfd"))
		return syscall(SYS_userfaultfd, 0);
	if (IS("keyctl"))
		return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
	if (IS("add_key"))
		return syscall(SYS_add_key, "user", "x", "x", 1, -3);
	if (IS("init_module"))
		return syscall(SYS_init_module, page, 0, "");
	if (IS("kexec_load"))
		return syscall(SYS_kexec_load, 0, 0, NULL, 0);
	if (IS("reboot"))
		return syscall(SYS_reboot, 0, 0, 0, NULL);
	if (IS("syslog"))
		return syscall(SYS_syslog, 3, page, sizeof(page));
	if (IS("open_by_handle_at"))
		return syscall(SYS_open_by_handle_at, 0, page, 0);
	if (IS("newer-than-known"))
		return syscall(467, 0, 0, 0);
	if (IS("packet-socket"))
		return socket(AF_PACKET, SOCK_RAW, 0);
	if (IS("alg-socket"))
		return socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0);
	if (IS("vsock"))
		return socket(40 /* AF_VSOCK */, SOCK_STREAM, 0);
	if (IS("big-family"))
		return socket(32 + AF_UNIX, SOCK_STREAM, 0);
	if (IS("raw-socket"))
		return socket(AF_INET, SOCK_RAW, 1);
	if (IS("audit-socket"))
		return socket(AF_NETLINK, SOCK_RAW, 9);
	if (IS("route-socket"))
		return socket(AF_NETLINK, SOCK_RAW, 0);
	if (IS("tiocsti"))
		return call_tiocsti();
	if (IS("port-80"))
		return call_port();
	if (IS("setuid"))
		return setuid(0);
	if (IS("new-user-by-capset"))
		return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0);
	return -2;
#undef IS
}

/* connect("127.0.0.1:port") or to the abstract name; prints the error. */
static int try_connect(const char *where)
{
	struct sockaddr_in inet = {.sin_family = AF_INET};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	char host[64];
	int port, rc;

	if (sscanf(where, "%63[^:]:%d", host, &port) == 2) {
		inet.sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, host, &inet.sin_addr);
		rc = connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&inet, sizeof(inet));
	} else {
		snprintf(local.sun_path + 1, sizeof(local.sun_path) - 1, "%s", where);
		rc = connect(
			socket(AF_UNIX, SOCK_STREAM, 0), (void *)&local,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(where)));
	}
	puts(rc == 0 ? "connected" : strerrorname_np(errno));
	return 0;
}

static int attack(const char *name)
{
	errno = 0;
	long rc = make_call(name);
	puts(rc == -2 ? "no such attack" : rc < 0 ? strerrorname_np(errno) : "worked");
	return 0;
}

/* ---- the defence ---- */

static void opened_with_self(struct drive *d)
{
	struct buf program;
	struct file file = {.path = "attacker", .executable = true};

	opened(d);
	buf_init(&program, 256 << 20);
	assert_int_equal(file_read("/proc/self/exe", &program, NULL), 0);
	file.data = program.data;
	file.len = program.len;
	assert_int_equal(
		drive_wait(d, d->ops->put(d->sandbox, &file, 1, drive_on_done, d, &d->err)), 0);
	buf_done(&program);
}

static void expect(struct drive *d, const char *how, const char *what, const char *answer)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0",
					  NULL};
	const char *argv[] = {"./attacker", how, what, NULL};
	char line[64];

	d->env = env;
	if (drive_exec(d, argv))
		fail_msg("%s: %s", what, d->err.text);
	snprintf(line, sizeof(line), "%s\n", answer);
	if (strcmp(d->out.out.text, line) != 0)
		fail_msg("%s: expected %s, got %s%s", what, answer, d->out.out.text,
			 d->out.err.text);
}

static void fails(struct drive *d, const char *line)
{
	shell(d, line);
	if (d->out.exit_code == 0)
		fail_msg("worked: %s\n%s", line, d->out.out.text);
}

static void test_calls_are_blocked(void **state)
{
	static const char *const refused[] = {
		"unshare-user",
		"clone-user",
		"setns",
		"mount",
		"umount",
		"pivot_root",
		"chroot",
		"fsopen",
		"open_tree",
		"ptrace",
		"process_vm_readv",
		"bpf",
		"io_uring",
		"perf_event_open",
		"userfaultfd",
		"keyctl",
		"add_key",
		"init_module",
		"kexec_load",
		"reboot",
		"syslog",
		"open_by_handle_at",
		"tiocsti",
		"raw-socket",
		"setuid",
		"new-user-by-capset",
	};
	static const char *const families[] = {"packet-socket", "alg-socket", "vsock",
					       "audit-socket", "big-family"};
	struct drive *d = *state;

	opened_with_self(d);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect(d, "--call", refused[i], strcmp(refused[i], "setuid") ? "EPERM" : "EINVAL");
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		expect(d, "--call", families[i], "EAFNOSUPPORT");
	expect(d, "--call", "clone3", "ENOSYS");
	expect(d, "--call", "newer-than-known", "ENOSYS");
	expect(d, "--call", "port-80", "EACCES");
	expect(d, "--call", "route-socket", "worked");
}

static void test_no_rights(void **state)
{
	struct drive *d = *state;

	opened(d);
	says(d,
	     "grep -E '^(NoNewPrivs|Seccomp|Cap(Inh|Prm|Eff|Bnd|Amb)):' /proc/self/status |"
	     " tr -d '\\t'",
	     "CapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\n"
	     "CapBnd:0000000000000000\nCapAmb:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n");
	says(d, "ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 "); /* 3 is ls's own */
	says(d, "id -u", "1000\n");
}

static void test_host_is_not_there(void **state)
{
	struct drive *d = *state;

	opened(d);
	says(d,
	     "ls -d /root /home /sys /boot /srv /mnt /media /etc/shadow /var/lib /run/* 2>/dev/null",
	     "");
	fails(d, "ls /proc/1/root/");
	fails(d, "cat /proc/1/environ");
	fails(d, "head -c 1 /proc/1/mem");
	fails(d, "cat /proc/1/maps | grep .");
	/* init, sh, ls, grep */
	says(d, "[ $(ls /proc | grep -c '^[0-9]') -le 5 ] && echo few", "few\n");
	says(d, "grep -c . /proc/net/dev", "3\n"); /* two lines of heading, loopback */
}

static void test_nothing_outside_can_be_written(void **state)
{
	static const char *const places[] = {
		"/x",
		"/usr/x",
		"/etc/x",
		"/etc/passwd",
		"/dev/x",
		"/deps/x",
		"/proc/sys/kernel/hostname",
		"/proc/sysrq-trigger",
		"/proc/sys/kernel/core_pattern",
		"/proc/self/oom_score_adj_x",
		"/proc/sys/vm/drop_caches",
		"/lower/x",
		"/rw/x",
		"/dev/kmsg",
		"/dev/mem",
	};
	struct drive *d = *state;
	char line[256];

	opened(d);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(line, sizeof(line), "echo x >%s", places[i]);
		fails(d, line);
	}
	fails(d, "mknod /tmp/disk b 254 0");
	fails(d, "chmod 4755 /bin/sh");
}

static void test_set_id_gains_nothing(void **state)
{
	struct drive *d = *state;
	char path[256];
	struct stat st;

	opened(d);
	says(d, "cp /usr/bin/id x; chmod 6755 x; ./x -u", "1000\n");
	assert_int_equal(drive_commit(d), 0);
	snprintf(path, sizeof(path), "%s/x", d->workspace);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static int listen_somewhere(struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, address, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_network_is_not_there(void **state)
{
	struct drive *d = *state;
	struct sockaddr_in inet = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(inet);
	char where[64];

	opened_with_self(d);
	int tcp = listen_somewhere((void *)&inet, sizeof(inet));
	getsockname(tcp, (void *)&inet, &len);
	snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(inet.sin_port));
	expect(d, "--connect", where, "ECONNREFUSED");
	expect(d, "--connect", "169.254.169.254:80", "ENETUNREACH");
	expect(d, "--connect", "8.8.8.8:53", "ENETUNREACH");
	snprintf(local.sun_path + 1, 32, "assay-test-%d", (int)getpid());
	int abstract = listen_somewhere((void *)&local,
					(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
						    strlen(local.sun_path + 1)));
	expect(d, "--connect", local.sun_path + 1, "ECONNREFUSED");
	close(tcp);
	close(abstract);
}

static void test_commit_does_not_follow_links(void **state)
{
	struct drive *d = *state;
	char path[256], line[512];

	snprintf(path, sizeof(path), "%s/victim", d->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/dir", d->workspace);
	assert_int_equal(mkdir(path, 0755), 0);
	opened(d);
	snprintf(line, sizeof(line), "rmdir dir && ln -s %s/victim dir && ln -s %s/victim two",
		 d->folder, d->folder);
	shell(d, line);
	assert_int_equal(drive_commit(d), 0);
	/* Now the user's folder has a link where the next run has a folder. */
	shell(d, "rm dir two; mkdir dir two; echo x >dir/file; echo x >two/file");
	assert_int_equal(drive_commit(d), 0);
	snprintf(path, sizeof(path), "%s/victim/file", d->folder);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/dir/file", d->workspace);
	assert_int_equal(access(path, F_OK), 0);
}

/* ---- taking more than was given ---- */

static void test_fork_bomb(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.processes = 30;
	d->limits.time_ms = 1000;
	shell(d, "b() { b | b & b; }; b 2>/dev/null");
	assert_true(d->out.wall_ms < 10000);
	assert_true(d->out.processes <= 30);
	d->limits.time_ms = 10000;
	says(d, "echo alive", "alive\n");
}

static void test_memory_bomb(void **state)
{
	struct drive *d = *state;
	struct isolation walls;

	opened(d);
	d->limits.memory = 64 << 20;
	shell(d, "tail /dev/zero");
	d->ops->isolation(d->sandbox, &walls);
	/* Without a control group an allocation fails first, which tail reports itself. */
	if (strcmp(walls.cgroup, "none") != 0)
		assert_int_equal(d->out.ended_by, ENDED_MEMORY);
	assert_int_not_equal(d->out.exit_code, 0);
	says(d, "echo alive", "alive\n");
}

static void test_disk_is_limited(void **state)
{
	struct drive *d = *state;

	d->limits.disk = 8 << 20;
	opened(d);
	shell(d, "dd if=/dev/zero of=big bs=1M count=64");
	assert_int_not_equal(d->out.exit_code, 0);
	assert_non_null(strstr(d->out.err.text, "No space left"));
	shell(d, "dd if=/dev/zero of=/tmp/big bs=1M count=64");
	assert_int_not_equal(d->out.exit_code, 0);
	shell(d, "dd if=/dev/zero of=/dev/shm/big bs=1M count=64");
	assert_int_not_equal(d->out.exit_code, 0);
}

static void test_file_size_is_limited(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.file_size = 1 << 20;
	shell(d, "exec dd if=/dev/zero of=big bs=1M count=2");
	assert_int_equal(d->out.ended_by, ENDED_SIGNAL);
	assert_int_equal(d->out.signal, SIGXFSZ);
}

static void test_killing_everything_kills_only_itself(void **state)
{
	struct drive *d = *state;

	opened(d);
	shell(d, "sleep 60 & kill -9 -1; kill -9 1; echo still here; exit 7");
	assert_int_equal(d->out.exit_code, 7);
	assert_string_equal(d->out.out.text, "still here\n");
	says(d, "echo alive", "alive\n");
}

static void test_hostile_file_names(void **state)
{
	struct drive *d = *state;

	opened(d);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	shell(d, "i=0; while [ $i -lt 300 ]; do mkdir dddddddddd && cd dddddddddd || exit 1;"
		 " i=$((i+1)); done");
	assert_int_equal(drive_commit(d), -1);
	assert_int_equal(d->err.code, ERROR_TOO_LARGE);
	assert_int_equal(drive_rollback(d, "s"), 0);
	says(d, "ls", "");
	shell(d, "touch -- '-rf' 'a\nb' '\\' '*' && chmod 000 '*'");
	assert_int_equal(d->out.exit_code, 0);
	assert_int_equal(drive_rollback(d, "s"), 0);
	assert_int_equal(d->changes.count, 4);
	assert_true(d->changes.verified);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_calls_are_blocked),
		RUNS(test_no_rights),
		RUNS(test_host_is_not_there),
		RUNS(test_nothing_outside_can_be_written),
		RUNS(test_set_id_gains_nothing),
		RUNS(test_network_is_not_there),
		RUNS(test_commit_does_not_follow_links),
		RUNS(test_fork_bomb),
		RUNS(test_memory_bomb),
		RUNS(test_disk_is_limited),
		RUNS(test_file_size_is_limited),
		RUNS(test_killing_everything_kills_only_itself),
		RUNS(test_hostile_file_names),
	};

	if (argc == 3 && strcmp(argv[1], "--call") == 0)
		return attack(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--connect") == 0)
		return try_connect(argv[2]);
	return cmocka_run_group_tests_name("namespace attack", tests, NULL, NULL);
}
