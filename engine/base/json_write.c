/* Writing JSON (RFC 8259) straight into a buffer, so that a large report is never a tree. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/utf8.h"

void json_writer_init(struct json_writer *w, struct buf *out, bool compact)
{
	*w = (struct json_writer){.out = out, .compact = compact, .first = true};
}

static void new_line(struct json_writer *w)
{
	if (w->compact)
		return;
	buf_putc(w->out, '\n');
	for (int i = 0; i < w->depth; i++)
		buf_puts(w->out, "  ");
}

/* What is not itself in a string: more than JSON asks for, so that a report can go to a terminal. */
static bool is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* Writes c's escape, at most 6 bytes and the NUL; returns its length. */
static size_t escape(char out[8], unsigned char c)
{
	static const char letters[][2] = {
		{'"', '"'}, {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (c == (unsigned char)letters[i][0]) {
			out[0] = '\\';
			out[1] = letters[i][1];
			return 2;
		}
	}
	return (size_t)snprintf(out, 8, "\\u%04x", c);
}

/* Gathered here first: source code has a special character every few bytes. */
static void append_escaped(struct buf *out, const char *data, size_t len)
{
	char gathered[1024];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		if (n > sizeof(gathered) - 8) {
			buf_append(out, gathered, n);
			n = 0;
		}
		if (is_special(c))
			n += escape(gathered + n, c);
		else
			gathered[n++] = (char)c;
	}
	buf_append(out, gathered, n);
}

static void append_repaired(struct buf *out, const char *data, size_t len)
{
	char text[8];
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_special((unsigned char)data[i]))
			continue;
		utf8_append_repaired(out, data + start, i - start);
		buf_append(out, text, escape(text, (unsigned char)data[i]));
		start = i + 1;
	}
	utf8_append_repaired(out, data + start, len - start);
}

static void escaped(struct buf *out, const char *data, size_t len)
{
	buf_putc(out, '"');
	if (utf8_valid_prefix(data, len) == len)
		append_escaped(out, data, len);
	else
		append_repaired(out, data, len);
	buf_putc(out, '"');
}

/* What stands before every value: a comma, a line, the key. */
static void before(struct json_writer *w, const char *key)
{
	if (!w->first)
		buf_putc(w->out, ',');
	if (w->depth)
		new_line(w);
	w->first = false;
	if (key) {
		escaped(w->out, key, strlen(key));
		buf_puts(w->out, w->compact ? ":" : ": ");
	}
}

static void begin(struct json_writer *w, const char *key, char bracket)
{
	before(w, key);
	buf_putc(w->out, bracket);
	w->depth++;
	w->first = true;
}

static void end(struct json_writer *w, char bracket)
{
	w->depth--;
	if (!w->first)
		new_line(w);
	buf_putc(w->out, bracket);
	w->first = false;
}

void json_object_begin(struct json_writer *w, const char *key)
{
	begin(w, key, '{');
}

void json_object_end(struct json_writer *w)
{
	end(w, '}');
}

void json_array_begin(struct json_writer *w, const char *key)
{
	begin(w, key, '[');
}

void json_array_end(struct json_writer *w)
{
	end(w, ']');
}

void json_put_bytes(struct json_writer *w, const char *key, const char *data, size_t len)
{
	before(w, key);
	escaped(w->out, data, len);
}

void json_put_string(struct json_writer *w, const char *key, const char *value)
{
	if (value)
		json_put_bytes(w, key, value, strlen(value));
	else
		json_put_null(w, key);
}

void json_put_number(struct json_writer *w, const char *key, double value)
{
	before(w, key);
	if (!isfinite(value))
		buf_puts(w->out, "null");
	else if (value == floor(value) && fabs(value) < 1e15)
		buf_printf(w->out, "%.0f", value);
	else
		buf_printf(w->out, "%.10g", value);
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
	before(w, key);
	buf_printf(w->out, "%lld", (long long)value);
}

void json_put_known(struct json_writer *w, const char *key, bool known, int64_t value)
{
	if (known)
		json_put_int(w, key, value);
	else
		json_put_null(w, key);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	before(w, key);
	buf_puts(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
	before(w, key);
	buf_puts(w->out, "null");
}

void json_put_text(struct json_writer *w, const char *key, const char *json, size_t len)
{
	before(w, key);
	buf_append(w->out, json, len);
}

void json_put_value(struct json_writer *w, const char *key, const struct json *value)
{
	if (json_is_object(value) || json_is_array(value)) {
		bool object = json_is_object(value);
		begin(w, key, object ? '{' : '[');
		JSON_EACH (item, value)
			json_put_value(w, object ? json_key(item) : NULL, item);
		end(w, object ? '}' : ']');
	} else if (json_is_string(value)) {
		json_put_string(w, key, json_string(value, ""));
	} else if (json_is_number(value)) {
		json_put_number(w, key, json_number(value, 0));
	} else if (json_is_bool(value)) {
		json_put_bool(w, key, json_bool(value, false));
	} else {
		json_put_null(w, key);
	}
}
