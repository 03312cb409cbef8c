/*
 * The service is killed at moments that nobody chose, while executions, writes and rollbacks go on in a few
 * sandboxes. After each: every execution that was told as accepted is final, what was told as done is as it
 * was told, every sandbox can be read and holds a state that was committed, and nothing is left over.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tests/service_world.h"

enum { KILLS = 12, SANDBOXES = 3, MOST_MS = 250 };

static int books; /* a line for all that was told: "a ID", "d ID VERDICT" */

/* Each run writes all files alike: a workspace in which two differ is half a commit. */
static const char text[] = "```bash\n"
			   "n=$(cat a 2>/dev/null || echo 0)\n"
			   "for f in a b c d e f g h; do echo $((n + 1)) > $f; done\n"
			   "```\n";

static void work_in(struct service_world *world, const char *sandbox);

struct worker {
	struct service_world *world;
	const char *sandbox;
	struct ticket ticket;
	struct file file;
};

static void on_accepted(void *ctx, const struct error *err)
{
	struct worker *worker = ctx;

	if (!err)
		dprintf(books, "a %s\n", worker->ticket.id);
}

static void on_done(void *ctx, const struct outcome *outcome)
{
	struct worker *worker = ctx;

	dprintf(books, "d %s %s\n", outcome->id, outcome->verdict);
	work_in(worker->world, worker->sandbox);
}

static void on_written(void *ctx, const struct error *err)
{
	(void)ctx;
	(void)err;
}

static void on_reverted(void *ctx, const struct changes *changes, const struct error *err)
{
	(void)ctx;
	(void)changes;
	(void)err;
}

/* An execution, and sometimes a write or a rollback as well. */
static void work_in(struct service_world *world, const char *sandbox)
{
	struct worker *worker = arena_alloc(&world->arena, sizeof(*worker));
	const struct listener listener = {
		.on_accepted = on_accepted, .on_done = on_done, .ctx = worker};
	struct submission submission = a_submission(sandbox, text);
	struct error err = {0};
	unsigned char dice;

	if (getrandom(&dice, 1, 0) != 1)
		abort();
	*worker = (struct worker){.world = world, .sandbox = sandbox};
	worker->file = (struct file){.path = "other", .data = "x", .len = dice & 1};
	if (dice % 4 == 0)
		service_rollback(world->service, "t", sandbox, SERVICE_LAST_SUCCESS, on_reverted,
				 NULL, NULL);
	if (dice % 4 == 1)
		service_write(world->service, "t", sandbox, &worker->file, 1, on_written, NULL,
			      NULL);
	if (service_submit(world->service, &submission, &listener, &worker->ticket, &err) != 0)
		abort();
}

static void remember(void *ctx, const struct sandbox_row *row)
{
	const char **ids = ctx;

	while (*ids)
		ids++;
	*ids = strdup(row->id);
}

static void begin(struct service_world *world, int out)
{
	const char *ids[SANDBOXES + 1] = {NULL};

	service_each_sandbox(world->service, "t", remember, ids);
	for (size_t i = 0; i < SANDBOXES; i++)
		work_in(world, ids[i]);
	dprintf(out, "begun\n");
}

/* ---- afterwards ---- */

/* Returns how many were told as done. */
static unsigned check_books(struct service_world *world)
{
	FILE *in = fopen(arena_printf(&world->arena, "%s/books", world->folder), "r");
	char what[2], id[64], verdict[32], line[128];
	struct error err = {0};
	unsigned done = 0;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		const struct execution_row *row = NULL;
		int fields = sscanf(line, "%1s %63s %31s", what, id, verdict);
		assert_true(fields >= 2);
		done += fields == 3;
		if (store_execution(service_store(world->service), &world->arena, "t", id, &row,
				    &err) != 0)
			fail_msg("%s", err.text);
		assert_non_null(row);
		assert_int_equal(row->state, EXECUTION_FINAL);
		if (fields == 3 && strcmp(row->verdict, verdict) != 0)
			fail_msg("%s was told as %s and is %s", id, verdict, row->verdict);
	}
	fclose(in);
	return done;
}

static void check_sandbox(void *ctx, const struct sandbox_row *row)
{
	struct service_world *world = ctx;
	const char *first = service_world_file(world, row->id, "a");
	static const char *const others[] = {"b", "c", "d", "e", "f", "g", "h"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_equal(service_world_file(world, row->id, others[i]), first);
	assert_false(service_sandbox_busy(world->service, row->id));
}

static void until_final(struct service_world *world)
{
	struct execution_row *rows;
	size_t count;

	do {
		uv_run(&world->loop, UV_RUN_NOWAIT);
		assert_int_equal(store_unfinished(service_store(world->service), &world->arena,
						  &rows, &count, NULL),
				 0);
	} while (count > 0);
}

static void the_books_balance_after_each_kill(void **state)
{
	struct service_world *world = *state;
	unsigned done = 0;
	char line[64];

	books = open(arena_printf(&world->arena, "%s/books", world->folder),
		     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (size_t i = 0; i < SANDBOXES; i++)
		service_world_sandbox(world, "t");
	service_world_close(world);
	/* on a slow machine more of them, each later, until some have fallen into work */
	for (unsigned i = 0; i < KILLS || done <= KILLS; i++) {
		unsigned char dice;
		assert_int_equal(getrandom(&dice, 1, 0), 1);
		service_world_kill(world, begin, dice % MOST_MS * (1 + i / KILLS), line,
				   sizeof(line));
		service_world_open(world);
		until_final(world);
		done = check_books(world);
		service_each_sandbox(world->service, "t", check_sandbox, world);
		assert_int_equal(service_world_entries(world, "runs"), 0);
		assert_int_equal(service_world_entries(world, "commits"), 0);
		service_world_close(world);
	}
	close(books);
	service_world_open(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_books_balance_after_each_kill, service_world_up,
						service_world_down),
	};
	return cmocka_run_group_tests_name("service kills", tests, NULL, NULL);
}
