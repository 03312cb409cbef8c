/* The store: what is recorded comes back, old runs go, and a broken file is told in words. */
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/store/store.h"

struct fixture {
	struct arena arena;
	char folder[64];
	char path[128];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	arena_init(&f->arena);
	strcpy(f->folder, "/tmp/assay-store-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/new/history.db", f->folder);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	file_remove_tree(AT_FDCWD, f->folder, NULL);
	arena_done(&f->arena);
	free(f);
	return 0;
}

static struct store *open_store(const char *path)
{
	struct store *store = NULL;
	struct error err = {0};
	if (store_open(&store, path, &err) != 0)
		fail_msg("%s", err.text);
	return store;
}

static struct test some_tests[] = {
	{.name = "a", .suite = "s", .status = TEST_PASSED, .message = "not kept"},
	{.name = "b", .suite = NULL, .status = TEST_FAILED},
	{.name = "c \xc3\xbc", .suite = "s > t", .status = TEST_SKIPPED},
	{.name = "a", .suite = "s", .status = TEST_ERROR},
};

static void record(struct store *store, const char *workspace, const char *id, size_t tests,
		   unsigned keep)
{
	struct execution execution = {.id = id, .verdict = VERDICT_TESTS_FAILED};
	struct error err = {0};
	execution.results.runner = tests ? "pytest" : NULL;
	execution.results.complete = true;
	execution.results.tests = some_tests;
	execution.results.count = tests;
	if (store_record(store, workspace, &execution, keep, &err) != 0)
		fail_msg("%s", err.text);
}

static const char *last_id(struct store *store, const char *workspace, struct arena *arena,
			   struct results *results)
{
	const char *id = "untouched";
	struct error err = {0};
	if (store_last_results(store, workspace, arena, &id, results, &err) != 0)
		fail_msg("%s", err.text);
	return id;
}

static void what_is_recorded_comes_back(void **state)
{
	struct fixture *f = *state;
	struct results results;
	struct store *store = open_store(f->path);
	assert_null(last_id(store, "/w", &f->arena, &results));
	assert_null(results.runner);
	record(store, "/w", "one", 4, 10);
	store_close(store);

	store = open_store(f->path);
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "one");
	assert_string_equal(results.runner, "pytest");
	assert_true(results.complete);
	assert_int_equal(results.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(results.tests[i].name, some_tests[i].name);
		assert_int_equal(results.tests[i].status, some_tests[i].status);
		assert_null(results.tests[i].message);
	}
	assert_string_equal(results.tests[0].suite, "s");
	assert_null(results.tests[1].suite);
	assert_null(last_id(store, "/other", &f->arena, &results));
	store_close(store);
}

static void runs_without_results_are_passed_over(void **state)
{
	struct fixture *f = *state;
	struct results results;
	struct store *store = open_store(":memory:");
	record(store, "/w", "one", 2, 10);
	record(store, "/w", "two", 0, 10);
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "one");
	record(store, "/w", "three", 1, 10);
	record(store, "/v", "four", 3, 10);
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "three");
	assert_int_equal(results.count, 1);
	store_close(store);
}

static int count_rows(const char *path, const char *table)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	char sql[64];
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static void only_the_newest_are_kept(void **state)
{
	struct fixture *f = *state;
	struct results results;
	struct store *store = open_store(f->path);
	record(store, "/v", "kept", 4, 3);
	for (int i = 0; i < 8; i++)
		record(store, "/w", "x", 2, 3);
	assert_int_equal(count_rows(f->path, "runs"), 4);
	assert_int_equal(count_rows(f->path, "tests"), 3 * 2 + 4);
	assert_string_equal(last_id(store, "/v", &f->arena, &results), "kept");
	store_close(store);
}

static void expect_failure(const char *path, enum error_code code, const char *words)
{
	struct store *store = NULL;
	struct error err = {0};
	if (store_open(&store, path, &err) == 0) {
		store_close(store);
		fail_msg("%s could be opened", path);
	}
	if (!strstr(err.text, words) || !strstr(err.text, path))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_int_equal(err.code, code);
}

static void broken_files_are_told_in_words(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/text.db", f->folder);
	char text[5000];
	memset(text, 'x', sizeof(text));
	assert_int_equal(file_write(path, text, sizeof(text), 0600, NULL), 0);
	expect_failure(path, ERROR_IO, "file is not a database; move the file away");

	snprintf(path, sizeof(path), "%s/folder.db", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_failure(path, ERROR_UNAVAILABLE, "unable to open");
}

/* The header is whole, the tables are gone: the failure comes with the first query. */
static void a_damaged_file_fails_on_use(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_store(f->path);
	for (int i = 0; i < 50; i++)
		record(store, "/w", "one", 4, 100);
	store_close(store);
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);
	char junk[4096];
	memset(junk, 0xee, sizeof(junk));
	for (off_t at = 4096; at < 16 * 4096; at += 4096)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
	close(fd);

	store = open_store(f->path);
	struct results results;
	const char *id;
	struct error err = {0};
	assert_int_equal(store_last_results(store, "/w", &f->arena, &id, &results, &err), -1);
	assert_non_null(strstr(err.text, "malformed; move the file away"));
	assert_null(id);
	assert_int_equal(results.count, 0);
	struct execution execution = {.id = "x"};
	assert_int_equal(store_record(store, "/w", &execution, 3, &err), -1);
	store_close(store);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct fixture *f = *state;
	store_close(open_store(f->path));
	sqlite3 *db;
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 7", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_failure(f->path, ERROR_UNAVAILABLE, "newer assay (schema 7, this one knows 3)");
}

/* A file as the first version made it. */
static void an_older_schema_is_brought_up(void **state)
{
	struct fixture *f = *state;
	static const char sql[] =
		"CREATE TABLE executions (number INTEGER PRIMARY KEY, id TEXT NOT NULL,"
		"  workspace TEXT NOT NULL, at TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT,"
		"  environment TEXT, runner TEXT, complete INTEGER NOT NULL, wall_ms REAL NOT NULL);"
		"CREATE INDEX executions_of_workspace ON executions (workspace, number);"
		"CREATE TABLE tests (execution INTEGER NOT NULL REFERENCES executions (number)"
		"  ON DELETE CASCADE, place INTEGER NOT NULL, suite TEXT, name TEXT,"
		"  status INTEGER NOT NULL, PRIMARY KEY (execution, place)) WITHOUT ROWID;"
		"INSERT INTO executions VALUES (7, 'old', '/w', 'then', 'passed', NULL, 'python',"
		"  'pytest', 1, 5.5);"
		"INSERT INTO tests VALUES (7, 0, 's', 'a', 0), (7, 1, NULL, 'b', 1);"
		"PRAGMA user_version = 1";
	char path[128];
	sqlite3 *db;
	struct results results;
	snprintf(path, sizeof(path), "%s/old.db", f->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);

	struct store *store = open_store(path);
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "old");
	assert_int_equal(results.count, 2);
	assert_int_equal(results.tests[1].status, TEST_FAILED);
	record(store, "/w", "new", 3, 1);
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "new");
	store_close(store);
	assert_int_equal(count_rows(path, "runs"), 1);
	assert_int_equal(count_rows(path, "tests"), 3); /* the old ones went with their run */
	assert_int_equal(count_rows(path, "executions"), 0);
}

static void a_lock_is_waited_for_and_then_told(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_store(f->path);
	struct results results;
	sqlite3 *db;
	record(store, "/w", "one", 1, 3);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	/* readers do not wait for writers */
	assert_string_equal(last_id(store, "/w", &f->arena, &results), "one");
	struct execution execution = {.id = "x"};
	struct error err = {0};
	double started = clock_ms();
	assert_int_equal(store_record(store, "/w", &execution, 3, &err), -1);
	assert_true(clock_ms() - started < 60000);
	assert_non_null(strstr(err.text, "another process holds it locked"));
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	sqlite3_close(db);
	record(store, "/w", "two", 1, 3); /* the failure left nothing open */
	store_close(store);
}

/* Runs body as a user who may write nothing here; its status is the number of failed checks. */
static int as_nobody(int (*body)(const char *path), const char *path)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(setgid(65534) != 0 || setuid(65534) != 0 ? 99 : body(path));
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int write_as_nobody(const char *path)
{
	struct store *store;
	struct error err = {0};
	struct execution execution = {.id = "x"};
	if (store_open(&store, path, &err) == 0 &&
	    store_record(store, "/w", &execution, 3, &err) == 0)
		return 1;
	return err.code != ERROR_UNAVAILABLE || !strstr(err.text, path);
}

static void a_read_only_place_is_told(void **state)
{
	struct fixture *f = *state;
	if (geteuid() != 0)
		skip(); /* it takes root to become nobody */
	char path[128];
	store_close(open_store(f->path));
	chmod(f->folder, 0755);
	snprintf(path, sizeof(path), "%s/new", f->folder);
	chmod(path, 0755);
	assert_int_equal(as_nobody(write_as_nobody, f->path), 0);
	snprintf(path, sizeof(path), "%s/another.db", f->folder);
	assert_int_equal(as_nobody(write_as_nobody, path), 0);
}

static int write_many(const char *path)
{
	struct error err = {0};
	for (int i = 0; i < 20; i++) {
		struct store *store;
		struct execution execution = {
			.id = "x", .results = {.runner = "r", .tests = some_tests, .count = 4}};
		if (store_open(&store, path, &err) != 0 ||
		    store_record(store, "/w", &execution, 1000, &err) != 0) {
			fprintf(stderr, "# %s\n", err.text);
			return 1;
		}
		store_close(store);
	}
	return 0;
}

static void engines_share_one_file_from_its_first_moment(void **state)
{
	struct fixture *f = *state;
	enum { ENGINES = 6 };
	pid_t pids[ENGINES];
	for (int i = 0; i < ENGINES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(write_many(f->path));
	}
	for (int i = 0; i < ENGINES; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_rows(f->path, "runs"), ENGINES * 20);
	assert_int_equal(count_rows(f->path, "tests"), ENGINES * 20 * 4);
}

/* A bound that only a mistake of kind breaks (a table scan, an fsync): it takes about 1 ms. */
static void opening_and_reading_are_quick(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_store(f->path);
	for (int i = 0; i < 200; i++)
		record(store, "/w", "one", 4, 1000);
	store_close(store);
	double best = 1e9;
	for (int i = 0; i < 20; i++) {
		struct results results;
		double started = clock_ms();
		store = open_store(f->path);
		last_id(store, "/w", &f->arena, &results);
		double took = clock_ms() - started;
		store_close(store);
		best = took < best ? took : best;
	}
	print_message("# open and read: %.2f ms\n", best);
	assert_true(best < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_recorded_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_without_results_are_passed_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_the_newest_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_files_are_told_in_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_file_fails_on_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_newer_schema_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_older_schema_is_brought_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lock_is_waited_for_and_then_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_read_only_place_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(engines_share_one_file_from_its_first_moment,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(opening_and_reading_are_quick, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
