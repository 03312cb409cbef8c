/* What tests of tools share: one workspace, made anew for each test, and short words for calls. */
#ifndef TESTS_TOOL_WORLD_CMOCKA_H
#define TESTS_TOOL_WORLD_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/tool_world.h"

static struct tool_world world;

static inline int tool_set_up(void **state)
{
	(void)state;
	tool_world_open(&world);
	return 0;
}

static inline int tool_tear_down(void **state)
{
	(void)state;
	tool_world_close(&world);
	return 0;
}

static inline void put(const char *path, const char *text)
{
	tool_world_put(&world, path, text, strlen(text));
}

static inline const struct json *must(const char *tool, const char *arguments)
{
	const struct json *answer = tool_world_call(&world, tool, arguments);
	if (!answer)
		fail_msg("%s(%s): %s", tool, arguments, world.err.text);
	return answer;
}

/* It fails, and says that. */
static inline void refused(const char *tool, const char *arguments, const char *why)
{
	if (tool_world_call(&world, tool, arguments))
		fail_msg("%s(%s) did not fail: %s", tool, arguments, world.answer.data);
	if (!strstr(world.err.text, why))
		fail_msg("%s(%s): %s", tool, arguments, world.err.text);
}

static inline const char *text_of(const struct json *answer, const char *key)
{
	return json_string(json_get(answer, key), NULL);
}

static inline double number_of(const struct json *answer, const char *key)
{
	return json_number(json_get(answer, key), -1);
}

#endif
