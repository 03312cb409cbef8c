/* The command line reader: every kind of value, every way to get it wrong, and the help it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/quantity.h"
#include "engine/commands/options.h"

struct settings {
	bool flag;
	const char *text, *choice;
	uint64_t size, time;
	unsigned count;
	int status;
	double number;
	struct option_words words;
};

static const struct settings defaults = {.choice = "json", .status = -1};

static const char *choice(size_t index)
{
	static const char *const words[] = {"text", "json", "junit"};

	return index < 3 ? words[index] : NULL;
}

static const struct option_spec options[] = {
	{"flag", 'q', OPTION_FLAG, offsetof(struct settings, flag), NULL, "a flag", NULL},
	{"text", 't', OPTION_TEXT, offsetof(struct settings, text), "DIR", "a text", NULL},
	{"format", 0, OPTION_CHOICE, offsetof(struct settings, choice), "FORMAT", "one of", choice},
	{"memory", 0, OPTION_SIZE, offsetof(struct settings, size), "SIZE", "a size", NULL},
	{"time", 0, OPTION_DURATION, offsetof(struct settings, time), "TIME", "a time", NULL},
	{"count", 0, OPTION_COUNT, offsetof(struct settings, count), "N", "a count", NULL},
	{"status", 0, OPTION_STATUS, offsetof(struct settings, status), "N", "a status", NULL},
	{"cpus", 0, OPTION_NUMBER, offsetof(struct settings, number), "N",
	 "a number, with a help text that is long enough to need more than one line of it, so that "
	 "the second begins where the first did",
	 NULL},
	{"words", 0, OPTION_WORDS, offsetof(struct settings, words), "NAME", "words", NULL},
	{.name = NULL},
};

static const struct subcommand command = {
	.name = "try",
	.summary = "Tries options",
	.operand = "FILE",
	.details = "More.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
};

static struct settings settings;
static const char *operand;
static struct error err;
static bool help;

/* Splits a line at spaces; '_' stands for an empty argument. */
static int try_line(const char *line)
{
	static char copy[4096];
	char *argv[64];
	int argc = 0;

	err = (struct error){0};
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
		argv[argc++] = strcmp(at, "_") == 0 ? at + 1 : at;
	return options_read(&command, argc, argv, &settings, &operand, &help, &err);
}

static void values_are_read(void **state)
{
	(void)state;
	assert_int_equal(try_line("-q --text=a=b --format junit --memory 512M --time=5m --count 7 "
				  "--status 0 --cpus 1.5 --words a,b --words=c file.md"),
			 0);
	assert_true(settings.flag);
	assert_string_equal(settings.text, "a=b");
	assert_string_equal(settings.choice, "junit");
	assert_int_equal(settings.size, 512 << 20);
	assert_int_equal(settings.time, 300000);
	assert_int_equal(settings.count, 7);
	assert_int_equal(settings.status, 0);
	assert_true(settings.number > 1.49 && settings.number < 1.51);
	assert_int_equal(settings.words.count, 3);
	assert_string_equal(settings.words.items[0], "a");
	assert_string_equal(settings.words.items[1], "b");
	assert_string_equal(settings.words.items[2], "c");
	assert_null(settings.words.items[3]);
	assert_string_equal(operand, "file.md");
	options_done(&command, &settings);
}

static void short_forms_and_dashes(void **state)
{
	(void)state;
	assert_int_equal(try_line("-qtdir -"), 0);
	assert_true(settings.flag);
	assert_string_equal(settings.text, "dir");
	assert_string_equal(operand, "-");
	assert_int_equal(try_line("-t -x -- --flag"), 0);
	assert_string_equal(settings.text, "-x");
	assert_false(settings.flag);
	assert_string_equal(operand, "--flag");
	assert_int_equal(try_line(""), 0);
	assert_null(operand);
	assert_string_equal(settings.choice, "json");
	assert_int_equal(settings.status, -1);
	assert_int_equal(try_line("--text x --help --nonsense"), 0);
	assert_true(help);
}

static void what_is_wrong_is_said_in_one_sentence(void **state)
{
	static const char *const cases[][2] = {
		{"--fromat json", "did you mean --format?"},
		{"--mem 5", "did you mean --memory?"},
		{"--zzz", "type \"assay try --help\""},
		{"-z", "type \"assay try --help\""},
		{"--format jnuit", "did you mean \"junit\"?"},
		{"--format pdf", "choose one of: text, json, junit"},
		{"--text", "--text needs a value: --text DIR"},
		{"--text= x", "needs a value, not an empty one"},
		{"--flag=yes", "--flag takes no value"},
		{"--memory 12Q", "\"12Q\" is not a size"},
		{"--memory 0", "is not a size"},
		{"--memory -1", "is not a size"},
		{"--memory 99999999999G", "is not a size"},
		{"--memory 1.5G", "is not a size"},
		{"--time forever", "is not a time"},
		{"--time 0s", "is not a time"},
		{"--count 0", "is not a whole number"},
		{"--count 4294967296", "is not a whole number"},
		{"--count 1e3", "is not a whole number"},
		{"--status 256", "is not an exit status"},
		{"--cpus 0", "is not a number"},
		{"--cpus nan", "is not a number"},
		{"--cpus 1x", "is not a number"},
		{"--words a,,b", "needs words between its commas"},
		{"a b", "\"b\" is too much: assay try takes one FILE"},
		{"_", "FILE is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (try_line(cases[i][0]) == 0)
			fail_msg("\"%s\" was taken", cases[i][0]);
		assert_int_equal(err.code, ERROR_USAGE);
		if (!strstr(err.text, cases[i][1]))
			fail_msg("\"%s\" gives: %s", cases[i][0], err.text);
		options_done(&command, &settings);
	}
}

static void sizes_and_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t size, ms;
		bool is_size, is_time;
	} cases[] = {
		{"64K", 65536, 0, true, false},
		{"64kib", 65536, 0, true, false},
		{"4G", UINT64_C(4) << 30, 0, true, false},
		{"30", 30, 30000, true, true},
		{"500ms", 0, 500, false, true},
		{"2m", 2 << 20, 120000, true, true},
		{"1h", 0, 3600000, false, true},
		{"", 0, 0, false, false},
		{" 1", 0, 0, false, false},
		{"1 k", 0, 0, false, false},
		{"18446744073709551616", 0, 0, false, false},
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(quantity_size(cases[i].text, &value) == 0, cases[i].is_size);
		if (cases[i].is_size)
			assert_int_equal(value, cases[i].size);
		assert_int_equal(quantity_duration(cases[i].text, &value) == 0, cases[i].is_time);
		if (cases[i].is_time)
			assert_int_equal(value, cases[i].ms);
	}
}

static void too_many_words_are_refused(void **state)
{
	char line[512] = "--words w";

	(void)state;
	for (int i = 0; i < OPTION_WORDS_MAX; i++)
		strcat(line, ",w");
	assert_int_equal(try_line(line), -1);
	assert_non_null(strstr(err.text, "at most"));
	options_done(&command, &settings);
}

static void help_comes_from_the_table(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	options_help(&command, &out);
	assert_non_null(strstr(out.data, "usage: assay try [OPTION...] [FILE]\n"));
	for (const struct option_spec *spec = options; spec->name; spec++)
		assert_non_null(strstr(out.data, spec->name));
	assert_non_null(strstr(out.data, "one of: text, json, junit\n"));
	assert_non_null(strstr(out.data, "\nMore.\n"));
	for (const char *line = out.data; *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') - line <= 100);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(short_forms_and_dashes),
		cmocka_unit_test(what_is_wrong_is_said_in_one_sentence),
		cmocka_unit_test(sizes_and_times),
		cmocka_unit_test(too_many_words_are_refused),
		cmocka_unit_test(help_comes_from_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
