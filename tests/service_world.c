/* A service on a folder of its own, and what happens to those who ask it. */
#include "tests/service_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "tests/scripted_sandbox.h"

const char *const passing_text =
	"`calc.py`\n```python\ndef sign(n):\n    return -1 if n < 0 else 1\n```\n\n"
	"`test_calc.py`\n```python\nimport unittest\nfrom calc import sign\n\n"
	"class TestSign(unittest.TestCase):\n"
	"    def test_positive(self):\n        self.assertEqual(sign(5), 1)\n\n"
	"    def test_negative(self):\n        self.assertEqual(sign(-5), -1)\n```\n";

const char *const failing_text =
	"`calc.py`\n```python\ndef sign(n):\n    return 1\n```\n\n"
	"`test_calc.py`\n```python\nimport unittest\nfrom calc import sign\n\n"
	"class TestSign(unittest.TestCase):\n"
	"    def test_positive(self):\n        self.assertEqual(sign(5), 1)\n\n"
	"    def test_negative(self):\n        self.assertEqual(sign(-5), -1)\n```\n";

const char *const shell_text = "Run this:\n\n```bash\necho hello\n```\n";

static struct ruleset *rules;

/* ---- the world ---- */

void service_world_open(struct service_world *world)
{
	struct error err = {0};

	if (service_open(&world->service, &world->loop, &world->settings, &err) != 0)
		fail_msg("open: %s", err.text);
}

static void on_closed(void *ctx)
{
	struct service_world *world = ctx;

	world->closed = true;
	world->service = NULL;
}

void service_world_close(struct service_world *world)
{
	world->closed = false;
	service_close(world->service, on_closed, world);
	service_world_until(world, &world->closed);
}

static int up(void **state, const struct sandbox_ops *sandbox)
{
	struct service_world *world = calloc(1, sizeof(*world));
	struct error err = {0};

	if (!rules && ruleset_load(&rules, NULL, &err) != 0)
		fail_msg("%s", err.text);
	script_reset();
	setenv("ASSAY_LOG", "off", 0); /* what goes wrong is meant to */
	arena_init(&world->arena);
	snprintf(world->folder, sizeof(world->folder), "/tmp/assay-service-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->state, sizeof(world->state), "%s/state", world->folder);
	assert_int_equal(uv_loop_init(&world->loop), 0);
	world->settings = (struct service_settings){
		.state_dir = world->state,
		.sandbox = sandbox,
		.rules = rules,
		.queue = {.running = 4, .waiting = 8},
	};
	service_world_open(world);
	*state = world;
	return 0;
}

int service_world_up(void **state)
{
	return up(state, sandbox_find("namespace"));
}

int service_world_up_scripted(void **state)
{
	return up(state, &scripted_sandbox);
}

int service_world_down(void **state)
{
	struct service_world *world = *state;

	if (world->service)
		service_world_close(world);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	file_remove_tree(AT_FDCWD, world->folder, NULL);
	for (struct ear *ear = world->ears; ear; ear = ear->next)
		buf_done(&ear->output);
	arena_done(&world->arena);
	free(world);
	return 0;
}

void service_world_until(struct service_world *world, const bool *flag)
{
	while (!*flag)
		uv_run(&world->loop, UV_RUN_ONCE);
}

void service_world_turns(struct service_world *world, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
}

void service_world_kill(struct service_world *world,
			void (*work)(struct service_world *world, int out), unsigned after_ms,
			char *line, int size)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		uv_loop_init(&world->loop);
		service_world_open(world);
		work(world, ends[1]);
		for (;;)
			uv_run(&world->loop, UV_RUN_ONCE);
	}
	close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	assert_non_null(fgets(line, size, in));
	usleep(after_ms * 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	fclose(in);
}

/* ---- ends ---- */

void end_done(void *ctx, const struct error *err)
{
	struct end *end = ctx;

	assert_false(end->done);
	end->done = true;
	if (err)
		end->err = *err;
}

void end_sandbox(void *ctx, const struct sandbox_row *row, const struct error *err)
{
	struct end *end = ctx;

	end_done(ctx, err);
	if (row)
		end->id = arena_string(&end->world->arena, row->id);
}

void end_snapshot(void *ctx, const struct snapshot_row *row, const struct error *err)
{
	struct end *end = ctx;

	end_done(ctx, err);
	if (row)
		end->id = arena_string(&end->world->arena, row->id);
}

void end_rollback(void *ctx, const struct changes *changes, const struct error *err)
{
	struct end *end = ctx;

	end_done(ctx, err);
	if (!changes)
		return;
	end->changes = *changes;
	end->changes.items = arena_array(&end->world->arena, changes->count,
					 sizeof(*changes->items));
	for (size_t i = 0; i < changes->count; i++) {
		end->changes.items[i] = changes->items[i];
		end->changes.items[i].path = arena_string(&end->world->arena,
							  changes->items[i].path);
	}
}

void end_expect(struct end *end, enum error_code code)
{
	service_world_until(end->world, &end->done);
	if (end->err.code != code)
		fail_msg("ended with %d, not %d: %s", end->err.code, code, end->err.text);
}

/* ---- sandboxes ---- */

const char *service_world_sandbox(struct service_world *world, const char *tenant)
{
	const struct sandbox_request request = {.tenant = tenant};
	struct end end = {.world = world};

	if (service_sandbox_create(world->service, &request, end_sandbox, &end, &end.err) != 0)
		fail_msg("create: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

const char *service_world_file(struct service_world *world, const char *sandbox, const char *path)
{
	struct error err = {0};
	struct buf text;
	int dirfd;

	if (service_workspace(world->service, "t", sandbox, &dirfd, &err) != 0)
		fail_msg("workspace: %s", err.text);
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	close(dirfd);
	if (fd < 0)
		return "";
	buf_init(&text, 1 << 20);
	assert_int_equal(file_read_fd(fd, path, &text, &err), 0);
	close(fd);
	const char *copy = arena_string(&world->arena, text.data);
	buf_done(&text);
	return copy;
}

unsigned service_world_entries(struct service_world *world, const char *folder)
{
	DIR *dir = opendir(arena_printf(&world->arena, "%s/%s", world->state, folder));
	struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}
