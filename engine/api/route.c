/* Which route a path means: literally part for part, with {…} taking one whole part. */
#include "engine/api/route.h"

#include <string.h>

#include "engine/base/utf8.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL: malformed, empty, not UTF-8, or it holds what would cut or split a name. */
static const char *decode(struct arena *arena, const char *part, size_t len)
{
	char *out = arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)part[i];
		if (c == '%') {
			int high = i + 2 < len ? digit(part[i + 1]) : -1;
			int low = high >= 0 ? digit(part[i + 2]) : -1;
			if (low < 0)
				return NULL;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		}
		if (c == '/' || c < 0x20 || c == 0x7f)
			return NULL;
		*to++ = (char)c;
	}
	size_t size = (size_t)(to - out);
	return size && utf8_valid_prefix(out, size) == size ? out : NULL;
}

/* How many {…} the pattern has, or -1: it does not mean this path. */
static int match(struct arena *arena, const char *pattern, const char *path,
		 const char *out[ROUTE_PATH])
{
	int taken = 0;

	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");
		if (*pattern == '{' && taken < ROUTE_PATH) {
			out[taken] = decode(arena, path, have);
			if (!out[taken++])
				return -1;
		} else if (want != have || memcmp(pattern, path, want) != 0) {
			return -1;
		}
		pattern += want;
		path += have;
	}
	return *pattern || *path ? -1 : taken;
}

static void allow(struct buf *words, const char *method)
{
	buf_printf(words, "%s%s", words->len ? ", " : "", method);
	if (strcmp(method, "GET") == 0)
		buf_puts(words, ", HEAD");
}

struct search {
	const char *method;
	int fewest; /* {…} of the best so far */
	struct buf words;
};

static void consider(struct search *search, const struct route *route, int taken,
		     const char *const path[ROUTE_PATH], struct route_match *out)
{
	if (taken < 0 || (search->fewest >= 0 && taken > search->fewest))
		return;
	if (taken != search->fewest) {
		buf_clear(&search->words);
		out->route = NULL;
		search->fewest = taken;
	}
	allow(&search->words, route->method);
	if (strcmp(route->method, search->method) == 0) {
		out->route = route;
		memcpy(out->path, path, sizeof(out->path));
	}
}

void route_find(struct arena *arena, const char *method, const char *path, struct route_match *out)
{
	struct search search = {.method = strcmp(method, "HEAD") == 0 ? "GET" : method,
				.fewest = -1};

	*out = (struct route_match){0};
	buf_init(&search.words, 256);
	REGISTRY_EACH (route_tables, struct routes, tables) {
		for (const struct route *route = (*tables)->table; route->method; route++) {
			const char *taken[ROUTE_PATH] = {NULL};
			consider(&search, route, match(arena, route->path, path, taken), taken,
				 out);
		}
	}
	if (search.words.len)
		out->allow = arena_printf(arena, "%s, OPTIONS", search.words.data);
	buf_done(&search.words);
}
