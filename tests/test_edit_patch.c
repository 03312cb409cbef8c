/*
 * Against patch(1): random files, random changes as diff -u writes them, applied to the file
 * itself, to one that has moved lines and to one whose context was altered. Where patch(1) takes
 * a diff, the results are equal.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "parsers/edit.h"

enum { ROUNDS = 120, LINES_MAX = 60 };

struct text {
	char lines[2 * LINES_MAX][16];
	size_t count;
	bool open; /* no newline at the end */
};

static uint32_t seed;

static unsigned roll(unsigned sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

/* Few different lines, so that many places look alike. */
static void random_line(char line[16])
{
	static const char *const words[] = {"", "}", "{", "a", "b", "return", "x = 1", "++ y"};

	if (roll(3))
		strcpy(line, words[roll(8)]);
	else
		snprintf(line, 16, "line %u", roll(1000));
}

static void random_text(struct text *text)
{
	*text = (struct text){.count = 8 + roll(LINES_MAX - 8), .open = roll(6) == 0};
	for (size_t i = 0; i < text->count; i++)
		random_line(text->lines[i]);
	strcpy(text->lines[text->count - 1], "last");
}

static void insert(struct text *text, size_t at)
{
	if (text->count == 2 * LINES_MAX)
		return;
	memmove(text->lines[at + 1], text->lines[at], (text->count - at) * sizeof(text->lines[0]));
	random_line(text->lines[at]);
	text->count++;
}

static void take_out(struct text *text, size_t at)
{
	text->count--;
	memmove(text->lines[at], text->lines[at + 1], (text->count - at) * sizeof(text->lines[0]));
}

static void change(struct text *text, unsigned changes)
{
	while (changes-- && text->count > 2) {
		size_t at = roll((unsigned)text->count - 1);
		switch (roll(3)) {
		case 0: insert(text, at); break;
		case 1: take_out(text, at); break;
		default: random_line(text->lines[at]); break;
		}
	}
}

static void write_text(const char *folder, const char *name, const struct text *text)
{
	char path[128];
	struct buf out;

	buf_init(&out, 0);
	for (size_t i = 0; i < text->count; i++)
		buf_printf(&out, "%s%s", text->lines[i],
			   text->open && i + 1 == text->count ? "" : "\n");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, out.data, out.len, 0644, NULL), 0);
	buf_done(&out);
}

static void read_text(const char *folder, const char *name, struct buf *out)
{
	char path[128];

	buf_init(out, 0);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_read(path, out, NULL), 0);
}

static int in_folder(const char *folder, const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && %s", folder, command);
	return system(line); /* NOLINT */
}

/* What patch(1) says is in said: "Hunk #1 succeeded at 7 with fuzz 2 (offset 3 lines)." */
static bool patch_takes(const char *folder)
{
	return in_folder(folder, "rm -f patched patched.rej && LC_ALL=C patch --batch --forward "
				 "-r - -o patched target diff >said 2>&1") == 0;
}

static size_t compared, fuzzed, moved, blind;

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/*
 * patch(1) takes any place for a hunk of which fuzz leaves nothing; one line at least must be the
 * same for us.
 */
static bool is_blind(const struct edit *edit, const char *said)
{
	for (size_t i = 0; strstr(said, "fuzz") && i < edit->hunk_count; i++) {
		const struct edit_hunk *hunk = &edit->hunks[i];
		if (hunk->lead <= 2 && hunk->trail <= 2 &&
		    hunk->lead + hunk->trail == count_lines(hunk->before, hunk->before_len))
			return true;
	}
	return false;
}

static void compare(const char *folder)
{
	struct buf diff, target, expected, said;
	struct edits edits = {0};
	struct arena arena;
	struct error err = {0};
	size_t work = EDIT_WORK;
	struct span got;

	if (!patch_takes(folder))
		return;
	arena_init(&arena);
	read_text(folder, "diff", &diff);
	read_text(folder, "target", &target);
	read_text(folder, "patched", &expected);
	read_text(folder, "said", &said);
	const struct block block = {.path = "old", .code = diff.data, .code_len = diff.len};
	if (edit_parse(&block, &arena, &edits, &err) != 0)
		fail_msg("%s\n%s", err.text, diff.data);
	assert_int_equal(edits.count, 1);
	const struct span old = {target.data, target.len};
	int rc = edit_apply(&edits.items[0], old, &work, &arena, &got, NULL, &err);
	bool same = rc == 0 && got.len == expected.len &&
		    memcmp(got.text, expected.data, got.len) == 0;
	if (!same && !is_blind(&edits.items[0], said.data))
		fail_msg("%s\n--- diff\n%s--- target\n%s--- patch says\n%s%s--- we\n%s", err.text,
			 diff.data, target.data, said.data, expected.data, rc == 0 ? got.text : "");
	blind += !same;
	compared++;
	fuzzed += strstr(said.data, "fuzz") != NULL;
	moved += strstr(said.data, "offset") != NULL;
	buf_done(&diff);
	buf_done(&target);
	buf_done(&expected);
	buf_done(&said);
	arena_done(&arena);
}

static void round_of(const char *folder)
{
	struct text old, new, target;

	random_text(&old);
	new = old;
	change(&new, 1 + roll(6));
	write_text(folder, "old", &old);
	write_text(folder, "new", &new);
	if (in_folder(folder, roll(4) ? "diff -u old new >diff" : "diff -U1 old new >diff") == 0)
		return; /* the changes came to nothing */
	write_text(folder, "target", &old);
	compare(folder);
	target = old;
	for (unsigned i = roll(8); i; i--)
		insert(&target, roll(4));
	write_text(folder, "target", &target);
	compare(folder);
	change(&target, 1 + roll(8));
	write_text(folder, "target", &target);
	compare(folder);
}

static void as_patch_does(void **state)
{
	char folder[] = "/tmp/assay-edit-XXXXXX";
	const char *given = getenv("EDIT_SEED");

	(void)state;
	if (system("patch --version >/dev/null 2>&1") != 0) /* NOLINT */
		skip();
	assert_non_null(mkdtemp(folder));
	seed = given ? (uint32_t)strtoul(given, NULL, 10) : 1;
	for (int i = 0; i < ROUNDS; i++)
		round_of(folder);
	if (given)
		print_message("compared %zu, fuzzed %zu, moved %zu, blind %zu\n", compared, fuzzed,
			      moved, blind);
	/* So many that each way to a place was gone. */
	assert_true(compared > ROUNDS && fuzzed > 10 && moved > ROUNDS / 4);
	file_remove_tree(AT_FDCWD, folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_patch_does),
	};

	return cmocka_run_group_tests_name("edit_patch", tests, NULL, NULL);
}
