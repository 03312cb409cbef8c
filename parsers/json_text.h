/* JSON reports among other output: where they start and end, and what is left of a cut one. */
#ifndef PARSERS_JSON_TEXT_H
#define PARSERS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/json.h"
#include "engine/model.h"

/*
 * Parses the object that starts at data. What follows its end is ignored. When the text ends before
 * the object does, the members and items that are whole are kept, the open ones closed, and *cut
 * set. NULL when that is no JSON either. Linear. The caller frees the tree.
 */
struct json *json_text_parse(struct arena *arena, const char *data, size_t len, bool *cut);

/*
 * The last place where an object starts whose first key is key, white space aside; NULL when there
 * is none. Tests print what they like before the report; the runner writes its own last.
 */
const char *json_text_find(const char *data, size_t len, const char *key);

/* A value as text for people: strings bare, everything else as compact JSON. */
const char *json_text_value(struct arena *arena, const struct json *value);

/* "passed" and "failed" as CTRF and Jest have them; all their other words mean that it did not run. */
enum test_status json_text_status(const struct json *word);

#endif
