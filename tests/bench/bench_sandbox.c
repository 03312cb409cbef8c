/*
 * What a sandbox costs: /bin/true through ours, bubblewrap and crun, each as a ratio to plain
 * fork+exec of the same interleaved run; executions a second at 8 at once; snapshot and rollback
 * against cp -a.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "tests/drive.h"

enum { ROUNDS = 300, AT_ONCE = 8, SNAPSHOTS = 30 };

static const double rate_seconds = 1.0;

static const char *const bwrap_argv[] = {
	"bwrap",      "--unshare-all", "--die-with-parent",
	"--ro-bind",  "/usr",          "/usr",
	"--symlink",  "usr/bin",       "/bin",
	"--symlink",  "usr/lib",       "/lib",
	"--symlink",  "usr/lib64",     "/lib64",
	"--proc",     "/proc",         "--dev",
	"/dev",       "--tmpfs",       "/tmp",
	"--dir",      "/workspace",    "--chdir",
	"/workspace", "/bin/true",     NULL,
};

static const char *const true_argv[] = {"/bin/true", NULL};

/* ---- things that are started and waited for ---- */

/* What `crun spec` writes, with the same view as the others: /usr, /proc, /dev, no terminal. */
static const char bundle_config[] =
	"{\"ociVersion\":\"1.0.0\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},"
	"\"args\":[\"/bin/true\"],\"env\":[\"PATH=/usr/bin\"],\"cwd\":\"/\",\"noNewPrivileges\":true},"
	"\"root\":{\"path\":\"rootfs\"},\"mounts\":["
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"},"
	"{\"destination\":\"/usr\",\"type\":\"none\",\"source\":\"/usr\",\"options\":[\"rbind\",\"ro\"]}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
	"{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}]}}";

static char bundle[128]; /* "": crun is not compared, for it wants root */

static void make_bundle(const struct drive *d)
{
	static const char *const links[] = {"bin", "lib", "lib64"};
	char path[256], target[32];

	if (geteuid() != 0)
		return;
	snprintf(bundle, sizeof(bundle), "%s/bundle", d->folder);
	snprintf(path, sizeof(path), "%s/rootfs", bundle);
	file_make_dirs(path, 0755, NULL);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "%s/rootfs/%s", bundle, links[i]);
		snprintf(target, sizeof(target), "usr/%s", links[i]);
		if (symlink(target, path) < 0)
			perror(path);
	}
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	file_write(path, bundle_config, sizeof(bundle_config) - 1, 0644, NULL);
}

static const char *const *crun_argv(void)
{
	static char name[64];
	static const char *argv[] = {"crun", "run", "--bundle", bundle, name, NULL};
	static unsigned number;

	snprintf(name, sizeof(name), "assay-bench-%d-%u", (int)getpid(), ++number);
	return argv;
}

static pid_t start(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static double run(const char *const *argv)
{
	double began = clock_ms();
	int status = -1;

	waitpid(start(argv), &status, 0);
	return status == 0 ? clock_ms() - began : -1;
}

static double run_from_nothing(struct drive *d)
{
	double began = clock_ms();

	if (drive_open(d, d->workspace) || drive_exec(d, true_argv) || d->out.exit_code != 0) {
		fprintf(stderr, "sandbox: %s\n", d->err.text);
		exit(1);
	}
	double took = clock_ms() - began;
	drive_close(d);
	return took;
}

static double run_steady(struct drive *d)
{
	double began = clock_ms();

	if (drive_exec(d, true_argv) || d->out.exit_code != 0) {
		fprintf(stderr, "sandbox: %s\n", d->err.text);
		exit(1);
	}
	return clock_ms() - began;
}

/* ---- one at a time ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double middle(double *values, size_t count)
{
	qsort(values, count, sizeof(double), compare);
	return values[count / 2];
}

enum { PLAIN, NOTHING, STEADY, BWRAP, CRUN, WAYS };

static const char *const ways[WAYS] = {"plain fork+exec", "sandbox from nothing",
				       "sandbox steady state", "bubblewrap", "crun"};

static void print_ratio(const char *what, double ms, double plain)
{
	if (ms < 0)
		printf("  %-22s did not run\n", what);
	else
		printf("  %-22s %7.2f ms  %5.2fx\n", what, ms, ms / plain);
}

static void bench_latency(void)
{
	static double took[WAYS][ROUNDS];
	struct drive nothing, steady;

	drive_init(&nothing);
	drive_init(&steady);
	if (drive_open(&steady, steady.workspace)) {
		fprintf(stderr, "sandbox: %s\n", steady.err.text);
		exit(1);
	}
	for (int i = -10; i < ROUNDS; i++) {
		int at = i < 0 ? 0 : i;
		took[PLAIN][at] = run(true_argv);
		took[NOTHING][at] = run_from_nothing(&nothing);
		took[STEADY][at] = run_steady(&steady);
		took[BWRAP][at] = run(bwrap_argv);
		took[CRUN][at] = bundle[0] ? run(crun_argv()) : -1;
	}
	double plain = middle(took[PLAIN], ROUNDS);
	printf("/bin/true, median of %d interleaved rounds (as in a service, the next sandbox's network "
	       "is made while a command runs)\n",
	       ROUNDS);
	for (int way = 0; way < WAYS; way++)
		print_ratio(ways[way], middle(took[way], ROUNDS), plain);
	drive_done(&nothing);
	drive_done(&steady);
}

/* ---- eight at once ---- */

static double rate(const char *const *(*argv)(void))
{
	double began = clock_ms(), now = began;
	unsigned ended = 0, running = 0;
	int status;

	while (now - began < rate_seconds * 1000 || running > 0) {
		while (running < AT_ONCE && now - began < rate_seconds * 1000) {
			start(argv());
			running++;
		}
		if (wait(&status) > 0) {
			running--;
			ended += status == 0;
		}
		now = clock_ms();
	}
	return ended / ((now - began) / 1000);
}

static const char *const *plain_of(void)
{
	return true_argv;
}

static const char *const *bwrap_of(void)
{
	return bwrap_argv;
}

struct lane {
	struct drive *d;
	struct sandbox *sandbox;
	struct sandbox_exec exec;
	struct output out;
	struct arena arena;
	struct error err;
	unsigned ended;
	double until;
	unsigned *running;
};

static void on_lane_done(void *ctx, const struct error *err)
{
	struct lane *lane = ctx;

	lane->ended += !err && lane->out.exit_code == 0;
	arena_done(&lane->arena);
	arena_init(&lane->arena);
	if (clock_ms() < lane->until &&
	    lane->d->ops->exec(lane->sandbox, &lane->exec, &lane->arena, &lane->out, on_lane_done,
			       lane, &lane->err) == 0)
		return;
	--*lane->running;
}

static double sandbox_rate(void)
{
	struct lane lanes[AT_ONCE];
	struct drive d;
	unsigned running = AT_ONCE, ended = 0;

	drive_init(&d);
	for (int i = 0; i < AT_ONCE; i++) {
		drive_open(&d, d.workspace);
		lanes[i] = (struct lane){.d = &d, .sandbox = d.sandbox, .running = &running};
		lanes[i].exec = (struct sandbox_exec){
			.argv = true_argv, .env = d.env, .limits = d.limits};
		arena_init(&lanes[i].arena);
	}
	double began = clock_ms();
	for (int i = 0; i < AT_ONCE; i++) {
		lanes[i].until = began + rate_seconds * 1000;
		d.ops->exec(lanes[i].sandbox, &lanes[i].exec, &lanes[i].arena, &lanes[i].out,
			    on_lane_done, &lanes[i], &lanes[i].err);
	}
	while (running > 0)
		uv_run(&d.loop, UV_RUN_ONCE);
	double seconds = (clock_ms() - began) / 1000;
	for (int i = 0; i < AT_ONCE; i++) {
		ended += lanes[i].ended;
		d.sandbox = lanes[i].sandbox;
		drive_close(&d);
		arena_done(&lanes[i].arena);
	}
	drive_done(&d);
	return ended / seconds;
}

static void bench_rate(void)
{
	double plain = rate(plain_of);
	double sandbox = sandbox_rate();
	double bwrap = rate(bwrap_of);
	double crun = bundle[0] ? rate(crun_argv) : 0;

	printf("executions a second, %d at once\n", AT_ONCE);
	printf("  %-22s %7.0f\n", "plain fork+exec", plain);
	printf("  %-22s %7.0f  %5.2f of plain\n", "sandbox", sandbox, sandbox / plain);
	printf("  %-22s %7.0f  %5.2f of plain\n", "bubblewrap", bwrap, bwrap / plain);
	if (crun > 0)
		printf("  %-22s %7.0f  %5.2f of plain\n", "crun", crun, crun / plain);
}

/* ---- snapshots ---- */

static void fill(const char *workspace, int files)
{
	char path[256];

	for (int i = 0; i < files; i++) {
		if (i % 100 == 0) {
			snprintf(path, sizeof(path), "%s/d%d", workspace, i / 100);
			mkdir(path, 0755);
		}
		snprintf(path, sizeof(path), "%s/d%d/f%d", workspace, i / 100, i);
		int fd = open(path, O_CREAT | O_WRONLY, 0644);
		if (fd < 0 || write(fd, path, strlen(path)) < 0)
			exit(1);
		close(fd);
	}
}

static void bench_snapshots(int files)
{
	double snapshot[SNAPSHOTS], rollback[SNAPSHOTS];
	struct drive d;
	char copy[160];

	drive_init(&d);
	fill(d.workspace, files);
	if (drive_open(&d, d.workspace))
		exit(1);
	for (int i = 0; i < SNAPSHOTS; i++) {
		double began = clock_ms();
		drive_snapshot(&d, "before");
		snapshot[i] = clock_ms() - began;
		drive_shell(&d, "echo x >d0/f0; rm d0/f1; mkdir -p new; echo y >new/file");
		began = clock_ms();
		drive_rollback(&d, "before");
		rollback[i] = clock_ms() - began;
		if (!d.changes.verified || d.changes.count != 3)
			printf("  a rollback was not verified\n");
	}
	snprintf(copy, sizeof(copy), "%s/copy", d.folder);
	const char *cp[] = {"cp", "-a", d.workspace, copy, NULL};
	double copied = run(cp);
	printf("  %6d files: snapshot %.2f ms, rollback %.2f ms, cp -a %.1f ms\n", files,
	       middle(snapshot, SNAPSHOTS), middle(rollback, SNAPSHOTS), copied);
	drive_done(&d);
}

/* crun refuses a mix of cgroup v1 and v2, so its second half is hidden from all alike. */
static void hide_unified(void)
{
	if (geteuid() == 0 && access("/sys/fs/cgroup/unified", F_OK) == 0 &&
	    unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		umount2("/sys/fs/cgroup/unified", MNT_DETACH);
}

int main(void)
{
	struct drive d;

	drive_init(&d);
	make_bundle(&d);
	hide_unified();
	bench_latency();
	bench_rate();
	drive_done(&d);
	printf("snapshot and rollback, median of %d\n", SNAPSHOTS);
	bench_snapshots(10);
	bench_snapshots(1000);
	bench_snapshots(30000);
	return 0;
}
