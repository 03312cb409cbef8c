/*
 * The administrator's settings: which source wins, and that every mistake is told with its place.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/config.h"
#include "engine/base/file.h"

struct fixture {
	struct arena arena;
	char folder[64];
	char path[128]; /* what ASSAY_CONFIG names */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	arena_init(&f->arena);
	strcpy(f->folder, "/tmp/assay-config-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/own.json", f->folder);
	setenv("XDG_CONFIG_HOME", f->folder, 1);
	setenv("HOME", "/home/nobody-here", 1);
	unsetenv("XDG_STATE_HOME");
	unsetenv("ASSAY_CONFIG");
	unsetenv("ASSAY_STATE_DIR");
	unsetenv("ASSAY_SANDBOX");
	unsetenv("ASSAY_LAYERS_DISK");
	unsetenv("ASSAY_PRIVATE_REGISTRIES");
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

static void write_text(const char *path, const char *text)
{
	struct error err = {0};
	if (file_write(path, text, strlen(text), 0600, &err) != 0)
		fail_msg("%s", err.text);
}

static void without_any_source_there_are_defaults(void **state)
{
	struct fixture *f = *state;
	struct config config;
	struct error err = {0};
	assert_int_equal(config_load(&f->arena, &config, &err), 0);
	assert_string_equal(config.sandbox, "namespace");
	assert_int_equal(config.layers_disk, UINT64_C(10) << 30);
	assert_null(config.private_registries[0]);
	if (geteuid() == 0)
		assert_string_equal(config.state_dir, "/var/lib/assay");
	else
		assert_string_equal(config.state_dir, "/home/nobody-here/.local/state/assay");
}

static void later_sources_win(void **state)
{
	struct fixture *f = *state;
	struct config config;
	char path[128];
	snprintf(path, sizeof(path), "%s/assay", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/config.json");
	write_text(path,
		   "{\"state_dir\": \"/one\", \"sandbox\": \"one\", \"layers_disk\": \"1G\",\n"
		   " \"private_registries\": [\"a\", \"b.corp\"]}");
	assert_int_equal(config_load(&f->arena, &config, NULL), 0);
	assert_string_equal(config.state_dir, "/one");
	assert_string_equal(config.sandbox, "one");
	assert_int_equal(config.layers_disk, 1 << 30);
	assert_string_equal(config.private_registries[0], "a");
	assert_string_equal(config.private_registries[1], "b.corp");
	assert_null(config.private_registries[2]);

	write_text(f->path, "{\"sandbox\": \"two\"}");
	setenv("ASSAY_CONFIG", f->path, 1);
	assert_int_equal(config_load(&f->arena, &config, NULL), 0);
	assert_string_equal(config.state_dir, "/one");
	assert_string_equal(config.sandbox, "two");

	setenv("ASSAY_STATE_DIR", "/three", 1);
	setenv("ASSAY_SANDBOX", "three", 1);
	setenv("ASSAY_LAYERS_DISK", "3M", 1);
	setenv("ASSAY_PRIVATE_REGISTRIES", " npm.corp,wheels.corp , 10.0.0.1,", 1);
	assert_int_equal(config_load(&f->arena, &config, NULL), 0);
	assert_string_equal(config.state_dir, "/three");
	assert_string_equal(config.sandbox, "three");
	assert_int_equal(config.layers_disk, 3 << 20);
	assert_string_equal(config.private_registries[0], "npm.corp");
	assert_string_equal(config.private_registries[1], "wheels.corp");
	assert_string_equal(config.private_registries[2], "10.0.0.1");
	assert_null(config.private_registries[3]);

	setenv("ASSAY_PRIVATE_REGISTRIES", "", 1);
	assert_int_equal(config_load(&f->arena, &config, NULL), 0);
	assert_null(config.private_registries[0]);
}

static void mistakes_are_told_with_file_and_line(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *wanted; /* after the path */
	} cases[] = {
		{"", ":1:1: not valid JSON"},
		{"{\n  \"sandbox\" \"x\"\n}", ":2:"},
		{"[]", ":1: expected an object"},
		{"{\n\n \"colour\": 1}", ":3: unknown field \"colour\" (known: state_dir, sandbox, "
					 "layers_disk, private_registries)"},
		{"{\n \"state_dir\": \"relative\"}", ":2: state_dir must be an absolute path, not "
						     "\"relative\""},
		{"{\n \"state_dir\": 7}", ":2: state_dir must be a string"},
		{"{\n \"layers_disk\": 5}", ":2: layers_disk must be a string"},
		{"{\n \"layers_disk\": \"0\"}", ":2: layers_disk must be a size such as"},
		{"{\n \"layers_disk\": \"-1G\"}", ":2: layers_disk must be a size such as"},
		{"{\n \"sandbox\": \"\"}", ":2: sandbox must name a backend"},
		{"{\n \"sandbox\": null}", ":2: sandbox must be a string"},
		{"{\n\n\n\"private_registries\": \"a\"}", ":4: private_registries must be a list"},
		{"{\"private_registries\": [1]}", ":1: private_registries must be a list"},
		{"{\"private_registries\": [\n\"good\",\n\"bad:80\"]}",
		 ":3: private_registries takes host names, without scheme, port or path, not "
		 "\"bad:80\""},
		{"{\"private_registries\": [\"\"]}", ":1: private_registries takes host names"},
	};
	setenv("ASSAY_CONFIG", f->path, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		struct error err = {0};
		char wanted[512];
		write_text(f->path, cases[i].text);
		assert_int_equal(config_load(&f->arena, &config, &err), -1);
		snprintf(wanted, sizeof(wanted), "%s%s", f->path, cases[i].wanted);
		if (!strstr(err.text, wanted))
			fail_msg("%s\nwanted %s", err.text, wanted);
		assert_int_equal(err.code, ERROR_INPUT);
	}
}

static void mistakes_in_variables_name_them(void **state)
{
	struct fixture *f = *state;
	struct config config;
	struct error err = {0};
	setenv("ASSAY_STATE_DIR", "here", 1);
	assert_int_equal(config_load(&f->arena, &config, &err), -1);
	assert_string_equal(err.text,
			    "ASSAY_STATE_DIR: state_dir must be an absolute path, not \"here\"");
	unsetenv("ASSAY_STATE_DIR");
	setenv("ASSAY_LAYERS_DISK", "much", 1);
	assert_int_equal(config_load(&f->arena, &config, &err), -1);
	assert_string_equal(err.text, "ASSAY_LAYERS_DISK: layers_disk must be a size such as 512M "
				      "or 10G, not \"much\"");
	unsetenv("ASSAY_LAYERS_DISK");
	setenv("ASSAY_PRIVATE_REGISTRIES", "http://npm.corp/", 1);
	assert_int_equal(config_load(&f->arena, &config, &err), -1);
	assert_non_null(strstr(err.text, "ASSAY_PRIVATE_REGISTRIES: "));
}

static void a_named_file_must_be_there(void **state)
{
	struct fixture *f = *state;
	struct config config;
	struct error err = {0};
	setenv("ASSAY_CONFIG", f->path, 1);
	assert_int_equal(config_load(&f->arena, &config, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, f->path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_any_source_there_are_defaults, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(later_sources_win, set_up, tear_down),
		cmocka_unit_test_setup_teardown(mistakes_are_told_with_file_and_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(mistakes_in_variables_name_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_named_file_must_be_there, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
