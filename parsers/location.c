/* The place of a failure, found in stack traces of many languages. */
#include <ctype.h>
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/parser.h"

/* A stack can repeat a frame a million times. */
#define MAX_TEXT (256 * 1024)

static const char *const extensions[] = {
	"py",  "js",   "jsx",  "ts",    "tsx",    "mjs", "cjs", "mts", "cts", "vue", "svelte", "go",
	"rs",  "java", "kt",   "scala", "groovy", "c",   "h",   "cc",  "cpp", "cxx", "hpp",    "rb",
	"php", "sh",   "bats", "cs",    "swift",  "pl",  "t",   "lua", "ex",  "exs",
};

/* Frames of runners, libraries and the languages' own code. */
static const char *const libraries[] = {
	"node_modules/",
	"node:",
	"site-packages/",
	"dist-packages/",
	"/lib/python",
	"<frozen ",
	"/usr/local/go/",
	"/libexec/src/",
	"/src/testing/",
	"/src/runtime/",
	"/toolchain@",
	"/pkg/mod/",
	"/rustc/",
	".cargo/registry/",
	"/vendor/",
	"/gems/",
	"(jest-",
	"internal/process/",
	"testing.go:",
	"_testmain.go:",
	"org.junit.",
	"org.opentest4j.",
	"org.assertj.",
	"org.hamcrest.",
	"org.apache.maven.",
	"java.base/",
	"jdk.internal.",
	"sun.reflect.",
	"/importlib/",
	"/unittest/",
	"/_pytest/",
};

static bool is_library(struct line line)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		if (line_find(line, libraries[i]))
			return true;
	}
	return false;
}

static bool known_extension(const char *dot, const char *end)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		size_t len = strlen(extensions[i]);

		if ((size_t)(end - dot - 1) == len && memcmp(dot + 1, extensions[i], len) == 0)
			return true;
	}
	return false;
}

static size_t read_line_number(const char *p, const char *end)
{
	size_t n = 0;

	while (p < end && isdigit((unsigned char)*p) && n < 100000000)
		n = n * 10 + (size_t)(*p++ - '0');
	return n;
}

/* Characters that end a path to the left: it may hold spaces only where quotes say so. */
static bool ends_path(char c)
{
	return isspace((unsigned char)c) || strchr("()[]'\"`<>,;|=:", c);
}

/* "path.ext:12" anywhere in the line. */
static bool find_colon(struct line line, struct line *file, size_t *number)
{
	const char *end = line.text + line.len;

	for (const char *colon = line.text; (colon = memchr(colon, ':', (size_t)(end - colon)));
	     colon++) {
		const char *start = colon;
		const char *dot;

		if (colon + 1 == end || !isdigit((unsigned char)colon[1]))
			continue;
		while (start > line.text && !ends_path(start[-1]) && colon - start < 1024)
			start--;
		dot = memrchr(start, '.', (size_t)(colon - start));
		if (!dot || dot == start || !known_extension(dot, colon))
			continue;
		*file = (struct line){start, (size_t)(colon - start)};
		*number = read_line_number(colon + 1, end);
		if (*number > 0)
			return true;
	}
	return false;
}

/* Python's own: File "path", line 12, in name */
static bool find_python(struct line line, struct line *file, size_t *number)
{
	const char *end = line.text + line.len;
	const char *quote;

	line = line_trim(line);
	if (line_skip(&line, "|")) /* the margin of an exception group */
		line = line_trim(line);
	if (!line_skip(&line, "File \""))
		return false;
	quote = line_find(line, "\", line ");
	if (!quote)
		return false;
	*file = (struct line){line.text, (size_t)(quote - line.text)};
	*number = read_line_number(quote + strlen("\", line "), end);
	return *number > 0;
}

/* "in test file add.bats, line 5" (bats) and "at t/add.t line 6." (Test::More) */
static bool find_words(struct line line, struct line *file, size_t *number)
{
	const char *end = line.text + line.len;
	const char *word = line_find(line, " line ");
	const char *stop, *start, *dot;

	if (!word)
		return false;
	stop = word > line.text && word[-1] == ',' ? word - 1 : word;
	start = stop;
	while (start > line.text && !ends_path(start[-1]) && stop - start < 1024)
		start--;
	dot = memrchr(start, '.', (size_t)(stop - start));
	if (!dot || dot == start || !known_extension(dot, stop))
		return false;
	*file = (struct line){start, (size_t)(stop - start)};
	*number = read_line_number(word + strlen(" line "), end);
	return *number > 0;
}

/* "(from function `assert_equal' in file assert.bash, line 40," (bats): the test comes on a later line. */
static bool is_helper(struct line line)
{
	return line_find(line, "(from function `") && !line_find(line, "in test file ");
}

int assertion_location(struct arena *arena, const char *text, const char **file,
		       size_t *line_number)
{
	struct lines lines = {text, text + strnlen(text, MAX_TEXT)};
	struct line line, path = {0};
	size_t number;

	while (lines_next(&lines, &line)) {
		struct line found;
		bool python = find_python(line, &found, &number);

		if (is_library(line) || is_helper(line) ||
		    (!python && !find_colon(line, &found, &number) &&
		     !find_words(line, &found, &number)))
			continue;
		path = found;
		*line_number = number;
		if (!python && !(path.len > 3 && memcmp(path.text + path.len - 3, ".py", 3) == 0))
			break;
	}
	if (!path.text)
		return -1;
	*file = results_path(arena, path.text, path.len);
	return 0;
}
