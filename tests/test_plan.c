/*
 * Golden plans: each folder of tests/data/plan has the files of a reply (reply/), perhaps those of a
 * workspace (workspace/), and the plan they must get (expected.json). ASSAY_UPDATE=1 writes them
 * anew, for a look at the difference.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/report/plan_json.h"
#include "runners/language.h"
#include "runners/plan.h"
#include "runners/plan_parts.h"

#define DATA "tests/data/plan"

struct fixture {
	struct arena arena;
	char state[64];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena);
	strcpy(f->state, "/tmp/assay-plan-XXXXXX");
	assert_non_null(mkdtemp(f->state));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	file_remove_tree(AT_FDCWD, f->state, NULL);
	arena_done(&f->arena);
	free(f);
	return 0;
}

/* ---- a folder as a reply ---- */

static const struct language *language_of(const char *path)
{
	REGISTRY_EACH (runners, struct runner, it) {
		const struct language *language = &(*it)->language;
		for (const char *const *name = language->filenames; name && *name; name++) {
			if (strcmp(*name, path_name(path)) == 0)
				return language;
		}
		if (path_has_extension(path, language->extensions))
			return language;
	}
	return NULL;
}

static enum block_role role_of(const struct language *language, const char *path)
{
	if (!language)
		return ROLE_OTHER;
	for (const char *const *name = language->manifests; name && *name; name++) {
		if (strcmp(*name, path_name(path)) == 0)
			return ROLE_MANIFEST;
	}
	return path_matches(path, language->tests) ? ROLE_TEST : ROLE_CODE;
}

static void read_reply(struct fixture *f, const char *folder, struct blocks *out)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct source_tree tree;

	assert_true(fd >= 0);
	assert_int_equal(source_tree_init(&tree, &f->arena, NULL, 0, fd, NULL), 0);
	*out = (struct blocks){0};
	for (size_t i = 0; i < tree.listed_count; i++) {
		struct block *block = arena_grow(&f->arena, &out->items, out->count,
						 sizeof(*block));
		const char *path = tree.listed[i];
		*block = (struct block){.index = i, .path = path, .used = true, .closed = true};
		block->language = language_of(path);
		block->role = role_of(block->language, path);
		block->code = source_tree_read(&tree, &f->arena, path, &block->code_len);
		assert_non_null(block->code);
		out->count++;
	}
	close(fd);
}

/* ---- a plan as text, without what differs between hosts ---- */

static const char *replaced(struct arena *arena, const char *text, const char *what,
			    const char *with)
{
	for (const char *at = strstr(text, what); *what && at; at = strstr(text, what))
		text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, with,
				    at + strlen(what));
	return text;
}

static const char *neutral(struct fixture *f, const struct environment *environment,
			   const char *text)
{
	const char *go = strstr(environment->tool, " go1.");

	text = replaced(&f->arena, text, environment->tool_path, "{tool}");
	if (go)
		text = replaced(&f->arena, text,
				arena_printf(&f->arena, "\ngo %.*s\n",
					     (int)(2 + strspn(go + 5, "0123456789")), go + 3),
				"\ngo {version}\n");
	return text;
}

static void put_list(struct fixture *f, struct json_writer *w, const char *key,
		     const struct environment *environment, const char *const *list)
{
	json_array_begin(w, key);
	for (; list && *list; list++)
		json_put_string(w, NULL, neutral(f, environment, *list));
	json_array_end(w);
}

static void put_commands(struct fixture *f, struct json_writer *w, const char *key,
			 const struct environment *environment, const struct command *commands,
			 size_t count)
{
	json_array_begin(w, key);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w, NULL);
		json_put_string(w, "kind", command_kind_name(commands[i].kind));
		put_list(f, w, "argv", environment, commands[i].argv);
		put_list(f, w, "env", environment, commands[i].env);
		json_put_string(w, "parser", commands[i].parser);
		json_put_string(w, "report", commands[i].report);
		json_put_string(w, "fallback", commands[i].fallback);
		json_put_string(w, "shown", commands[i].shown);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_files(struct fixture *f, struct json_writer *w, const char *key,
		      const struct environment *environment, const struct file *files, size_t count,
		      const struct blocks *given)
{
	json_array_begin(w, key);
	for (size_t i = 0; i < count; i++) {
		bool made = true;
		for (size_t j = 0; j < given->count; j++)
			made = made && given->items[j].code != files[i].data;
		json_object_begin(w, NULL);
		json_put_string(w, "path", files[i].path);
		if (made)
			json_put_string(w, "made", neutral(f, environment, files[i].data));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_plan(struct fixture *f, struct json_writer *w,
		     const struct environment *environment, const struct plan *plan,
		     const struct blocks *given)
{
	const struct dependencies *wanted = &plan->dependencies;

	json_object_begin(w, NULL);
	plan_write_json(w, "plan", plan);
	put_files(f, w, "files", environment, plan->files, plan->file_count, given);
	put_files(f, w, "manifests", environment, wanted->files, wanted->file_count, given);
	put_commands(f, w, "install", environment, wanted->commands, wanted->command_count);
	json_put_string(w, "in_place", wanted->in_place ? wanted->why_in_place : NULL);
	put_list(f, w, "registries", environment, wanted->registries);
	put_commands(f, w, "commands", environment, plan->commands, plan->command_count);
	json_object_end(w);
}

/* ---- the cases ---- */

static void compare(const char *name, const char *path, const struct buf *got)
{
	struct buf expected;

	buf_init(&expected, 1 << 20);
	if (getenv("ASSAY_UPDATE"))
		assert_int_equal(file_write(path, got->data, got->len, 0644, NULL), 0);
	if (file_read(path, &expected, NULL) != 0)
		fail_msg("%s: no %s", name, path);
	if (expected.len != got->len || memcmp(expected.data, got->data, got->len) != 0)
		fail_msg("%s: expected\n%s\ngot\n%s", name, expected.data, got->data);
	buf_done(&expected);
}

static void run_case(struct fixture *f, const char *name)
{
	const char *folder = arena_printf(&f->arena, DATA "/%s", name);
	const char *workspace = arena_printf(&f->arena, "%s/workspace", folder);
	struct environment environment;
	struct json_writer writer;
	struct error err = {0};
	struct blocks blocks;
	struct plan plan;
	struct buf text;
	int fd = open(workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	read_reply(f, arena_printf(&f->arena, "%s/reply", folder), &blocks);
	buf_init(&text, 1 << 20);
	json_writer_init(&writer, &text, false);
	const struct plan_order order = {
		.blocks = &blocks, .state_dir = f->state, .workspace_dirfd = fd};
	if (plan_make(&f->arena, &order, &environment, &plan, &err) == 0) {
		if (environment.note) /* the first note: which version this host has */
			plan.notes++;
		put_plan(f, &writer, &environment, &plan, &blocks);
	} else if (err.code == ERROR_UNAVAILABLE && strstr(err.text, "on the PATH")) {
		print_message("# skipped %s: %s\n", name, err.text);
	} else {
		json_object_begin(&writer, NULL);
		json_put_string(&writer, "error", err.text);
		json_object_end(&writer);
	}
	if (text.len) {
		buf_putc(&text, '\n');
		compare(name, arena_printf(&f->arena, "%s/expected.json", folder), &text);
	}
	buf_done(&text);
	if (fd >= 0)
		close(fd);
}

static void golden_plans(void **state)
{
	struct dirent **entries;
	int count = scandir(DATA, &entries, NULL, alphasort);

	assert_true(count > 2);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			run_case(*state, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(golden_plans, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
