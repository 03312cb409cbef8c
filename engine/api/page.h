/* Lists that are told in order, whole or page by page: `limit` and `after`, and `next` in the answer. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "engine/api/call.h"

struct page {
	struct call *call;
	const char *what; /* "sandbox" */
	const char *after; /* NULL: from the first */
	size_t limit, told; /* limit 0: all */
	const char *last; /* of those that are told */
	bool begun, more;
};

/* From the call's parameters; then an array of that name is open in the call's object. */
void page_begin(struct page *page, struct call *call, const char *key, const char *what);
/* Whether this one, of all in their order, is on the page. id must live until page_end. */
bool page_takes(struct page *page, const char *id);
/* Closes the array, and answers the call: 404 when there was none called `after`. */
void page_end(struct page *page);

#define PAGE_PARAMETERS                                                                            \
	{"after", ROUTE_TEXT, "Only those that come after this one: `next` of the page before",    \
	 false},                                                                                   \
	{                                                                                          \
		"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}",                   \
			"How many at most; all of them without it", false                          \
	}

#endif
