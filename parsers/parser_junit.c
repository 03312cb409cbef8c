/*
 * JUnit XML in all its dialects; the only user of expat.
 *
 * There is no standard: attributes that should add up do not, so the testcase elements are counted
 * and the totals only warn. Documents with a DTD of their own are refused (entity expansion).
 */
#include "parsers/parser_junit.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/xml_clean.h"

#define MAX_DOCUMENTS 10000 /* in one text: all of surefire's, one after another */

#define FIRST_PIECE (16 * 1024) /* bytes given to expat at first */

static const char *attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		if (strcmp(attributes[i], name) == 0)
			return attributes[i + 1];
	}
	return NULL;
}

static size_t count_attribute(const char **attributes, const char *name, size_t otherwise)
{
	const char *value = attribute(attributes, name);

	return value && *value ? strtoul(value, NULL, 10) : otherwise;
}

/* ---- suites ---- */

/* Who wrote this, where the report says so. */
static void recognize(struct junit_reader *r, const char *element, const char **attributes)
{
	static const char *const names[][2] = {
		{"pytest", "pytest"},       {"pytest tests", "pytest"}, {"jest tests", "jest"},
		{"vitest tests", "vitest"}, {"Mocha Tests", "mocha"},   {"rspec", "rspec"},
		{"nextest-run", "nextest"}, {"AllTests", "gtest"},
	};
	const char *name = attribute(attributes, "name");
	const char *schema = attribute(attributes, "xsi:noNamespaceSchemaLocation");

	if (schema && strstr(schema, "surefire"))
		r->b.out->runner = "surefire";
	if (strcmp(element, "property") == 0 && name && strcmp(name, "go.version") == 0)
		r->b.out->runner = "go";
	if (strncmp(element, "testsuite", 9) != 0 || !name)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i][0]) == 0)
			r->b.out->runner = names[i][1];
	}
}

static void suite_begin(struct junit_reader *r, const char **attributes)
{
	struct junit_suite *suite;

	r->claims_failure = r->claims_failure || count_attribute(attributes, "failures", 0) > 0 ||
			    count_attribute(attributes, "errors", 0) > 0;
	r->suite_depth++;
	if (r->suite_depth > JUNIT_MAX_SUITES)
		return;
	suite = &r->suites[r->suite_depth - 1];
	*suite = (struct junit_suite){
		.name = arena_string(r->b.arena, attribute(attributes, "name")),
		.claimed = count_attribute(attributes, "tests", SIZE_MAX),
	};
	suite->path = r->suite_depth > 1 ? suite[-1].path : NULL;
	if (suite->name && *suite->name)
		suite->path = suite->path ? arena_printf(r->b.arena, "%s > %s", suite->path,
							 suite->name)
					  : suite->name;
}

static void suite_end(struct junit_reader *r)
{
	struct junit_suite *suite;
	size_t inside;

	if (r->suite_depth-- > JUNIT_MAX_SUITES)
		return;
	suite = &r->suites[r->suite_depth];
	inside = suite->cases + suite->nested;
	if (r->suite_depth > 0)
		r->suites[r->suite_depth - 1].nested += inside;
	if (suite->claimed == SIZE_MAX || suite->claimed == suite->cases ||
	    suite->claimed == inside)
		return;
	/* pytest counts a test whose teardown failed twice, and prints it once. */
	if (strcmp(r->b.out->runner, "pytest") == 0 && suite->claimed > inside &&
	    suite->claimed - inside <= suite->errors)
		return;
	results_problem(&r->b, "suite \"%s\" says %zu tests, it holds %zu",
			suite->name ? suite->name : "", suite->claimed, inside);
}

/* ---- test cases ---- */

/* "0.25", "1,234.5" (thousands) and "0,25" (decimal comma), in seconds. */
static double read_time(const char *text)
{
	bool point = text && strchr(text, '.');
	char digits[64];
	double seconds;
	size_t n = 0;
	char *end;

	for (; text && *text && n < sizeof(digits) - 1; text++) {
		if (*text != ',')
			digits[n++] = *text;
		else if (!point)
			digits[n++] = '.';
	}
	digits[n] = '\0';
	seconds = strtod(digits, &end);
	return end == digits || !isfinite(seconds) || seconds < 0 ? NAN : seconds * 1000;
}

static void case_begin(struct junit_reader *r, const char **attributes)
{
	struct junit_case *c = &r->current;
	const char *skipped = attribute(attributes, "skipped");

	*c = (struct junit_case){
		.name = arena_string(r->b.arena, attribute(attributes, "name")),
		.classname = arena_string(r->b.arena, attribute(attributes, "classname")),
		.file = arena_string(r->b.arena, attribute(attributes, "file")),
		.line = count_attribute(attributes, "line", 0),
		.duration_ms = read_time(attribute(attributes, "time")),
		.status = arena_string(r->b.arena, attribute(attributes, "status")),
		.skips = skipped && (strcmp(skipped, "true") == 0 || strcmp(skipped, "1") == 0),
	};
	if (attribute(attributes, "assertions") && attribute(attributes, "class"))
		r->b.out->runner = "phpunit";
	/* GoogleTest and CTest */
	if (c->status && (strcmp(c->status, "notrun") == 0 || strcmp(c->status, "disabled") == 0 ||
			  strcmp(c->status, "skipped") == 0 || strcmp(c->status, "ignored") == 0))
		c->skips = true;
	r->in_case = true;
	if ((c->name || strcmp(r->b.out->runner, "pytest") != 0) && r->suite_depth > 0 &&
	    r->suite_depth <= JUNIT_MAX_SUITES)
		r->suites[r->suite_depth - 1].cases++;
}

static void case_end(struct junit_reader *r)
{
	struct junit_suite *suite = NULL;

	r->in_case = false;
	if (r->suite_depth > 0 && r->suite_depth <= JUNIT_MAX_SUITES)
		suite = &r->suites[r->suite_depth - 1];
	if (suite && r->current.errors > 0)
		suite->errors++;
	junit_add_case(r);
}

static void part_begin(struct junit_reader *r, enum junit_part part, const char **attributes)
{
	r->part = part;
	r->part_depth = r->depth;
	r->part_message = arena_string(r->b.arena, attribute(attributes, "message"));
	r->part_type = arena_string(r->b.arena, attribute(attributes, "type"));
	buf_clear(&r->text);
}

static enum junit_part part_named(const char *name)
{
	static const struct {
		const char *name;
		enum junit_part part;
	} parts[] = {
		{"failure", JUNIT_FAILURE},    {"error", JUNIT_ERROR},
		{"skipped", JUNIT_SKIPPED},    {"system-out", JUNIT_OUTPUT},
		{"system-err", JUNIT_OUTPUT},  {"flakyFailure", JUNIT_FLAKY},
		{"flakyError", JUNIT_FLAKY},   {"rerunFailure", JUNIT_IGNORED},
		{"rerunError", JUNIT_IGNORED}, {"warning", JUNIT_IGNORED},
		{"properties", JUNIT_IGNORED},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(name, parts[i].name) == 0)
			return parts[i].part;
	}
	return JUNIT_NONE;
}

/* ---- expat's side ---- */

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct junit_reader *r = data;
	bool root = r->depth++ == 0;

	if (root)
		r->ours = strcmp(name, "testsuites") == 0 || strcmp(name, "testsuite") == 0;
	if (!r->ours || r->part != JUNIT_NONE)
		return;
	recognize(r, name, attributes);
	if (strcmp(name, "testsuites") == 0)
		r->claims_failure = r->claims_failure ||
				    count_attribute(attributes, "failures", 0) > 0 ||
				    count_attribute(attributes, "errors", 0) > 0;
	else if (strcmp(name, "testsuite") == 0)
		suite_begin(r, attributes);
	else if (strcmp(name, "testcase") == 0 && !r->in_case)
		case_begin(r, attributes);
	else if (r->in_case && part_named(name) != JUNIT_NONE)
		part_begin(r, part_named(name), attributes);
}

static void on_end(void *data, const XML_Char *name)
{
	struct junit_reader *r = data;

	if (r->part != JUNIT_NONE) {
		if (r->depth == r->part_depth)
			junit_end_part(r);
	} else if (r->ours && r->in_case && strcmp(name, "testcase") == 0) {
		case_end(r);
	} else if (r->ours && strcmp(name, "testsuite") == 0) {
		suite_end(r);
	}
	if (--r->depth > 0)
		return;
	r->closed = true;
	r->end = XML_GetCurrentByteIndex(r->xml) + XML_GetCurrentByteCount(r->xml);
	XML_StopParser(r->xml, XML_FALSE);
}

static void on_text(void *data, const XML_Char *text, int len)
{
	struct junit_reader *r = data;

	if (r->part != JUNIT_NONE && r->part != JUNIT_IGNORED)
		buf_append(&r->text, text, (size_t)len);
}

static void on_comment(void *data, const XML_Char *text)
{
	struct junit_reader *r = data;

	/* node's reporter leaves its summary in comments: <!-- duration_ms 587.656438 --> */
	if (r->ours && strncmp(text, " duration_ms ", 13) == 0)
		r->b.out->runner = "node";
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
		       const XML_Char *public, int has_subset)
{
	struct junit_reader *r = data;

	(void)name;
	(void)system;
	(void)public;
	if (!has_subset)
		return;
	r->refused = true;
	XML_StopParser(r->xml, XML_FALSE);
}

/* ---- documents ---- */

/* Reads one document and says how many bytes it took. */
static size_t read_document(struct junit_reader *r, const char *text, size_t len)
{
	const char *at = text;

	r->xml = XML_ParserCreate("UTF-8");
	if (!r->xml)
		abort();
	r->depth = r->suite_depth = 0;
	r->closed = r->ours = r->in_case = false;
	r->part = JUNIT_NONE;
	r->end = 0;
	XML_SetUserData(r->xml, r);
	XML_SetElementHandler(r->xml, on_start, on_end);
	XML_SetCharacterDataHandler(r->xml, on_text);
	XML_SetCommentHandler(r->xml, on_comment);
	XML_SetStartDoctypeDeclHandler(r->xml, on_doctype);
	/*
	 * expat copies what it is given, and scans an unfinished token again with each piece: pieces
	 * that double keep both linear, for many small documents and for one with a huge token.
	 */
	for (int most = FIRST_PIECE;; most = most < INT_MAX / 4 ? most * 2 : most) {
		size_t left = len - (size_t)(at - text);
		int piece = left > (size_t)most ? most : (int)left;

		if (XML_Parse(r->xml, at, piece, (size_t)piece == left) != XML_STATUS_OK)
			break;
		at += piece;
		if (at == text + len)
			break;
	}
	if (!r->closed)
		r->end = XML_GetCurrentByteIndex(r->xml);
	if (r->in_case) {
		if (r->part != JUNIT_NONE)
			junit_end_part(r);
		r->current.cut = true;
		case_end(r);
	}
	XML_ParserFree(r->xml);
	return r->end > 0 ? (size_t)r->end : 1;
}

/* Where the next document starts: runners' output may stand before, between and after. */
static const char *next_document(const char *text, const char *end)
{
	size_t len = (size_t)(end - text);
	const char *suite = memmem(text, len, "<testsuite", 10);
	const char *xml = suite ? memmem(text, (size_t)(suite - text), "<?xml", 5) : NULL;

	return xml ? xml : suite;
}

static int junit_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		       struct error *err)
{
	struct junit_reader r = {0};
	struct buf clean;
	const char *at, *end;
	size_t documents = 0; /* whose root is ours */
	size_t tries = 0;
	size_t broken = 0;

	results_begin(&r.b, arena, out, "junit", SOURCE_NATIVE);
	buf_init(&clean, 0);
	buf_init(&r.text, 0);
	xml_clean(&clean, input->data, input->len);
	end = clean.data + clean.len;
	for (at = clean.data;
	     (at = next_document(at, end)) && tries < MAX_DOCUMENTS && !r.refused;) {
		at += read_document(&r, at, (size_t)(end - at));
		tries++;
		documents += r.ours;
		broken += !r.closed || r.refused;
	}
	if (tries == MAX_DOCUMENTS || clean.truncated || r.text.truncated) {
		results_problem(&r.b, "the report is too large: its end was not read");
		broken++;
	}
	buf_done(&r.text);
	buf_done(&clean);
	if (r.refused)
		results_problem(&r.b, "the report defines its own document type: refused");
	else if (broken > 0)
		results_problem(&r.b, "the report is cut short or is not well-formed XML");
	if (documents == 0)
		return error_set(err, ERROR_INPUT, "no JUnit report in the text");
	out->complete = broken == 0;
	junit_finish(&r);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static int junit_sniff(const char *data, size_t len)
{
	static const char wide[] = "<\0t\0e\0s\0t\0s\0u\0i\0t\0e"; /* UTF-16 of either order */
	size_t head = len < 4096 ? len : 4096;
	const char *found = memmem(data, len, "<testsuite", 10);
	size_t i = 0;

	if (!found)
		return memmem(data, head, wide, sizeof(wide) - 1) ? 95 : 0;
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < len && strchr(" \t\r\n", data[i]))
		i++;
	return i < len && data[i] == '<' && found < data + head ? 95 : 75;
}

static const struct parser junit = {
	.name = "junit",
	.title = "JUnit XML: pytest, surefire, PHPUnit, node and many others",
	.source = SOURCE_NATIVE,
	.sniff = junit_sniff,
	.parse = junit_parse,
};
REGISTER(parsers, struct parser, junit);
