/* libcurl, loaded when it is first needed (library.h). */
#include "engine/net/client/fetch_library.h"

#include <assert.h>
#include <stdarg.h>

#include "engine/base/library.h"

#define SONAME "libcurl.so.4"

#define FUNCTIONS(X)                                                                               \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_header)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_strerror)                                                                      \
	X(curl_free)                                                                               \
	X(curl_global_init)                                                                        \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_assign)                                                                       \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_multi_socket_action)                                                                \
	X(curl_multi_strerror)                                                                     \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)                                                                     \
	X(curl_url)                                                                                \
	X(curl_url_cleanup)                                                                        \
	X(curl_url_get)                                                                            \
	X(curl_url_set)                                                                            \
	X(curl_url_strerror)

LIBRARY(FUNCTIONS);

int fetch_library_load(struct error *err)
{
	return library_load(SONAME, names, PLACES, symbols, err);
}

/* ---- the library ---- */

LIBRARY_PASS(CURLcode, curl_global_init, (long flags), (flags))
LIBRARY_PASS_VOID(curl_free, void *p, p)
LIBRARY_PASS(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),
	     (list, text))
LIBRARY_PASS_VOID(curl_slist_free_all, struct curl_slist *list, list)

/* ---- one transfer ---- */

LIBRARY_PASS(CURL *, curl_easy_init, (void), ())
LIBRARY_PASS_VOID(curl_easy_cleanup, CURL *easy, easy)
LIBRARY_PASS(const char *, curl_easy_strerror, (CURLcode code), (code))
LIBRARY_PASS(CURLHcode, curl_easy_header,
	     (CURL * easy, const char *name, size_t index, unsigned origin, int request,
	      struct curl_header **out),
	     (easy, name, index, origin, request, out))

/* ---- all of them ---- */

LIBRARY_PASS(CURLM *, curl_multi_init, (void), ())
LIBRARY_PASS(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
LIBRARY_PASS(const char *, curl_multi_strerror, (CURLMcode code), (code))
LIBRARY_PASS(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy))
LIBRARY_PASS(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL *easy), (multi, easy))
LIBRARY_PASS(CURLMcode, curl_multi_assign, (CURLM * multi, curl_socket_t fd, void *ctx),
	     (multi, fd, ctx))
LIBRARY_PASS(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))
LIBRARY_PASS(CURLMcode, curl_multi_socket_action,
	     (CURLM * multi, curl_socket_t fd, int events, int *running),
	     (multi, fd, events, running))

/* ---- URLs ---- */

LIBRARY_PASS(CURLU *, curl_url, (void), ())
LIBRARY_PASS_VOID(curl_url_cleanup, CURLU *url, url)
LIBRARY_PASS(const char *, curl_url_strerror, (CURLUcode code), (code))
LIBRARY_PASS(CURLUcode, curl_url_set,
	     (CURLU * url, CURLUPart part, const char *text, unsigned flags),
	     (url, part, text, flags))

CURLUcode fetch_library_url_get(CURLU *url, CURLUPart part, char **out)
{
	return LIBRARY_THEIRS(curl_url_get)(url, part, out, 0);
}

/* ---- options: the one variable argument is a long, a pointer, or a curl_off_t ---- */

static_assert(sizeof(curl_off_t) == sizeof(void *) && sizeof(long) == sizeof(void *),
	      "one type can stand for all three");

#define PASS_OPTION(type, name, handle_type, option_type)                                          \
	type(name)(handle_type * handle, option_type option, ...)                                  \
	{                                                                                          \
		va_list values;                                                                    \
		va_start(values, option);                                                          \
		void *value = va_arg(values, void *);                                              \
		va_end(values);                                                                    \
		return LIBRARY_THEIRS(name)(handle, option, value);                                \
	}

PASS_OPTION(CURLcode, curl_easy_setopt, CURL, CURLoption)
PASS_OPTION(CURLcode, curl_easy_getinfo, CURL, CURLINFO)
PASS_OPTION(CURLMcode, curl_multi_setopt, CURLM, CURLMoption)
