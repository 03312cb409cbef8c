/* Templates met with a host: which tool is found, what is asked once, what errors say. */
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

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "runners/environment.h"
#include "runners/host_command.h"
#include "runners/shim.h"

struct fixture {
	struct arena arena;
	char folder[64];
	char *path; /* PATH as it was */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *path = getenv("PATH");

	arena_init(&f->arena);
	strcpy(f->folder, "/tmp/assay-env-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->path = strdup(path ? path : "");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	setenv("PATH", f->path, 1);
	unsetenv("ASSAY_SHARE");
	unsetenv("PYENV_VERSION");
	file_remove_tree(AT_FDCWD, f->folder, NULL);
	arena_done(&f->arena);
	free(f->path);
	free(f);
	return 0;
}

static const char *in_folder(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s/%s", f->folder, name);
}

static void write_text(struct fixture *f, const char *name, const char *text, mode_t mode)
{
	const char *path = in_folder(f, name);
	char *folder = arena_string(&f->arena, path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0700, NULL), 0);
	assert_int_equal(file_write(path, text, strlen(text), mode, NULL), 0);
}

static const char *share_template(struct fixture *f, const char *text)
{
	static struct error err;
	struct environment environment;

	write_text(f, "templates/mine/template.json", text, 0600);
	setenv("ASSAY_SHARE", f->folder, 1);
	err = (struct error){0};
	assert_int_equal(environment_load(&f->arena, "mine", NULL, &environment, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	return err.text;
}

#define TOOL "\"tool\": {\"names\": [\"bash\"], \"version\": [\"--version\"], \"missing\": \"x\"}"

/* ---- templates ---- */

static void every_template_loads(void **state)
{
	struct fixture *f = *state;
	const char *const *names;
	size_t count = 0;

	assert_int_equal(environment_names(&f->arena, &names, NULL), 0);
	for (; names[count]; count++) {
		struct environment environment;
		struct error err = {0};
		if (environment_load(&f->arena, names[count], f->folder, &environment, &err) == 0)
			assert_string_equal(environment.name, names[count]);
		else if (err.code != ERROR_UNAVAILABLE || !strstr(err.text, "on the PATH"))
			fail_msg("%s: %s", names[count], err.text);
	}
	assert_true(count >= 4);
}

static void unknown_names_list_the_known(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"cobol", "", "../templates/bash", ".", "a/b"};
	const char *const *templates;
	const char *known = "known: ";

	assert_int_equal(environment_names(&f->arena, &templates, NULL), 0);
	for (size_t i = 0; templates[i]; i++)
		known = arena_printf(&f->arena, "%s%s%s", known, i ? ", " : "", templates[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct environment environment;
		struct error err = {0};
		assert_int_equal(environment_load(&f->arena, names[i], NULL, &environment, &err),
				 -1);
		assert_int_equal(err.code, ERROR_NOT_FOUND);
		assert_non_null(strstr(err.text, known));
	}
}

static void broken_templates_name_file_and_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"{\n\"language\": \"bash\",\n}", "templates/mine/template.json:3:"},
		{"[]", "templates/mine/template.json:1: a template must be an object"},
		{"{\n\"language\": \"bash\",\n \"colour\": 1, " TOOL "}",
		 "templates/mine/template.json:3: \"colour\" is not a field"},
		{"{\n\n\"language\": 3, " TOOL "}",
		 "template.json:3: \"language\" must be a string"},
		{"{" TOOL "}", "template.json:1: \"language\" is missing"},
		{"{\"language\": \"bash\"}", "template.json:1: \"tool\" must be an object"},
		{"{\n\"language\": \"cobol\", " TOOL "}",
		 "template.json:2: \"language\" is none that is known"},
		{"{\"language\": \"bash\", " TOOL ",\n\"mounts\": [\"etc\"]}",
		 "template.json:2: \"mounts\" must be a list of absolute paths"},
		{"{\"language\": \"bash\", " TOOL ",\n\"mounts\": [\"/usr/../etc\"]}",
		 "template.json:2: \"mounts\" must be"},
		{"{\"language\": \"bash\", " TOOL ",\n\"hosts\": [\"x.example\"]}",
		 "template.json:2: \"hosts\" must be a list of \"host:port\""},
		{"{\"language\": \"bash\", " TOOL ",\n\"hosts\": [\"x.example:99999\"]}",
		 "template.json:2: \"hosts\" must be"},
		{"{\"language\": \"bash\", " TOOL ",\n\"env\": {\n\"A\": 1}}",
		 "template.json:3: \"A\" must be a string"},
		{"{\"language\": \"bash\", " TOOL ",\n\"limits\": {\"memory\": \"4 gigs\"}}",
		 "template.json:2: \"memory\" must be a size"},
		{"{\"language\": \"bash\", " TOOL ",\n\"limits\": {\"time_ms\": 99999999}}",
		 "template.json:2: \"time_ms\" must be a number"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *said = share_template(f, cases[i].text);
		if (!strstr(said, cases[i].message))
			fail_msg("%s\ngave: %s\nwanted: %s", cases[i].text, said, cases[i].message);
	}
}

static void limits_have_units_and_defaults(void **state)
{
	struct fixture *f = *state;
	struct environment environment;

	write_text(f, "templates/mine/template.json",
		   "{\"language\": \"bash\", " TOOL ", \"limits\": {\"memory\": \"512 MiB\","
		   " \"file_size\": 1000, \"cpus\": 0.5}, \"env\": {\"A\": \"b=c\"}}",
		   0600);
	setenv("ASSAY_SHARE", f->folder, 1);
	assert_int_equal(environment_load(&f->arena, "mine", NULL, &environment, NULL), 0);
	assert_int_equal(environment.limits.memory, 512 << 20);
	assert_int_equal(environment.limits.file_size, 1000);
	assert_true(environment.limits.cpus == 0.5);
	assert_int_equal(environment.limits.processes, 512);
	assert_non_null(strstr(environment.tool, "bash"));
	size_t last = 0;
	while (environment.env[last + 1])
		last++;
	assert_string_equal(environment.env[last], "A=b=c");
}

/* ---- toolchains ---- */

static void missing_tool_says_how_to_get_it(void **state)
{
	struct fixture *f = *state;
	struct environment environment;
	struct error err = {0};

	setenv("PATH", f->folder, 1);
	assert_int_equal(environment_load(&f->arena, "go-1.21", NULL, &environment, &err), -1);
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "needs go on the PATH; install it with: apt-get"));
}

/* perl --version opens with an empty line. */
static void an_empty_line_is_no_version(void **state)
{
	struct fixture *f = *state;
	struct environment environment;

	write_text(f, "templates/mine/template.json",
		   "{\"language\": \"bash\", \"tool\": {\"names\": [\"bash\"], \"missing\": \"x\","
		   " \"version\": [\"-c\", \"echo; echo tool 5; echo more\"]}}",
		   0600);
	setenv("ASSAY_SHARE", f->folder, 1);
	assert_int_equal(environment_load(&f->arena, "mine", NULL, &environment, NULL), 0);
	assert_string_equal(environment.tool, "tool 5");
}

/* A script has no folder of its own that could be mounted: it is passed over, not trusted. */
static void scripts_are_no_toolchain(void **state)
{
	struct fixture *f = *state;
	struct environment environment;

	write_text(f, "bin/go", "#!/bin/sh\necho go version go1.99\n", 0755);
	setenv("PATH", in_folder(f, "bin"), 1);
	assert_int_equal(environment_load(&f->arena, "go-1.21", NULL, &environment, NULL), -1);
}

static void shims_are_read_not_run(void **state)
{
	struct fixture *f = *state;
	const char *shim = in_folder(f, "pyenv/shims/python3");

	write_text(f, "pyenv/shims/python3", "#!/bin/sh\nexit 1\n", 0755);
	write_text(f, "pyenv/versions/3.9.1/bin/python3", "", 0755);
	write_text(f, "pyenv/versions/3.11.2/bin/python3", "", 0755);
	write_text(f, "pyenv/version", "3.9.1\n", 0644);
	assert_string_equal(shim_target(&f->arena, shim, "3.11"),
			    in_folder(f, "pyenv/versions/3.9.1/bin/python3"));
	setenv("PYENV_VERSION", "system:3.11.2", 1);
	assert_string_equal(shim_target(&f->arena, shim, "3.11"),
			    in_folder(f, "pyenv/versions/3.11.2/bin/python3"));
	unsetenv("PYENV_VERSION");
	write_text(f, "pyenv/version", "../../../bin\n", 0644);
	assert_string_equal(shim_target(&f->arena, shim, "3.11"),
			    in_folder(f, "pyenv/versions/3.11.2/bin/python3"));
	assert_null(shim_target(&f->arena, shim, "3.12"));
	assert_null(shim_target(&f->arena, in_folder(f, "pyenv/bin/python3"), "3.11"));
}

static size_t kept_answers(struct fixture *f)
{
	const char *command[] = {"ls", in_folder(f, "state/toolchains"), NULL};
	struct buf out;
	size_t lines = 0;

	buf_init(&out, 4096);
	assert_int_equal(host_command(command, 5000, &out, NULL), 0);
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	buf_done(&out);
	return lines;
}

/* A replaced executable is another file: what was kept for the old one is not believed. */
static void versions_are_kept_for_one_file(void **state)
{
	struct fixture *f = *state;
	const char *copy[] = {"cp", "/bin/bash", in_folder(f, "bin/bash"), NULL};
	const char *state_dir = in_folder(f, "state");
	struct environment environment;
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(file_make_dirs(in_folder(f, "bin"), 0700, NULL), 0);
	assert_int_equal(host_command(copy, 5000, &out, NULL), 0);
	setenv("PATH", arena_printf(&f->arena, "%s:%s", in_folder(f, "bin"), f->path), 1);
	assert_int_equal(environment_load(&f->arena, "bash", state_dir, &environment, NULL), 0);
	assert_string_equal(environment.tool_path, in_folder(f, "bin/bash"));
	assert_int_equal(kept_answers(f), 1);
	assert_int_equal(environment_load(&f->arena, "bash", state_dir, &environment, NULL), 0);
	assert_int_equal(kept_answers(f), 1);
	assert_int_equal(utimensat(AT_FDCWD, in_folder(f, "bin/bash"), NULL, 0), 0);
	assert_int_equal(environment_load(&f->arena, "bash", state_dir, &environment, NULL), 0);
	assert_int_equal(kept_answers(f), 2);
	buf_done(&out);
}

/* ---- commands on the host ---- */

static void host_commands_end_in_time(void **state)
{
	static const char *const slow[] = {"sh", "-c", "echo early; sleep 90 & sleep 90", NULL};
	static const char *const daemon[] = {"sh", "-c", "sleep 90 >/dev/null 2>&1 & echo x", NULL};
	static const char *const failing[] = {"sh", "-c", "echo why >&2; exit 3", NULL};
	static const char *const absent[] = {"no-such-program", NULL};
	static const char *const flood[] = {"sh", "-c", "head -c 300000 /dev/zero", NULL};
	struct error err = {0};
	struct buf out;
	double start = clock_ms();

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(host_command(slow, 2000, &out, &err), -1);
	assert_true(clock_ms() - start < 60000);
	assert_string_equal(out.data, "early\n");
	assert_non_null(strstr(err.text, "did not answer within 2000 ms"));
	buf_clear(&out);
	assert_int_equal(host_command(daemon, 60000, &out, &err), 0);
	assert_string_equal(out.data, "x\n");
	assert_int_equal(host_command(failing, 60000, &out, &err), -1);
	assert_non_null(strstr(err.text, "why"));
	assert_int_equal(host_command(absent, 60000, &out, &err), -1);
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	buf_clear(&out);
	assert_int_equal(host_command(flood, 60000, &out, &err), 0);
	assert_int_equal(out.len, 100);
	assert_true(clock_ms() - start < 90000);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_template_loads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_names_list_the_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_templates_name_file_and_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(limits_have_units_and_defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_tool_says_how_to_get_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_line_is_no_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scripts_are_no_toolchain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shims_are_read_not_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(versions_are_kept_for_one_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(host_commands_end_in_time, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
