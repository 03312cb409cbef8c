/* JSON in and out: the only user of cJSON (reading), and a writer that streams into a buf. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* ---- reading ---- */

struct json; /* one value of a parsed document; lives until json_free of its root */

/*
 * Parses exactly one document. what names the text in messages ("templates/go/template.json").
 * On failure err says "what:LINE:COLUMN: ..." and the result is NULL. A UTF-8 BOM is skipped.
 */
struct json *json_parse(const char *text, size_t len, const char *what, struct error *err);
void json_free(struct json *root);

/*
 * Whether text is one JSON document by the letter of RFC 8259, at most 64 levels deep, of at most 100,000
 * values and without NULs; json_parse is kinder. err says where it is not: "what:LINE:COLUMN: ...".
 */
int json_strict(const char *text, size_t len, const char *what, struct error *err);

/* All of these take NULL and answer "absent", so that look-ups chain without tests. */
const struct json *json_get(const struct json *object, const char *key);
const char *json_string(const struct json *value, const char *otherwise);
double json_number(const struct json *value, double otherwise);
bool json_bool(const struct json *value, bool otherwise);
bool json_is_null(const struct json *value); /* absent or null */
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_string(const struct json *value);
bool json_is_number(const struct json *value);
bool json_is_bool(const struct json *value);
size_t json_count(const struct json *value); /* items or members; O(n) */

/* The key of a member of an object, else NULL. */
const char *json_key(const struct json *member);
const struct json *json_first(const struct json *value);
const struct json *json_next(const struct json *value);
#define JSON_EACH(it, parent)                                                                      \
	for (const struct json *it = json_first(parent); it; it = json_next(it))

/*
 * Fails with "what: unknown field "x" (known: a, b)" when object holds a key that is not in the
 * NULL-terminated list, or with "what: expected an object".
 */
int json_only(const struct json *object, const char *const *keys, const char *what,
	      struct error *err);

/*
 * The line, from 1, on which the item of that index starts in the root object's array `member`; 1 when
 * there is none. text is what json_parse accepted and ends with NUL: the parser itself keeps no places.
 */
size_t json_item_line(const char *text, const char *member, size_t index);

/* ---- writing ---- */

/* Commas and indentation are the writer's business. Strings are made valid UTF-8 (U+FFFD). */
struct json_writer {
	struct buf *out;
	int depth;
	bool compact; /* one line */
	bool first; /* nothing stands yet at this depth */
};

void json_writer_init(struct json_writer *w, struct buf *out, bool compact);
void json_object_begin(struct json_writer *w, const char *key); /* key NULL inside arrays */
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);
void json_put_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_put_bytes(struct json_writer *w, const char *key, const char *data, size_t len);
void json_put_number(struct json_writer *w, const char *key, double value); /* NaN: null */
void json_put_int(struct json_writer *w, const char *key, int64_t value);
/* Unknown numbers are null, never 0 or -1. */
void json_put_known(struct json_writer *w, const char *key, bool known, int64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);
void json_put_value(struct json_writer *w, const char *key, const struct json *value); /* a copy */
/* A value that is well-formed JSON already, as it is. */
void json_put_text(struct json_writer *w, const char *key, const char *json, size_t len);

#endif
