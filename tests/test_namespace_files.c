/* The namespace sandbox keeps files: put, snapshot, rollback, commit, dependency layers. */
#include "runners/namespace/overlay/storage.h"
#include "tests/drive_cmocka.h"

static void write_host(const struct drive *d, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->workspace, name);
	assert_int_equal(file_write(path, text, strlen(text), 0644, NULL), 0);
}

static void host_has(const struct drive *d, const char *name, const char *text)
{
	char path[256];
	struct buf content;

	snprintf(path, sizeof(path), "%s/%s", d->workspace, name);
	buf_init(&content, 1 << 20);
	if (!text) {
		assert_int_equal(access(path, F_OK), -1);
	} else {
		assert_int_equal(file_read(path, &content, NULL), 0);
		assert_string_equal(content.data, text);
	}
	buf_done(&content);
}

static void make_host_folder(const struct drive *d, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->workspace, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static const struct change *changed(const struct drive *d, const char *path)
{
	for (size_t i = 0; i < d->changes.count; i++) {
		if (strcmp(d->changes.items[i].path, path) == 0)
			return &d->changes.items[i];
	}
	return NULL;
}

/* ---- files ---- */

static void test_put_and_read(void **state)
{
	struct drive *d = *state;

	write_host(d, "host.txt", "from the host\n");
	opened(d);
	assert_int_equal(drive_put(d, "src/a/b.txt", "deep\n"), 0);
	assert_int_equal(drive_put(d, "host.txt", "replaced\n"), 0);
	says(d, "cat src/a/b.txt host.txt", "deep\nreplaced\n");
	host_has(d, "host.txt", "from the host\n");
}

static void test_put_refuses_bad_paths(void **state)
{
	static const char *const paths[] = {"/etc/x", "../x",  "a/../../x", "a//b",
					    "",       "a/./b", "a/"};
	struct drive *d = *state;

	opened(d);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(drive_put(d, paths[i], "x"), -1);
		assert_int_equal(d->err.code, ERROR_INPUT);
	}
}

static void test_put_refuses_links(void **state)
{
	struct drive *d = *state;
	char link[256];

	snprintf(link, sizeof(link), "%s/out", d->workspace);
	assert_int_equal(symlink("/tmp", link), 0);
	opened(d);
	shell(d, "ln -s /etc inside; ln -s a.txt file-link");
	assert_int_equal(drive_put(d, "out/x", "x"), -1);
	assert_string_equal(d->err.text, "put out/x: runs through a symbolic link");
	assert_int_equal(drive_put(d, "inside/x", "x"), -1);
	assert_int_equal(drive_put(d, "file-link", "x"), -1);
	shell(d, "rm out; mkdir out");
	assert_int_equal(drive_put(d, "out/x", "fine"), 0);
	says(d, "cat out/x", "fine");
}

static void test_put_into_a_folder_that_was_replaced(void **state)
{
	struct drive *d = *state;

	make_host_folder(d, "d");
	write_host(d, "d/old", "old");
	opened(d);
	shell(d, "rm -r d");
	assert_int_equal(drive_put(d, "d/new", "new"), 0);
	says(d, "ls d", "new\n");
}

/* ---- snapshots ---- */

static void test_rollback_undoes_everything(void **state)
{
	struct drive *d = *state;

	write_host(d, "kept", "kept\n");
	write_host(d, "gone", "gone\n");
	opened(d);
	assert_int_equal(drive_put(d, "put.txt", "one\n"), 0);
	assert_int_equal(drive_snapshot(d, "before"), 0);
	shell(d, "echo changed >kept; rm gone; echo two >put.txt; mkdir -p n/e/w; echo x >n/e/w/f");
	assert_int_equal(drive_snapshot(d, "later"), 0);
	shell(d, "echo again >kept");
	assert_int_equal(drive_rollback(d, "before"), 0);
	assert_true(d->changes.verified);
	assert_int_equal(d->changes.count, 4);
	assert_int_equal(changed(d, "kept")->what, 'M');
	assert_int_equal(changed(d, "gone")->what, 'D');
	assert_int_equal(changed(d, "put.txt")->what, 'M');
	assert_int_equal(changed(d, "n/e/w/f")->what, 'A');
	says(d, "ls; cat kept gone put.txt", "gone\nkept\nput.txt\nkept\ngone\none\n");
	assert_int_equal(drive_rollback(d, "later"), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_int_equal(drive_rollback(d, "before"), 0);
	assert_int_equal(d->changes.count, 0);
}

static void test_rollback_notices_a_changed_workspace(void **state)
{
	struct drive *d = *state;

	write_host(d, "file", "as it was");
	opened(d);
	assert_int_equal(drive_snapshot(d, "before"), 0);
	shell(d, "echo x >file");
	usleep(20000);
	write_host(d, "file", "edited meanwhile");
	assert_int_equal(drive_rollback(d, "before"), 0);
	assert_false(d->changes.verified);
}

static void test_rollback_counts_survivors(void **state)
{
	struct drive *d = *state;

	opened(d);
	assert_int_equal(drive_snapshot(d, "before"), 0);
	shell(d, "(sleep 60 &) ; (sleep 60 &)");
	assert_int_equal(drive_rollback(d, "before"), 0);
	assert_int_equal(d->changes.killed, 2);
}

/* ---- commit ---- */

static void test_commit_writes_what_changed(void **state)
{
	struct drive *d = *state;
	struct stat st;
	char path[256], target[64] = "";

	write_host(d, "edit", "old");
	write_host(d, "delete", "x");
	write_host(d, "stays", "stays");
	write_host(d, "file-to-folder", "x");
	make_host_folder(d, "folder");
	write_host(d, "folder/a", "a");
	write_host(d, "folder/b", "b");
	opened(d);
	shell(d, "printf new >edit; rm delete; printf s >script; chmod 755 script; ln -s edit link;"
		 "rm file-to-folder; mkdir file-to-folder; printf i >file-to-folder/in;"
		 "rm -r folder; mkdir folder; printf c >folder/c; mkfifo pipe; mkdir empty");
	assert_int_equal(drive_snapshot(d, "between"), 0);
	shell(d, "printf newer >edit; rm folder/c; printf d >folder/d");
	if (drive_commit(d))
		fail_msg("%s", d->err.text);
	assert_true(d->changes.verified);
	host_has(d, "edit", "newer");
	host_has(d, "delete", NULL);
	host_has(d, "stays", "stays");
	host_has(d, "file-to-folder/in", "i");
	host_has(d, "folder/a", NULL);
	host_has(d, "folder/c", NULL);
	host_has(d, "folder/d", "d");
	host_has(d, "pipe", NULL);
	assert_int_equal(changed(d, "edit")->what, 'M');
	assert_int_equal(changed(d, "delete")->what, 'D');
	assert_int_equal(changed(d, "script")->what, 'A');
	assert_null(changed(d, "stays"));
	snprintf(path, sizeof(path), "%s/script", d->workspace);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_uid, geteuid());
	snprintf(path, sizeof(path), "%s/link", d->workspace);
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "edit");
}

/* Nothing marks the inner one: the outer one hides both. */
static void test_commit_empties_folders_inside_a_new_one(void **state)
{
	struct drive *d = *state;

	make_host_folder(d, "d");
	make_host_folder(d, "d/sub");
	write_host(d, "d/sub/old", "x");
	write_host(d, "pipe", "x");
	opened(d);
	shell(d, "rm -r d pipe; mkdir -p d/sub; mkfifo pipe");
	assert_int_equal(drive_commit(d), 0);
	host_has(d, "d/sub/old", NULL);
	host_has(d, "pipe", NULL);
	assert_int_equal(changed(d, "d/sub/old")->what, 'D');
	assert_int_equal(changed(d, "pipe")->what, 'D');
}

static void test_commit_makes_a_new_workspace(void **state)
{
	struct drive *d = *state;

	assert_int_equal(rmdir(d->workspace), 0);
	opened(d);
	shell(d, "echo hi >hello");
	assert_int_equal(drive_commit(d), 0);
	host_has(d, "hello", "hi\n");
}

static void test_nothing_is_written_without_commit(void **state)
{
	struct drive *d = *state;

	write_host(d, "file", "as it was");
	opened(d);
	shell(d, "echo x >file; echo y >new");
	drive_close(d);
	host_has(d, "file", "as it was");
	host_has(d, "new", NULL);
}

/* ---- dependency layers ---- */

static void test_layer_is_made_once_and_used(void **state)
{
	struct drive *d = *state;
	struct file manifest = {.path = "manifest", .data = "m", .len = 1};
	bool found = true;

	opened(d);
	assert_int_equal(d->ops->layer_use(d->sandbox, "k1", &found, &d->err), 0);
	assert_false(found);
	assert_int_equal(d->ops->layer_begin(d->sandbox, "k1", &manifest, 1, &d->err), 0);
	says(d, "ls", "manifest\n");
	shell(d, "mkdir modules; echo lib >modules/lib; echo tool >/deps/tool");
	if (drive_layer_end(d, true))
		fail_msg("%s", d->err.text);
	says(d, "ls; cat modules/lib /deps/tool", "modules\nlib\ntool\n");
	shell(d, "echo x >/deps/tool");
	assert_int_not_equal(d->out.exit_code, 0);
	shell(d, "echo mine >modules/own");
	assert_int_equal(drive_commit(d), 0);
	host_has(d, "modules/lib", NULL);
	host_has(d, "modules/own", "mine\n");
	drive_close(d);
	assert_int_equal(drive_open(d, NULL), 0);
	assert_int_equal(d->ops->layer_use(d->sandbox, "k1", &found, &d->err), 0);
	assert_true(found);
	says(d, "cat modules/lib /deps/tool", "lib\ntool\n");
}

static void test_dropped_layer_leaves_nothing(void **state)
{
	struct drive *d = *state;
	char building[128];
	bool found = true;

	opened(d);
	assert_int_equal(d->ops->layer_begin(d->sandbox, "k2", NULL, 0, &d->err), 0);
	shell(d, "echo half >half");
	assert_int_equal(drive_layer_end(d, false), 0);
	assert_int_equal(d->ops->layer_use(d->sandbox, "k2", &found, &d->err), 0);
	assert_false(found);
	says(d, "ls", "");
	snprintf(building, sizeof(building), "%s/building", d->state);
	assert_int_equal(rmdir(building), 0);
}

/* ---- a host whose tmpfs cannot hold the layers ---- */

static int setup_old(void **state)
{
	storage_pretend_old(true);
	return setup(state);
}

static int teardown_old(void **state)
{
	struct drive *d = *state;
	char runs[128];

	drive_close(d);
	snprintf(runs, sizeof(runs), "%s/runs", d->state);
	int left = rmdir(runs); /* it is empty */
	storage_pretend_old(false);
	return teardown(state) || left;
}

static void test_unreadable_folders_go_too(void **state)
{
	struct drive *d = *state;

	opened(d);
	shell(d, "mkdir -p a/b/c; touch a/b/c/f; chmod 000 a/b; chmod 500 a");
	assert_int_equal(d->out.exit_code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_put_and_read),
		RUNS(test_put_refuses_bad_paths),
		RUNS(test_put_refuses_links),
		RUNS(test_put_into_a_folder_that_was_replaced),
		RUNS(test_rollback_undoes_everything),
		RUNS(test_rollback_notices_a_changed_workspace),
		RUNS(test_rollback_counts_survivors),
		RUNS(test_commit_writes_what_changed),
		RUNS(test_commit_empties_folders_inside_a_new_one),
		RUNS(test_commit_makes_a_new_workspace),
		RUNS(test_nothing_is_written_without_commit),
		RUNS(test_layer_is_made_once_and_used),
		RUNS(test_dropped_layer_leaves_nothing),
#define RUNS_OLD(name) cmocka_unit_test_setup_teardown(name, setup_old, teardown_old)
		RUNS_OLD(test_put_into_a_folder_that_was_replaced),
		RUNS_OLD(test_rollback_undoes_everything),
		RUNS_OLD(test_commit_writes_what_changed),
		RUNS_OLD(test_unreadable_folders_go_too),
	};

	return cmocka_run_group_tests_name("namespace files", tests, NULL, NULL);
}
