/* libcurl, loaded by whoever is about to fetch for the first time. */
#ifndef NET_FETCH_LIBRARY_H
#define NET_FETCH_LIBRARY_H

#include <curl/curl.h>

#include "engine/base/error.h"

/* Before any function of the library; may be called again. */
int fetch_library_load(struct error *err);

/* curl_url_get without flags; its first parameter is const in some versions only. */
CURLUcode fetch_library_url_get(CURLU *url, CURLUPart part, char **out);

#endif
