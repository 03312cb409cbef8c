/*
 * Tries to break out of the namespace sandbox, or to take more than it was given. The program that
 * attacks is this one: run inside with the name of a system call it makes that call and prints what
 * came of it.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#include "runners/namespace/overlay/storage.h"
#include "tests/attacker.h"
#include "tests/drive_cmocka.h"

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
		"raise-capability",
	};
	static const char *const families[] = {"packet-socket", "packet-pair",  "alg-socket",
					       "vsock",         "audit-socket", "big-family"};
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
	expect(d, "--call", "local-pair", "worked");
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
	says(d, "ls -d /root /home /sys /boot /srv /mnt /etc/shadow /var/lib /run/* 2>/dev/null",
	     "");
	fails(d, "ls /proc/1/root/");
	fails(d, "cat /proc/1/environ");
	fails(d, "head -c 1 /proc/1/mem");
	fails(d, "cat /proc/1/maps | grep .");
	says(d, "tr '\\0' ' ' </proc/1/cmdline | sed 's/ *$//'", "assay-sandbox");
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

/* ---- taking more than was given ---- */

static void test_fork_bomb(void **state)
{
	struct drive *d = *state;

	opened(d);
	d->limits.processes = 30;
	d->limits.time_ms = 1000;
	shell(d, "b() { b | b & b; }; b 2>/dev/null");
	assert_true(d->out.wall_ms < 60000);
	assert_true(d->out.processes <= 30);
	d->limits.time_ms = 60000;
	says(d, "echo alive", "alive\n");
}

/* Where memory runs out commands go first; their init, which the launcher shares its memory with, does not. */
static void test_commands_are_the_victims(void **state)
{
	struct drive *d = *state;
	char own[16] = "", expected[32];

	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	assert_non_null(file);
	assert_non_null(fgets(own, sizeof(own), file));
	fclose(file);
	snprintf(expected, sizeof(expected), "1000\n%s", own);
	opened(d);
	for (int i = 0; i < 5; i++)
		says(d, "cat /proc/self/oom_score_adj /proc/1/oom_score_adj", expected);
}

static void test_memory_bomb(void **state)
{
	struct drive *d = *state;
	struct isolation walls;

	opened(d);
	d->limits.memory = 256 << 20; /* more than the launcher has, sanitized too */
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
	if (storage_on_tmpfs()) {
		shell(d, "dd if=/dev/zero of=big bs=1M count=64");
		assert_int_not_equal(d->out.exit_code, 0);
		assert_non_null(strstr(d->out.err.text, "No space left"));
	}
	shell(d, "dd if=/dev/zero of=/tmp/big bs=1M count=64");
	assert_int_not_equal(d->out.exit_code, 0);
	shell(d, "dd if=/dev/zero of=/dev/shm/big bs=1M count=64");
	assert_int_not_equal(d->out.exit_code, 0);
}

/* Empty files take no bytes of a disk, but memory of the kernel's. */
static void test_empty_files_are_limited(void **state)
{
	static const char *const folders[] = {"/tmp", "/dev/shm", "/workspace"};
	struct drive *d = *state;
	char line[128];

	d->limits.disk = 2 << 20;
	opened(d);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	for (size_t i = 0; i < (storage_on_tmpfs() ? 3 : 2); i++) {
		snprintf(line, sizeof(line), "cd %s && seq 1 500 | xargs touch", folders[i]);
		shell(d, line);
		assert_int_equal(d->out.exit_code, 0);
		snprintf(line, sizeof(line), "cd %s && seq 1 4000 | xargs touch", folders[i]);
		fails(d, line);
		assert_non_null(strstr(d->out.err.text, "No space left"));
	}
	if (!storage_on_tmpfs())
		return;
	/* The limit is the run's own, so this is no failure of ours. */
	shell(d, "echo never said");
	assert_int_equal(d->out.ended_by, ENDED_DISK);
	assert_non_null(strstr(d->out.exceeded, "disk limit"));
	assert_int_equal(d->out.out.len, 0);
	assert_int_equal(drive_rollback(d, "s"), 0);
	assert_true(d->changes.verified);
	drive_close(d);
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

/* All sandboxes of a host are one user to the kernel: none may take what the others need. */
static void test_leaves_the_others_their_share(void **state)
{
	struct drive *d = *state;
	struct statvfs proc;

	opened_with_self(d);
	expect(d, "--call", "timers", "4096");
	if (statvfs("/proc/sys", &proc) == 0 && (proc.f_flag & ST_RDONLY))
		return; /* a host that is a container: nobody can set it */
	expect(d, "--call", "watches", "32");
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
	d->limits.time_ms = 100000;
	assert_int_equal(drive_snapshot(d, "s"), 0);
	shell(d, "i=0; while [ $i -lt 300 ]; do mkdir dddddddddd && cd dddddddddd || exit 1;"
		 " i=$((i+1)); done");
	assert_int_equal(drive_commit(d), -1);
	assert_int_equal(d->err.code, ERROR_TOO_LARGE);
	assert_int_equal(drive_rollback(d, "s"), 0);
	assert_true(d->changes.verified); /* or the sandbox would be quarantined */
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
		RUNS(test_fork_bomb),
		RUNS(test_commands_are_the_victims),
		RUNS(test_memory_bomb),
		RUNS(test_disk_is_limited),
		RUNS(test_empty_files_are_limited),
		RUNS(test_file_size_is_limited),
		RUNS(test_leaves_the_others_their_share),
		RUNS(test_killing_everything_kills_only_itself),
		RUNS(test_hostile_file_names),
	};

	if (argc == 3 && strcmp(argv[1], "--call") == 0)
		return attacker_call(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--connect") == 0)
		return attacker_connect(argv[2]);
	return cmocka_run_group_tests_name("namespace attack", tests, NULL, NULL);
}
