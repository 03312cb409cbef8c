/* A workspace on disk with an outside next to it, and the tools of agents on it. */
#include "tests/tool_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/api/schema.h"
#include "engine/base/file.h"
#include "engine/base/utf8.h"

void tool_world_open(struct tool_world *world)
{
	char path[128];
	struct error err = {0};
	memset(world, 0, sizeof(*world));
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
							  : "/tmp"; /* memory is faster */
	snprintf(world->folder, sizeof(world->folder), "%s/assay-tools-XXXXXX", place);
	assert_non_null(mkdtemp(world->folder));
	snprintf(path, sizeof(path), "%s/outside", world->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/workspace", world->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	world->workspace = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(world->workspace >= 0);
	if (schemas_load(&world->schemas, &err) != 0)
		fail_msg("%s", err.text);
	arena_init(&world->arena);
	buf_init(&world->answer, 64 << 20);
	tool_world_put(world, "../outside/secret.txt", "OUTSIDE", 7);
}

void tool_world_close(struct tool_world *world)
{
	struct error err = {0};
	close(world->workspace);
	json_free(world->read);
	schemas_free(world->schemas);
	arena_done(&world->arena);
	buf_done(&world->answer);
	assert_int_equal(file_remove_tree(AT_FDCWD, world->folder, &err), 0);
}

void tool_world_put(struct tool_world *world, const char *path, const char *data, size_t len)
{
	char whole[4096], folder[4096];
	struct error err = {0};
	snprintf(whole, sizeof(whole), "%s/workspace/%s", world->folder, path);
	snprintf(folder, sizeof(folder), "%s", whole);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, &err), 0);
	assert_int_equal(file_write(whole, data, len, 0644, &err), 0);
}

static struct json *read_arguments(const struct tool_world *world, const struct tool *tool,
				   const char *arguments)
{
	struct error err = {0};
	struct json *schema = json_parse(tool->schema, strlen(tool->schema), tool->name, &err);
	struct json *value = json_parse(arguments, strlen(arguments), "arguments", &err);
	if (!schema || !value ||
	    schema_check_words(world->schemas, schema, tool->name, &err) != 0 ||
	    schema_check(world->schemas, schema, value, "the arguments", NULL, &err) != 0)
		fail_msg("%s(%s): %s", tool->name, arguments, err.text);
	json_free(schema);
	return value;
}

const struct json *tool_world_call(struct tool_world *world, const char *name,
				   const char *arguments)
{
	const struct tool *tool = tool_find(name);
	struct json_writer w;
	struct error err = {0};
	assert_non_null(tool);
	json_free(world->read);
	world->read = NULL;
	arena_done(&world->arena);
	arena_init(&world->arena);
	buf_clear(&world->answer);
	world->err = (struct error){0};
	json_writer_init(&w, &world->answer, true);
	json_object_begin(&w, NULL);
	struct json *value = read_arguments(world, tool, arguments);
	world->call = (struct tool_call){
		.arena = &world->arena,
		.workspace = world->workspace,
		.arguments = value,
		.answer = &w,
	};
	int result = tool->run(&world->call, &world->err);
	/* what shall be written may point into the arguments */
	for (size_t i = 0; i < world->call.file_count; i++) {
		struct file *file = &world->call.files[i];
		file->data = file->data ? arena_copy(&world->arena, file->data, file->len) : NULL;
	}
	json_free(value);
	if (result != 0) {
		assert_true(error_is_set(&world->err));
		assert_int_equal(world->call.file_count, 0);
		return NULL;
	}
	json_object_end(&w);
	assert_int_equal(utf8_valid_prefix(world->answer.data, world->answer.len),
			 world->answer.len);
	world->read = json_parse(world->answer.data, world->answer.len, name, &err);
	if (!world->read)
		fail_msg("%s: %s", name, err.text);
	return world->read;
}
