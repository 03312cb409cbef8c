/* Characters of HTTP, as RFC 9110 has them: shared by the readers of both servers. */
#ifndef NET_HTTP_SYNTAX_H
#define NET_HTTP_SYNTAX_H

#include <stdbool.h>
#include <string.h>

static inline bool http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool http_is_alnum(char c)
{
	return http_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* tchar of RFC 9110 section 5.6.2. */
static inline bool http_is_token_char(char c)
{
	return http_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* What may stand in a path or query: visible ASCII, and no fragment. */
static inline bool http_is_target_char(char c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

/* What may not stand in a line: control characters but the tab. */
static inline bool http_is_control(char c)
{
	return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
}

#endif
