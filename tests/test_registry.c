/* Registries: what npm, pip and go say of themselves becomes hosts and variables, never secrets. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "runners/environment.h"
#include "runners/registry_kind.h"

struct fixture {
	struct arena arena;
	char folder[64];
	char *path;
	struct environment environment;
};

static const char *const mounts[] = {"/usr", NULL};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *path = getenv("PATH");

	arena_init(&f->arena);
	strcpy(f->folder, "/tmp/assay-registry-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->path = strdup(path ? path : "");
	f->environment = (struct environment){.name = "x", .mounts = mounts};
	unsetenv("SSL_CERT_FILE");
	unsetenv("NODE_EXTRA_CA_CERTS");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	setenv("PATH", f->path, 1);
	file_remove_tree(AT_FDCWD, f->folder, NULL);
	arena_done(&f->arena);
	free(f->path);
	free(f);
	return 0;
}

/* A client that answers every question with text. */
static void fake_client(struct fixture *f, const char *name, const char *text)
{
	const char *script = arena_printf(&f->arena, "#!/bin/sh\ncat <<'END'\n%s\nEND\n", text);
	const char *path = arena_printf(&f->arena, "%s/%s", f->folder, name);

	assert_int_equal(file_write(path, script, strlen(script), 0755, NULL), 0);
	f->environment.tool_path = path;
	setenv("PATH", arena_printf(&f->arena, "%s:%s", f->folder, f->path), 1);
}

static bool has(const char *const *list, const char *text)
{
	while (*list && strcmp(*list, text) != 0)
		list++;
	return *list;
}

static size_t length(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void npm_registry_and_scopes(void **state)
{
	struct fixture *f = *state;
	struct registry registry;
	const char *ca = arena_printf(&f->arena, "%s/npm", f->folder); /* any file will do */

	fake_client(f, "npm",
		    arena_printf(&f->arena,
				 "{\"registry\": \"https://me:secret@npm.example/repo/\","
				 " \"@corp:registry\": \"http://[fd00::1]:4873/\","
				 " \"cafile\": \"%s\", \"nodedir\": \"/usr\","
				 " \"//npm.example/:_authToken\": \"(protected)\"}",
				 ca));
	assert_int_equal(registry_load(&f->arena, &f->environment, "npm", &registry, NULL), 0);
	assert_int_equal(length(registry.hosts), 2);
	assert_true(has(registry.hosts, "npm.example:443"));
	assert_true(has(registry.hosts, "[fd00::1]:4873"));
	assert_true(has(registry.env, "npm_config_registry=https://npm.example/repo/"));
	assert_true(has(registry.env, "npm_config_@corp:registry=http://[fd00::1]:4873/"));
	assert_true(has(registry.env, "npm_config_nodedir=/usr"));
	assert_true(has(registry.env, "HTTPS_PROXY=http://127.0.0.1:3128"));
	assert_true(has(registry.env, arena_printf(&f->arena, "NODE_EXTRA_CA_CERTS=%s", ca)));
	assert_true(has(registry.mounts, ca));
	for (size_t i = 0; registry.env[i]; i++)
		assert_null(strstr(registry.env[i], "secret"));
}

static void pip_default_index_has_a_host_for_files(void **state)
{
	struct fixture *f = *state;
	struct registry registry;

	fake_client(f, "python3",
		    "{\"index\": \"https://index.example/simple\", \"files\": \"files.example\","
		    " \"config\": {\"global.timeout\": \"5\"}}");
	assert_int_equal(registry_load(&f->arena, &f->environment, "pip", &registry, NULL), 0);
	assert_int_equal(length(registry.hosts), 2);
	assert_true(has(registry.hosts, "index.example:443"));
	assert_true(has(registry.hosts, "files.example:443"));
	assert_true(has(registry.env, "PIP_INDEX_URL=https://index.example/simple"));
}

static void pip_mirror_replaces_the_default(void **state)
{
	struct fixture *f = *state;
	struct registry registry;

	fake_client(f, "python3",
		    "{\"index\": \"https://index.example/simple\", \"files\": \"files.example\","
		    " \"config\": {\"global.index-url\": \"https://old.example/\","
		    " \":env:.index-url\": \"http://u:p@mirror.example:8080/simple\","
		    " \"global.extra-index-url\": \"\\nhttps://a.example/s\\nhttps://b.example/s\","
		    " \"global.find-links\": \"/usr/share\"}}");
	assert_int_equal(registry_load(&f->arena, &f->environment, "pip", &registry, NULL), 0);
	assert_int_equal(length(registry.hosts), 3);
	assert_true(has(registry.hosts, "mirror.example:8080"));
	assert_true(has(registry.hosts, "b.example:443"));
	assert_true(has(registry.env, "PIP_INDEX_URL=http://mirror.example:8080/simple"));
	assert_true(
		has(registry.env, "PIP_EXTRA_INDEX_URL=https://a.example/s https://b.example/s"));
	assert_true(has(registry.env, "PIP_FIND_LINKS=/usr/share"));
}

static void go_proxies_without_direct(void **state)
{
	struct fixture *f = *state;
	struct registry registry;

	fake_client(f, "go",
		    "{\"GOPROXY\": \"https://goproxy.example/x|https://two.example,direct\","
		    " \"GOSUMDB\": \"sum.example+abc\", \"GOPRIVATE\": \"corp.example\"}");
	assert_int_equal(registry_load(&f->arena, &f->environment, "go", &registry, NULL), 0);
	assert_int_equal(length(registry.hosts), 3);
	assert_true(has(registry.hosts, "goproxy.example:443"));
	assert_true(has(registry.hosts, "two.example:443"));
	assert_true(has(registry.hosts, "sum.example:443"));
	assert_true(has(registry.env, "GOPROXY=https://goproxy.example/x,https://two.example"));
	assert_true(has(registry.env, "GOSUMDB=sum.example+abc"));
	assert_true(has(registry.env, "GOPRIVATE=corp.example"));
}

static void clients_that_cannot_answer(void **state)
{
	struct fixture *f = *state;
	struct registry registry;
	struct error err = {0};

	fake_client(f, "go", "{\"GOPROXY\": \"direct\", \"GOSUMDB\": \"off\"}");
	assert_int_equal(registry_load(&f->arena, &f->environment, "go", &registry, &err), -1);
	assert_non_null(strstr(err.text, "without a module proxy (GOPROXY=direct)"));
	fake_client(f, "npm", "this is no JSON");
	assert_int_equal(registry_load(&f->arena, &f->environment, "npm", &registry, &err), -1);
	f->environment.tool_path = "/nonexistent/python3";
	assert_int_equal(registry_load(&f->arena, &f->environment, "pip", &registry, &err), -1);
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	assert_int_equal(registry_load(&f->arena, &f->environment, "cpan", &registry, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
}

/* On a host that has them the real clients answer in the same way. */
/* Longer than any client needs where nothing else goes on. */
static void a_slow_client_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct registry registry;
	struct error err = {0};

	fake_client(f, "npm", "{\"registry\": \"https://npm.example/\"}\nEND\nsleep 6\n: <<'END'");
	if (registry_load(&f->arena, &f->environment, "npm", &registry, &err))
		fail_msg("%s", err.text);
	assert_true(has(registry.hosts, "npm.example:443"));
}

static void real_clients(void **state)
{
	static const char *const names[][2] = {
		{"nodejs-18", "npm"}, {"python-3.11", "pip"}, {"go-1.21", "go"}};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct environment environment;
		struct registry registry;
		struct error err = {0};
		if (environment_load(&f->arena, names[i][0], NULL, &environment, &err) != 0 ||
		    registry_load(&f->arena, &environment, names[i][1], &registry, &err) != 0) {
			print_message("# skipped %s: %s\n", names[i][1], err.text);
			continue;
		}
		assert_true(length(registry.hosts) >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(npm_registry_and_scopes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pip_default_index_has_a_host_for_files, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(pip_mirror_replaces_the_default, set_up, tear_down),
		cmocka_unit_test_setup_teardown(go_proxies_without_direct, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clients_that_cannot_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_client_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(real_clients, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
