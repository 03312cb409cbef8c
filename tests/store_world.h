/*
 * What the tests of the store share: a folder for its file, a loop, and writes that are waited
 * for.
 */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include <uv.h>

#include "engine/base/arena.h"
#include "engine/store/store.h"

struct store_world {
	struct arena arena;
	char folder[64];
	char path[128];
	uv_loop_t loop;
	struct store *store;
	bool attached;
};

/* For cmocka_unit_test_setup_teardown: an empty store that is not attached; attached. */
int store_world_up(void **state);
int store_world_up_attached(void **state);
int store_world_down(void **state);

void store_world_open(struct store_world *world);
void store_world_close(struct store_world *world); /* detached first; closed already: no error */
void store_world_attach(struct store_world *world);
void store_world_detached(void *ctx); /* for store_detach, with the world */
void store_world_detach(struct store_world *world);
void store_world_reopen(struct store_world *world); /* detached, closed, opened, not attached */

/* How one write ended: give it as ctx, with store_world_done. */
struct store_end {
	int calls;
	struct error err;
};
void store_world_done(void *ctx, const struct error *err);
/* Runs the loop until end was told; fails the test unless it ended with code. */
void store_world_expect(struct store_world *world, struct store_end *end, enum error_code code);

/* Rows with every field set, from an id. */
struct sandbox_row a_sandbox(const char *id, const char *head);
struct revision_row a_revision(const char *id, const char *parent);
struct execution_row an_acceptance(const char *id, const char *sandbox);
struct execution_row a_final(const char *id, const char *sandbox, const char *verdict);

/* Writes that are waited for, and end as they should. */
void store_world_put_sandbox(struct store_world *world, const struct sandbox_row *row);
void store_world_put_revision(struct store_world *world, const char *id, const char *parent);
void store_world_accept(struct store_world *world, const struct execution_row *row);
void store_world_finish(struct store_world *world, const struct store_final *final,
			enum error_code code);

/* Runs SQL on the file, beside the store. */
void store_world_sql(const struct store_world *world, const char *sql);
/* The first column of the first row. */
int64_t store_world_count(const struct store_world *world, const char *sql);

/* Either may be NULL. */
void assert_text(const char *found, const char *expected);

#define STORE_TEST(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_world_up_attached, store_world_down)

#endif
