/*
 * An engine is killed at random moments; afterwards nothing of it is left: no process, no control
 * group, no half-written layer, and never half a commit.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/base/digest.h"
#include "runners/namespace/cgroup.h"
#include "runners/namespace/record.h"
#include "tests/drive_cmocka.h"

enum { KILLS = 25, FILES = 12, WAIT_MS = 10000 };

/* ---- the engine that will be killed ---- */

static void build_layer(struct drive *d, unsigned round)
{
	char key[32];

	snprintf(key, sizeof(key), "layer%u", round);
	if (d->ops->layer_begin(d->sandbox, key, NULL, 0, &d->err) == 0) {
		drive_shell(d, "mkdir -p m/a/b; for i in 1 2 3 4 5; do echo x >m/a/b/$i; done");
		drive_layer_end(d, true);
	}
}

/* Every commit writes the same number into all files. */
static void work(struct drive *d, unsigned seed)
{
	char line[256];

	for (unsigned round = seed * 1000;; round++) {
		if (drive_open(d, d->workspace))
			_exit(3);
		if (round % 3 == 0)
			build_layer(d, round);
		drive_snapshot(d, "start");
		snprintf(line, sizeof(line),
			 "sleep 100 & for i in 0 1 2 3 4 5 6 7 8 9 10 11; do echo %u >file$i; done",
			 round);
		drive_shell(d, line);
		if (drive_commit(d))
			_exit(4);
		drive_close(d);
	}
}

/* ---- what must hold afterwards ---- */

static size_t entries(const char *folder, const char *name, const char *prefix)
{
	char path[512];
	struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.' &&
			 strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	if (dir)
		closedir(dir);
	return count;
}

/* We are the subreaper: whatever the engine left running is our child now. */
static void all_processes_end(void)
{
	for (int waited = 0; waited < WAIT_MS; waited++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0)
			usleep(1000);
	}
	fail_msg("processes are left");
}

static void no_group_is_left(const struct drive *d, pid_t engine)
{
	struct buf dirs;
	char prefix[32];

	buf_init(&dirs, 1 << 16);
	cgroup_describe(&dirs);
	snprintf(prefix, sizeof(prefix), "assay-%d-", (int)engine);
	for (char *dir = strtok(dirs.data, "\n"); dir; dir = strtok(NULL, "\n")) {
		if (entries(dir, "", prefix) > 0)
			fail_msg("%s/%s* is left; marks: %zu", dir, prefix,
				 entries(d->state, "engines", ""));
	}
	buf_done(&dirs);
}

static void layers_are_whole(const struct drive *d)
{
	char folder[256], path[512];
	struct dirent *entry;

	snprintf(folder, sizeof(folder), "%s/layers", d->state);
	DIR *dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/workspace/m/a", entry->d_name);
		assert_int_equal(entries(folder, path, "b"), 1);
		snprintf(path, sizeof(path), "%s/workspace/m/a/b", entry->d_name);
		assert_int_equal(entries(folder, path, ""), 5);
	}
	if (dir)
		closedir(dir);
}

static void workspace_is_one_commit(const struct drive *d)
{
	char path[256], first[64] = "";

	if (entries(d->workspace, "", "") == 0)
		return;
	for (int i = 0; i < FILES; i++) {
		struct buf content;
		buf_init(&content, 60);
		snprintf(path, sizeof(path), "%s/file%d", d->workspace, i);
		assert_int_equal(file_read(path, &content, NULL), 0);
		if (i == 0)
			snprintf(first, sizeof(first), "%s", content.data);
		assert_string_equal(content.data, first);
		buf_done(&content);
	}
	assert_int_equal(entries(d->workspace, "", ""), FILES);
}

static void test_killed_at_random_moments(void **state)
{
	struct drive *d = *state;
	unsigned seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	srand(seed);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (unsigned i = 0; i < KILLS; i++) {
		pid_t engine = fork();
		if (engine == 0)
			work(d, i);
		usleep((useconds_t)(rand() % 120000));
		kill(engine, SIGKILL);
		int status;
		assert_int_equal(waitpid(engine, &status, 0), engine);
		assert_true(WIFSIGNALED(status));
		all_processes_end();
		if (d->ops->recover(d->state, &d->err))
			fail_msg("recover: %s", d->err.text);
		no_group_is_left(d, engine);
		assert_int_equal(entries(d->state, "engines", ""), 0);
		assert_int_equal(entries(d->state, "building", ""), 0);
		assert_int_equal(entries(d->state, "commits", ""), 0);
		layers_are_whole(d);
		workspace_is_one_commit(d);
	}
}

static void test_the_living_are_left_alone(void **state)
{
	struct drive *d = *state;

	opened(d);
	assert_int_equal(d->ops->layer_begin(d->sandbox, "k", NULL, 0, &d->err), 0);
	shell(d, "echo half >half");
	assert_int_equal(d->ops->recover(d->state, &d->err), 0);
	assert_int_equal(entries(d->state, "building", ""), 1);
	says(d, "cat half", "half\n");
	assert_int_equal(drive_layer_end(d, true), 0);
}

/* ---- a commit that was cut short, at every place where it can be ---- */

static int make_record(const struct drive *d, bool sealed)
{
	char path[256];
	struct buf text;

	snprintf(path, sizeof(path), "%s/record", d->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	int folder = open(path, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/record/0", d->folder);
	assert_int_equal(file_write(path, "new", 3, 0644, NULL), 0);
	buf_init(&text, 1 << 16);
	record_header(&text, d->workspace, geteuid(), getegid());
	record_entry(&text, RECORD_DELETE, 0, 0, "gone");
	record_entry(&text, RECORD_DELETE, 0, 0, "swap");
	record_entry(&text, RECORD_FOLDER, 0755, 0, "swap");
	record_entry(&text, RECORD_FILE, 0644, 0, "swap/file");
	if (sealed)
		assert_int_equal(record_seal(folder, &text, NULL), 0);
	buf_done(&text);
	return folder;
}

static void put_host(const struct drive *d, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->workspace, name);
	assert_int_equal(file_write(path, "old", 3, 0644, NULL), 0);
}

static void test_record_may_be_carried_out_twice(void **state)
{
	struct drive *d = *state;
	struct error err = {0};

	put_host(d, "gone");
	put_host(d, "swap");
	int folder = make_record(d, true);
	for (int i = 0; i < 2; i++) {
		if (record_apply(folder, &err))
			fail_msg("%s", err.text);
		assert_int_equal(entries(d->workspace, "", "gone"), 0);
		assert_int_equal(entries(d->workspace, "swap", "file"), 1);
	}
	close(folder);
}

static void test_unsealed_record_never_happened(void **state)
{
	struct drive *d = *state;

	put_host(d, "gone");
	int folder = make_record(d, false);
	assert_int_equal(record_apply(folder, NULL), 0);
	assert_int_equal(entries(d->workspace, "", "gone"), 1);
	close(folder);
}

/*
 * A second name for victim where a record's copies are made: whoever has the workspace can know it, and
 * what is written through it would be the victim's.
 */
static void plant(const struct drive *d, const struct buf *record, const char *victim)
{
	char hex[DIGEST_HEX], path[256];
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, record->data, record->len);
	digest_end(&digest, hex);
	snprintf(path, sizeof(path), "%s/.assay-%s", d->workspace, hex);
	assert_int_equal(file_write(victim, "precious", 8, 0644, NULL), 0);
	assert_int_equal(link(victim, path), 0);
}

/* What is copied from another file system is copied beside its name first. */
static void test_no_name_is_in_the_way_of_a_copy(void **state)
{
	struct drive *d = *state;
	char folder[] = "/dev/shm/assay-record-XXXXXX", path[256], victim[128];
	struct stat here, there;
	struct error err = {0};
	struct buf text, content;

	if (!mkdtemp(folder))
		skip();
	int record = open(folder, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/0", folder);
	assert_int_equal(file_write(path, "new", 3, 0644, NULL), 0);
	buf_init(&text, 1 << 16);
	record_header(&text, d->workspace, geteuid(), getegid());
	record_entry(&text, RECORD_FOLDER, 0755, 0, ".assay-commit");
	record_entry(&text, RECORD_FILE, 0644, 0, "file");
	assert_int_equal(record_seal(record, &text, NULL), 0);
	snprintf(victim, sizeof(victim), "%s/victim", d->folder);
	plant(d, &text, victim);
	buf_done(&text);
	int rc = record_apply(record, &err);
	bool same = fstat(record, &here) < 0 || stat(d->workspace, &there) < 0 ||
		    here.st_dev == there.st_dev;
	close(record);
	assert_int_equal(file_remove_tree(AT_FDCWD, folder, NULL), 0);
	if (rc)
		fail_msg("%s", err.text);
	assert_int_equal(entries(d->workspace, "", "file"), 1);
	buf_init(&content, 16);
	assert_int_equal(file_read(victim, &content, NULL), 0);
	assert_string_equal(content.data, "precious");
	buf_done(&content);
	if (same)
		skip(); /* it was renamed, which proves nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_killed_at_random_moments),
		RUNS(test_the_living_are_left_alone),
		RUNS(test_record_may_be_carried_out_twice),
		RUNS(test_unsealed_record_never_happened),
		RUNS(test_no_name_is_in_the_way_of_a_copy),
	};

	return cmocka_run_group_tests_name("namespace recover", tests, NULL, NULL);
}
