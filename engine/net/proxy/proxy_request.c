/* The head of one HTTP/1 request to a proxy: strict, incremental, within fixed room. */
#include "engine/net/proxy/proxy_request.h"

#include <string.h>
#include <strings.h>

#include "engine/net/http_syntax.h"

static enum proxy_request_state refuse(struct proxy_request *request, int status, const char *why)
{
	request->status = status;
	request->why = why;
	return PROXY_REFUSED;
}

/*
 * "host" or "host:port" of len bytes; *port stays as it is when none is given. Host names have
 * letters, digits, dots, hyphens and, as some registries do, underscores.
 */
static int parse_authority(const char *text, size_t len, char host[PROXY_HOST_MAX + 1],
			   unsigned *port)
{
	const char *colon = memchr(text, ':', len);
	size_t host_len = colon ? (size_t)(colon - text) : len;
	if (host_len == 0 || host_len > PROXY_HOST_MAX)
		return -1;
	for (size_t i = 0; i < host_len; i++) {
		if (!http_is_alnum(text[i]) && text[i] != '.' && text[i] != '-' && text[i] != '_')
			return -1;
		host[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
	}
	host[host_len] = '\0';
	if (!colon)
		return 0;
	const char *digits = colon + 1;
	size_t count = len - host_len - 1;
	if (count == 0 || count > 5 || digits[0] == '0')
		return -1;
	unsigned value = 0;
	for (size_t i = 0; i < count; i++) {
		if (!http_is_digit(digits[i]))
			return -1;
		value = value * 10 + (unsigned)(digits[i] - '0');
	}
	if (value > 65535)
		return -1;
	*port = value;
	return 0;
}

static const char bad_authority[] =
	"the target must be a host name or IPv4 address with a port, without user and without "
	"brackets";

/* Authority-form, for CONNECT: the port must be there. */
static enum proxy_request_state parse_connect_target(struct proxy_request *request,
						     const char *target)
{
	request->port = 0;
	if (parse_authority(target, strlen(target), request->host, &request->port) != 0 ||
	    request->port == 0)
		return refuse(request, 400, bad_authority);
	return PROXY_MORE;
}

/*
 * Absolute-form: "http://host[:port][/path][?query]". The slash that an empty path lacks is written
 * over the last byte of the authority, which is copied by then.
 */
static enum proxy_request_state parse_absolute_target(struct proxy_request *request, char *target)
{
	if (strncasecmp(target, "http://", 7) != 0)
		return refuse(request, 400,
			      "the target must start with http:// (https goes through "
			      "CONNECT)");
	char *authority = target + 7;
	size_t len = strcspn(authority, "/?");
	request->port = 80;
	if (parse_authority(authority, len, request->host, &request->port) != 0)
		return refuse(request, 400, bad_authority);
	char *path = authority + len;
	if (*path != '/')
		*--path = '/';
	for (const char *c = path; *c; c++)
		if (!http_is_target_char(*c))
			return refuse(request, 400, "the target holds a byte that no URL may hold");
	request->path = path;
	return PROXY_MORE;
}

static enum proxy_request_state parse_request_line(struct proxy_request *request, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	if (!version)
		return refuse(request, 400, "the request line is not METHOD TARGET VERSION");
	*target++ = '\0';
	*version++ = '\0';
	if (strcmp(version, "HTTP/1.0") != 0 && strcmp(version, "HTTP/1.1") != 0)
		return refuse(request, 505, "the version must be HTTP/1.1 or HTTP/1.0");
	request->http10 = version[7] == '0';
	if (strcmp(line, "CONNECT") == 0) {
		request->method = PROXY_CONNECT;
		return parse_connect_target(request, target);
	}
	if (strcmp(line, "GET") == 0)
		request->method = PROXY_GET;
	else if (strcmp(line, "HEAD") == 0)
		request->method = PROXY_HEAD;
	else
		return refuse(request, 405, "the method must be CONNECT, GET or HEAD");
	return parse_absolute_target(request, target);
}

static bool is_zero(const char *value)
{
	return strcmp(value, "0") == 0;
}

/*
 * Host must name the target: the target is what counts, but a client that says both means mischief.
 */
static enum proxy_request_state check_host(struct proxy_request *request, const char *value)
{
	if (request->has_host)
		return refuse(request, 400, "there are two Host headers");
	request->has_host = true;
	char host[PROXY_HOST_MAX + 1];
	unsigned port = request->port;
	if (parse_authority(value, strlen(value), host, &port) != 0 ||
	    strcmp(host, request->host) != 0 || port != request->port)
		return refuse(request, 400, "the Host header is not the target's host");
	return PROXY_MORE;
}

static enum proxy_request_state parse_header_line(struct proxy_request *request, char *line)
{
	if (line[0] == ' ' || line[0] == '\t')
		return refuse(request, 400, "a header is folded over two lines");
	char *colon = line;
	while (http_is_token_char(*colon))
		colon++;
	if (colon == line || *colon != ':')
		return refuse(request, 400, "a header is not NAME: VALUE");
	*colon = '\0';
	char *value = colon + 1 + strspn(colon + 1, " \t");
	size_t len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = '\0';
	if (request->header_count == PROXY_HEADERS_MAX)
		return refuse(request, 431, "there are too many headers");
	request->headers[request->header_count++] = (struct proxy_header){line, value};

	if (strcasecmp(line, "Host") == 0)
		return check_host(request, value);
	if (strcasecmp(line, "Transfer-Encoding") == 0)
		return refuse(request, 501, "a request with a body is not passed on");
	if (strcasecmp(line, "Content-Length") == 0 && !is_zero(value))
		return refuse(request, 413, "a request with a body is not passed on");
	return PROXY_MORE;
}

/* A line ended; its bytes stand in head from line_start on and are NUL-terminated. */
static enum proxy_request_state end_line(struct proxy_request *request)
{
	char *line = request->head + request->line_start;
	size_t number = request->lines++;
	request->line_start = request->head_len;
	if (number == 0)
		return parse_request_line(request, line);
	if (*line != '\0')
		return parse_header_line(request, line);
	if (!request->has_host && !request->http10)
		return refuse(request, 400, "there is no Host header");
	return PROXY_COMPLETE;
}

static enum proxy_request_state feed_byte(struct proxy_request *request, char c)
{
	if (request->after_cr) {
		request->after_cr = false;
		if (c != '\n')
			return refuse(request, 400, "a carriage return stands alone");
		return end_line(request);
	}
	if (c == '\n')
		return refuse(request, 400, "a line feed stands alone");
	if (request->head_len >= PROXY_HEAD_MAX)
		return refuse(request, 431, "the request head is too long");
	if (c == '\r') {
		request->after_cr = true;
		c = '\0'; /* ends the line in place */
	} else if (http_is_control(c)) {
		return refuse(request, 400, "there is a control character");
	}
	request->head[request->head_len++] = c;
	return PROXY_MORE;
}

void proxy_request_init(struct proxy_request *request)
{
	memset(request, 0, offsetof(struct proxy_request, head));
	request->head[0] = '\0';
	request->head_len = request->line_start = request->lines = 0;
	request->after_cr = request->has_host = false;
}

enum proxy_request_state proxy_request_feed(struct proxy_request *request, const char *data,
					    size_t len, size_t *used)
{
	for (*used = 0; *used < len;) {
		enum proxy_request_state state = feed_byte(request, data[(*used)++]);
		if (state != PROXY_MORE)
			return state;
	}
	return PROXY_MORE;
}

/* True when the comma-separated list holds the word. */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);
	while (*list) {
		list += strspn(list, ", \t");
		size_t item = strcspn(list, ", \t");
		if (item == len && strncasecmp(list, word, len) == 0)
			return true;
		list += item;
	}
	return false;
}

static bool is_for_this_hop(const struct proxy_request *request, const char *name)
{
	static const char *const ours[] = {
		"Host",    "Connection", "Proxy-Connection", "Proxy-Authorization", "Keep-Alive",
		"Upgrade", "TE",         "Trailer",          "Content-Length",      "Expect",
	};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(name, ours[i]) == 0)
			return true;
	for (size_t i = 0; i < request->header_count; i++) {
		const struct proxy_header *header = &request->headers[i];
		bool lists = strcasecmp(header->name, "Connection") == 0 ||
			     strcasecmp(header->name, "Proxy-Connection") == 0;
		if (lists && list_has(header->value, name))
			return true;
	}
	return false;
}

void proxy_request_to_origin(const struct proxy_request *request, struct buf *out)
{
	buf_printf(out, "%s %s HTTP/1.%c\r\nHost: %s",
		   request->method == PROXY_HEAD ? "HEAD" : "GET", request->path,
		   request->http10 ? '0' : '1', request->host);
	if (request->port != 80)
		buf_printf(out, ":%u", request->port);
	buf_puts(out, "\r\nConnection: close\r\n");
	for (size_t i = 0; i < request->header_count; i++) {
		const struct proxy_header *header = &request->headers[i];
		if (!is_for_this_hop(request, header->name))
			buf_printf(out, "%s: %s\r\n", header->name, header->value);
	}
	buf_puts(out, "\r\n");
}
