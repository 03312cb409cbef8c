/* A page begins behind the one that the page before ended with. */
#include "engine/api/page.h"

#include <string.h>

void page_begin(struct page *page, struct call *call, const char *key, const char *what)
{
	*page = (struct page){
		.call = call,
		.what = what,
		.after = json_string(json_get(call->query, "after"), NULL),
		.limit = (size_t)json_number(json_get(call->query, "limit"), 0),
	};
	page->begun = !page->after;
	json_array_begin(&call->writer, key);
}

bool page_takes(struct page *page, const char *id)
{
	if (!page->begun) {
		page->begun = strcmp(id, page->after) == 0;
		return false;
	}
	if (page->limit && page->told == page->limit) {
		page->more = true;
		return false;
	}
	page->told++;
	page->last = id;
	return true;
}

void page_end(struct page *page)
{
	struct call *call = page->call;
	struct error err = {0};

	if (!page->begun) {
		error_set(&err, ERROR_NOT_FOUND, "there is no %s %.64s in this list: begin anew",
			  page->what, page->after);
		buf_done(&call->answer);
		call_fail(call, &err);
		return;
	}
	json_array_end(&call->writer);
	json_put_string(&call->writer, "next", page->more ? page->last : NULL);
	call_object_end(call, 200);
}
