/* What the tests of the store share. */
#include "tests/store_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"

void store_world_open(struct store_world *world)
{
	struct error err = {0};
	if (store_open(&world->store, world->path, &err) != 0)
		fail_msg("%s", err.text);
}

int store_world_up(void **state)
{
	struct store_world *world = calloc(1, sizeof(*world));
	arena_init(&world->arena);
	strcpy(world->folder, "/tmp/assay-store-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/history.db", world->folder);
	uv_loop_init(&world->loop);
	store_world_open(world);
	*state = world;
	return 0;
}

void store_world_attach(struct store_world *world)
{
	struct error err = {0};
	if (store_attach(world->store, &world->loop, &err) != 0)
		fail_msg("%s", err.text);
	world->attached = true;
}

int store_world_up_attached(void **state)
{
	store_world_up(state);
	struct store_world *world = *state;
	store_world_attach(world);
	return 0;
}

void store_world_detached(void *ctx)
{
	((struct store_world *)ctx)->attached = false;
}

void store_world_detach(struct store_world *world)
{
	if (!world->attached)
		return;
	store_detach(world->store, store_world_detached, world);
	assert_true(world->attached);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_false(world->attached);
}

void store_world_close(struct store_world *world)
{
	store_world_detach(world);
	if (world->store)
		store_close(world->store);
	world->store = NULL;
}

void store_world_reopen(struct store_world *world)
{
	store_world_close(world);
	store_world_open(world);
}

int store_world_down(void **state)
{
	struct store_world *world = *state;
	store_world_close(world);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	file_remove_tree(AT_FDCWD, world->folder, NULL);
	arena_done(&world->arena);
	free(world);
	return 0;
}

void store_world_done(void *ctx, const struct error *err)
{
	struct store_end *end = ctx;
	end->calls++;
	end->err = err ? *err : (struct error){.code = ERROR_NONE};
}

void store_world_expect(struct store_world *world, struct store_end *end, enum error_code code)
{
	while (end->calls == 0 && uv_run(&world->loop, UV_RUN_ONCE) != 0)
		;
	assert_int_equal(end->calls, 1);
	if (end->err.code != code)
		fail_msg("ended with %d, not %d: %s", end->err.code, code, end->err.text);
	end->calls = 0;
}

struct sandbox_row a_sandbox(const char *id, const char *head)
{
	return (struct sandbox_row){.id = id,
				    .tenant = "t",
				    .agent = "agent",
				    .environment = "python-3.11",
				    .head = head,
				    .ttl_ms = 500,
				    .created_ms = 1000,
				    .used_ms = 2000,
				    .expires_ms = 3000};
}

struct revision_row a_revision(const char *id, const char *parent)
{
	return (struct revision_row){
		.id = id, .parent = parent, .tenant = "t", .bytes = 10, .created_ms = 1};
}

struct execution_row an_acceptance(const char *id, const char *sandbox)
{
	return (struct execution_row){.id = id,
				      .tenant = "t",
				      .sandbox = sandbox,
				      .agent = "agent",
				      .state = EXECUTION_ACCEPTED,
				      .callback_url = "http://example.org/done",
				      .accepted_ms = 1700000000000};
}

struct execution_row a_final(const char *id, const char *sandbox, const char *verdict)
{
	struct execution_row row = an_acceptance(id, sandbox);
	row.state = EXECUTION_FINAL;
	row.started_ms = row.accepted_ms + 1;
	row.finished_ms = row.accepted_ms + 2;
	row.verdict = verdict;
	row.reason = "because";
	row.environment = "python-3.11";
	row.wall_ms = 12.5;
	row.log_dir = "/logs/x";
	row.report = "{\"report\":1}";
	return row;
}

void store_world_put_sandbox(struct store_world *world, const struct sandbox_row *row)
{
	struct store_end end = {0};
	store_put_sandbox(world->store, row, store_world_done, &end);
	store_world_expect(world, &end, ERROR_NONE);
}

void store_world_finish(struct store_world *world, const struct store_final *final,
			enum error_code code)
{
	struct store_end end = {0};
	store_finish(world->store, final, store_world_done, &end);
	store_world_expect(world, &end, code);
}

void store_world_put_revision(struct store_world *world, const char *id, const char *parent)
{
	struct revision_row row = a_revision(id, parent);
	store_world_finish(world, &(struct store_final){.revision = &row}, ERROR_NONE);
}

void store_world_accept(struct store_world *world, const struct execution_row *row)
{
	struct store_end end = {0};
	store_accept(world->store, row, NULL, store_world_done, &end);
	store_world_expect(world, &end, ERROR_NONE);
}

static sqlite3 *open_beside(const struct store_world *world)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	return db;
}

void store_world_sql(const struct store_world *world, const char *sql)
{
	sqlite3 *db = open_beside(world);
	char *words = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s", words);
	sqlite3_close(db);
}

int64_t store_world_count(const struct store_world *world, const char *sql)
{
	sqlite3 *db = open_beside(world);
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

void assert_text(const char *found, const char *expected)
{
	if (!expected)
		assert_null(found);
	else
		assert_string_equal(found ? found : "(null)", expected);
}
