/*
 * The gate: a head passes when it could only be read in one way. The library mends what it should refuse
 * (folded lines, lone LFs, NULs, spaces before a colon), and each mending leaves a gap between two fields, or
 * one that points elsewhere; so every byte of the head must belong to something that is understood.
 */
#include "engine/net/server/http_gate.h"

#include <stdint.h>
#include <strings.h>

#include "engine/net/http_syntax.h"

static int refuse(struct http_refusal *refusal, unsigned status, const char *code, const char *why)
{
	*refusal = (struct http_refusal){status, code, why};
	return -1;
}

static int malformed(struct http_refusal *refusal, const char *why)
{
	return refuse(refusal, 400, "invalid", why);
}

/* Where in the head at stands; len of it when it stands elsewhere. */
static size_t offset_of(const struct http_head *head, const char *at)
{
	uintptr_t offset = (uintptr_t)at - (uintptr_t)head->start;
	return offset < head->len ? (size_t)offset : head->len;
}

/* The two NULs that a CR LF has become. */
static bool is_line_end(const struct http_head *head, size_t at)
{
	return head->len >= 2 && at <= head->len - 2 && head->start[at] == '\0' &&
	       head->start[at + 1] == '\0';
}

static int hex_value(char c)
{
	if (http_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int check_target(const char *target, struct http_refusal *refusal)
{
	if (target[0] != '/')
		return malformed(refusal, "The target must be a path that begins with a slash.");
	for (const char *c = target; *c; c++) {
		if (!http_is_target_char(*c))
			return malformed(refusal, "The target holds a byte that no URL may hold.");
		if (*c != '%')
			continue;
		int high = hex_value(c[1]), low = high < 0 ? -1 : hex_value(c[2]);
		if (low < 0)
			return malformed(refusal,
					 "The target holds a % without two hexadecimal digits.");
		if (high == 0 && low == 0)
			return malformed(refusal, "The target holds %00, which nothing may hold.");
	}
	return 0;
}

static int check_method(const char *method, struct http_refusal *refusal)
{
	static const char *const taken[] = {"GET",   "HEAD",   "POST",   "PUT",
					    "PATCH", "DELETE", "OPTIONS"};
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(method, taken[i]) == 0)
			return 0;
	for (const char *c = method; *c; c++)
		if (!http_is_token_char(*c))
			return malformed(refusal, "The method is not a word.");
	return refuse(refusal, 405, "method_not_allowed", "No path takes this method.");
}

/* METHOD SP TARGET SP VERSION; *end becomes where its line end has ended. */
static int check_request_line(const struct http_head *head, size_t *end,
			      struct http_refusal *refusal)
{
	size_t version = head->target_at + strlen(head->target) + 1;
	if (strlen(head->method) + 1 != head->target_at ||
	    offset_of(head, head->version) != version)
		return malformed(refusal, "The request line is not METHOD TARGET VERSION.");
	if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
		return refuse(refusal, 505, "invalid", "The version must be HTTP/1.1 or HTTP/1.0.");
	*end = version + strlen(head->version) + 2;
	if (!is_line_end(head, *end - 2))
		return malformed(refusal, "The request line does not end with CR LF.");
	return 0;
}

/* One field that begins at *at, which is moved to after its line end. */
static int check_field(const struct http_head *head, const struct http_field *field, size_t *at,
		       struct http_refusal *refusal)
{
	static const char shape[] = "A header is not one line of NAME: VALUE that ends with CR LF.";
	size_t value = offset_of(head, field->value);
	if (offset_of(head, field->name) != *at || field->name_len == 0 || value == head->len ||
	    value <= *at + field->name_len)
		return malformed(refusal, shape);
	for (size_t i = 0; i < field->name_len; i++)
		if (!http_is_token_char(field->name[i]))
			return malformed(refusal,
					 "A header's name is not a word followed by a colon.");
	for (size_t i = *at + field->name_len + 1; i < value; i++)
		if (head->start[i] != ' ' && head->start[i] != '\t')
			return malformed(refusal, shape);
	if (field->value_len > head->len - value || !is_line_end(head, value + field->value_len))
		return malformed(refusal, shape);
	for (size_t i = 0; i < field->value_len; i++)
		if (http_is_control(field->value[i]))
			return malformed(refusal, "A header holds a control character.");
	*at = value + field->value_len + 2;
	return 0;
}

static bool field_is(const struct http_field *field, const char *name)
{
	return strlen(name) == field->name_len &&
	       strncasecmp(field->name, name, field->name_len) == 0;
}

const struct http_field *http_gate_field(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->count; i++)
		if (field_is(&head->fields[i], name))
			return &head->fields[i];
	return NULL;
}

static size_t count_fields(const struct http_head *head, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < head->count; i++)
		count += field_is(&head->fields[i], name);
	return count;
}

static int check_host(const struct http_head *head, struct http_refusal *refusal)
{
	size_t count = count_fields(head, "Host");
	if (count > 1)
		return malformed(refusal, "There are two Host headers.");
	if (count == 0 && strcmp(head->version, "HTTP/1.0") == 0)
		return 0;
	if (count == 0)
		return malformed(refusal, "There is no Host header.");
	const struct http_field *host = http_gate_field(head, "Host");
	for (size_t i = 0; i < host->value_len; i++)
		if (!http_is_alnum(host->value[i]) && !strchr(".-_:[]", host->value[i]))
			return malformed(refusal, "The Host header is not a host and a port.");
	return 0;
}

/* How long the body is must be said once and in one way. */
static int check_framing(const struct http_head *head, struct http_refusal *refusal)
{
	size_t lengths = count_fields(head, "Content-Length");
	size_t encodings = count_fields(head, "Transfer-Encoding");
	if (lengths + encodings > 1)
		return malformed(refusal, "The length of the body is given more than once.");
	const struct http_field *length = http_gate_field(head, "Content-Length");
	const struct http_field *encoding = http_gate_field(head, "Transfer-Encoding");
	for (size_t i = 0; length && i < length->value_len; i++)
		if (!http_is_digit(length->value[i]))
			return malformed(refusal, "Content-Length is not a number.");
	if (length && length->value_len == 0)
		return malformed(refusal, "Content-Length is empty.");
	if (encoding && (encoding->value_len != strlen("chunked") ||
			 strncasecmp(encoding->value, "chunked", encoding->value_len) != 0))
		return malformed(refusal, "The only Transfer-Encoding that is taken is chunked.");
	if (encoding && strcmp(head->version, "HTTP/1.0") == 0)
		return malformed(refusal, "HTTP/1.0 has no Transfer-Encoding.");
	return 0;
}

int http_gate_check(const struct http_head *head, struct http_refusal *refusal)
{
	size_t at;
	if (head->count > HTTP_FIELDS_MAX)
		return refuse(refusal, 431, "too_large", "There are too many headers.");
	if (check_request_line(head, &at, refusal) != 0)
		return -1;
	for (size_t i = 0; i < head->count; i++)
		if (check_field(head, &head->fields[i], &at, refusal) != 0)
			return -1;
	if (!is_line_end(head, at) || at + 2 != head->len)
		return malformed(refusal, "The head does not end with an empty line.");
	if (check_target(head->target, refusal) != 0 || check_host(head, refusal) != 0 ||
	    check_framing(head, refusal) != 0)
		return -1;
	return check_method(head->method, refusal);
}
