/* What fits a schema, what does not, and in which words that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/api/schema.h"

struct one {
	const char *schema, *value;
	const char *says; /* NULL: it fits */
	const char *field;
};

/* clang-format off */
#define OBJECT "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"files\"]," \
	"\"properties\":{\"files\":{\"type\":\"object\",\"maxProperties\":2," \
	"\"additionalProperties\":{\"type\":\"string\"}}," \
	"\"timeout\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":3600}," \
	"\"commands\":{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"string\",\"minLength\":1}}," \
	"\"limits\":{\"type\":\"object\",\"properties\":{\"cpus\":{\"type\":\"number\"}}}}}"
#define EITHER "{\"oneOf\":[{\"type\":\"object\",\"description\":\"a text\",\"required\":[\"text\"]}," \
	"{\"type\":\"object\",\"description\":\"files\",\"required\":[\"files\"]}]}"
#define NAME "{\"type\":\"string\",\"pattern\":\"^[a-z]{1,4}$\"}"

static const struct one cases[] = {
	{OBJECT, "{\"files\":{}}", NULL, ""},
	{OBJECT, "{\"files\":{\"a\":\"b\"},\"timeout\":1.0,\"commands\":[\"x\"]}", NULL, ""},
	{OBJECT, "[]", "the body must be an object, not a list", ""},
	{OBJECT, "{}", "\"files\" is missing", "files"},
	{OBJECT, "{\"files\":{},\"tiemout\":1}", "unknown field \"tiemout\" (did you mean \"timeout\"?)", "tiemout"},
	{OBJECT, "{\"files\":{},\"zzzzzzzz\":1}", "unknown field \"zzzzzzzz\" (known: files, timeout, commands, limits)", "zzzzzzzz"},
	{OBJECT, "{\"files\":{},\"timeout\":\"1\"}", "\"timeout\" must be a whole number, not a string", "timeout"},
	{OBJECT, "{\"files\":{},\"timeout\":1.5}", "\"timeout\" must be a whole number", "timeout"},
	{OBJECT, "{\"files\":{},\"timeout\":1e300}", "\"timeout\" must be a whole number", "timeout"},
	{OBJECT, "{\"files\":{},\"timeout\":0}", "\"timeout\" must be at least 1", "timeout"},
	{OBJECT, "{\"files\":{},\"timeout\":3601}", "\"timeout\" must be at most 3600", "timeout"},
	{OBJECT, "{\"files\":{},\"timeout\":null}", "\"timeout\" must be a whole number, not null", "timeout"},
	{OBJECT, "{\"files\":{\"a\":true}}", "\"files.a\" must be a string, not true or false", "files.a"},
	{OBJECT, "{\"files\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}", "\"files\" must have at most 2 members", "files"},
	{OBJECT, "{\"files\":{},\"commands\":[\"a\",\"\"]}", "\"commands[1]\" must have at least 1 characters", "commands[1]"},
	{OBJECT, "{\"files\":{},\"commands\":[\"a\",\"b\",\"c\"]}", "\"commands\" must have at most 2 items", "commands"},
	{OBJECT, "{\"files\":{},\"limits\":{\"cpus\":{}}}", "\"limits.cpus\" must be a number, not an object", "limits.cpus"},
	{OBJECT, "{\"files\":{},\"limits\":{\"cpus\":1e999}}", "\"limits.cpus\" must be a number", "limits.cpus"},
	{OBJECT, "{\"files\":{},\"limits\":{\"other\":1}}", NULL, ""},
	{OBJECT, "{\"files\":{},\"timeout\":1,\"timeout\":2}", "\"timeout\" is given twice", "timeout"},
	{EITHER, "{\"text\":1}", NULL, ""},
	{EITHER, "{}", "the body must be a text or files", ""},
	{EITHER, "{\"text\":1,\"files\":2}", "the body must be only one of a text or files", ""},
	{"{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"maxItems\":0}]}", "[1]", "the body must have at most 0 items", ""},
	{"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1", "the body must be a string or null", ""},
	{"{\"not\":{\"description\":\"empty\",\"const\":\"\"}}", "\"\"", "the body must not be empty", ""},
	{"{\"enum\":[\"rollback\",\"keep\"]}", "\"kep\"", "the body must be one of \"rollback\", \"keep\" (did you mean \"keep\"?)", ""},
	{"{\"enum\":[1,null]}", "2", "the body must be one of 1, null", ""},
	{"{\"enum\":[1,null]}", "null", NULL, ""},
	{NAME, "\"abc\"", NULL, ""},
	{NAME, "\"abcde\"", "the body must match ^[a-z]{1,4}$", ""},
	{NAME, "\"abc\\n\"", "the body must match ^[a-z]{1,4}$", ""},
	{NAME, "\"a\\nb\"", "the body must match ^[a-z]{1,4}$", ""},
	{NAME, "\"\"", "the body must match ^[a-z]{1,4}$", ""},
	{"{\"maxLength\":2}", "\"\xc3\xa4\xc3\xb6\"", NULL, ""},
	{"{\"maxLength\":1}", "\"\xc3\xa4\xc3\xb6\"", "the body must have at most 1 characters", ""},
	{"{\"$ref\":\"#/components/schemas/error\"}", "{\"error\":{\"code\":\"a\",\"message\":\"b\",\"field\":1}}",
	 "\"error.field\" must be a string or null, not a number", "error.field"},
	{"{\"items\":{\"type\":[\"integer\",\"null\"]}}", "[1,null,true]", "\"[2]\" must be a whole number or null, not true or false", "[2]"},
};
/* clang-format on */

static struct schemas *load(void)
{
	struct schemas *schemas = NULL;
	struct error err = {0};

	if (schemas_load(&schemas, &err) != 0)
		fail_msg("%s", err.text);
	return schemas;
}

static struct json *parse(const char *text)
{
	struct error err = {0};
	struct json *value = json_parse(text, strlen(text), "test", &err);

	if (!value)
		fail_msg("%s", err.text);
	return value;
}

static void values_are_told_apart(void **state)
{
	struct schemas *schemas = load();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct one *one = &cases[i];
		struct json *schema = parse(one->schema), *value = parse(one->value);
		struct schema_place place = {""};
		struct error err = {0};
		print_message("%s\n", one->value);
		int rc = schema_check(schemas, schema, value, "the body", &place, &err);
		if (!one->says && rc != 0)
			fail_msg("%s", err.text);
		assert_string_equal(err.text, one->says ? one->says : "");
		assert_int_equal(err.code, one->says ? ERROR_INPUT : ERROR_NONE);
		assert_string_equal(place.field, one->field);
		assert_int_equal(schema_check_words(schemas, schema, "test", &err), 0);
		json_free(schema);
		json_free(value);
	}
	schemas_free(schemas);
}

static void bad_schemas_are_found(void **state)
{
	/* clang-format off */
	static const char *const bad[][2] = {
		{"{\"typ\":\"string\"}", "schema test: \"typ\" is no word that is known"},
		{"{\"type\":\"text\"}", "schema test: \"type\" is no type"},
		{"{\"properties\":{\"a\":{\"minimun\":1}}}", "schema test: \"minimun\" is no word that is known"},
		{"{\"items\":[]}", "schema test: \"items\" must be a schema: an object"},
		{"{\"additionalProperties\":true}", "schema test: \"additionalProperties\" must be a schema: an object"},
		{"{\"pattern\":\"a\"}", "schema test: \"pattern\" must stand between ^ and $"},
		{"{\"required\":\"a\"}", "schema test: \"required\" must be a list"},
		{"{\"minLength\":-1}", "schema test: \"minLength\" must be a whole number"},
		{"{\"oneOf\":[]}", "schema test: \"oneOf\" must list schemas"},
		{"{\"$ref\":\"#/components/schemas/nothing\"}", "schema test: \"#/components/schemas/nothing\" names no schema"},
	};
	/* clang-format on */
	struct schemas *schemas = load();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json *schema = parse(bad[i][0]);
		struct error err = {0};
		assert_int_equal(schema_check_words(schemas, schema, "test", &err), -1);
		assert_string_equal(err.text, bad[i][1]);
		assert_int_equal(err.code, ERROR_INTERNAL);
		json_free(schema);
	}
	schemas_free(schemas);
}

/* Where the first slip of a text lies, and what it is. */
static void json_to_the_letter(void **state)
{
	/* clang-format off */
	static const char *const texts[][2] = {
		{"{\"a\":[1,-0.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\"]} \n", NULL},
		{"", "body:1:1: not valid JSON: the text ends too early"},
		{"{\"a\":1,}", "body:1:8: not valid JSON: a string belongs here"},
		{"{\n  \"a\" 1}", "body:2:7: not valid JSON: a colon belongs here"},
		{"[1 2]", "body:1:4: not valid JSON: a comma or ] belongs here"},
		{"[01]", "body:1:3: not valid JSON: a number does not start with 0"},
		{"[1.]", "body:1:4: not valid JSON: a digit belongs here"},
		{"nul", "body:1:1: not valid JSON: a value belongs here"},
		{"[NaN]", "body:1:2: not valid JSON: a value belongs here"},
		{"{} {}", "body:1:4: not valid JSON: text after the end of the JSON value"},
		{"\"a", "body:1:3: not valid JSON: the text ends inside a string"},
		{"\"a\tb\"", "body:1:3: not valid JSON: a control character in a string must be escaped"},
		{"\"\\x\"", "body:1:3: not valid JSON: no such escape"},
		{"\"a\\u0000b\"", "body:1:3: not valid JSON: a NUL character (\\u0000) cannot be in a text"},
		{"\"\\ud800\"", "body:1:2: not valid JSON: half a surrogate pair is no character"},
		{"\"\\ud800\\u0041\"", "body:1:2: not valid JSON: half a surrogate pair is no character"},
		{"\"\\u12\"", "body:1:6: not valid JSON: four hexadecimal digits belong behind \\u"},
		{"\"\xff\"", "body:1:2: not valid JSON: not UTF-8"},
	};
	/* clang-format on */
	static char many[2 * 100001];
	char deep[200];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error err = {0};
		int rc = json_strict(texts[i][0], strlen(texts[i][0]), "body", &err);
		assert_string_equal(err.text, texts[i][1] ? texts[i][1] : "");
		assert_int_equal(rc, texts[i][1] ? -1 : 0);
	}
	memset(deep, '[', sizeof(deep));
	struct error err = {0};
	assert_int_equal(json_strict(deep, sizeof(deep), "body", &err), -1);
	assert_string_equal(err.text, "body:1:65: not valid JSON: it is nested too deeply");
	assert_int_equal(json_strict("\"a\0b\"", 5, "body", &err), -1);
	for (size_t i = 0; i < sizeof(many); i += 2)
		memcpy(many + i, i == 0 ? "[1" : ",1", 2);
	assert_int_equal(json_strict(many, sizeof(many), "body", &err), -1);
	assert_string_equal(err.text,
			    "body:1:200000: not valid JSON: it holds more than 100,000 values");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_told_apart),
		cmocka_unit_test(bad_schemas_are_found),
		cmocka_unit_test(json_to_the_letter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
