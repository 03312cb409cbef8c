/* Whom a request may be sent to: reads its URL, judges the addresses of its host. */
#include "engine/net/client/fetch_target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/memory.h"
#include "engine/net/address.h"
#include "engine/net/client/fetch.h"
#include "engine/net/client/fetch_library.h"

enum { URL_MAX = 8 * 1024 };

static int bad_url(struct error *err, CURLUcode code)
{
	return error_set(err, ERROR_USAGE, "the URL cannot be read: %s", curl_url_strerror(code));
}

/* Whether that part of the URL is there. */
static bool has_part(CURLU *parts, CURLUPart part)
{
	char *text = NULL;
	bool has = fetch_library_url_get(parts, part, &text) == CURLUE_OK;
	curl_free(text);
	return has;
}

static int check_parts(CURLU *parts, char host[FETCH_HOST], struct error *err)
{
	char *text = NULL;
	CURLUcode code = fetch_library_url_get(parts, CURLUPART_SCHEME, &text);
	if (code != CURLUE_OK)
		return bad_url(err, code);
	bool web = strcmp(text, "http") == 0 || strcmp(text, "https") == 0;
	curl_free(text);
	if (!web)
		return error_set(err, ERROR_USAGE, "the URL must begin with http:// or https://");
	if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD))
		return error_set(err, ERROR_USAGE, "the URL may not hold a user or a password");
	if (has_part(parts, CURLUPART_ZONEID))
		return error_set(err, ERROR_USAGE, "the URL may not name a network interface");
	code = fetch_library_url_get(parts, CURLUPART_HOST, &text);
	if (code != CURLUE_OK)
		return bad_url(err, code);
	size_t len = strlen(text);
	const char *from = text;
	if (len > 2 && text[0] == '[') { /* an IPv6 address */
		from++;
		len -= 2;
	}
	int result = 0;
	if (len == 0 || len >= FETCH_HOST)
		result = error_set(err, ERROR_USAGE, "the URL names no host");
	else
		snprintf(host, FETCH_HOST, "%.*s", (int)len, from);
	curl_free(text);
	return result;
}

/* Fails unless url is one that may be asked; host becomes the host it names. */
static int read_url(const char *url, char host[FETCH_HOST], struct error *err)
{
	if (!url || !*url)
		return error_set(err, ERROR_USAGE, "the URL is empty");
	if (strlen(url) > URL_MAX)
		return error_set(err, ERROR_USAGE, "the URL is longer than %d bytes", URL_MAX);
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return error_set(err, ERROR_USAGE,
					 "the URL holds a space or a control character");
	if (fetch_library_load(err) != 0)
		return -1;
	CURLU *parts = curl_url();
	if (!parts)
		memory_exhausted(0);
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	int result = code == CURLUE_OK ? check_parts(parts, host, err) : bad_url(err, code);
	curl_url_cleanup(parts);
	return result;
}

static bool list_has(const char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (strcasecmp(*list, word) == 0)
			return true;
	return false;
}

int fetch_target_read(struct fetch_target *out, const char *url, const char *const *private_hosts,
		      struct error *err)
{
	if (read_url(url, out->host, err) != 0)
		return -1;
	out->may_be_private = list_has(private_hosts, out->host);
	return 0;
}

int fetch_target_allows(const struct fetch_target *target, const struct sockaddr *address,
			struct error *err)
{
	const char *what;
	enum address_reach reach = address_reach(address, &what);
	if (reach == ADDRESS_PUBLIC || (reach == ADDRESS_PRIVATE && target->may_be_private))
		return 0;
	char text[ADDRESS_TEXT];
	address_text(address, text);
	if (reach == ADDRESS_NEVER)
		return error_set(err, ERROR_DENIED,
				 "%s is at %s (%s), which nobody may ask from here", target->host,
				 text, what);
	return error_set(err, ERROR_DENIED,
			 "%s is at %s (%s), not a public address; the administrator can list the "
			 "host as a private one",
			 target->host, text, what);
}

int fetch_check(const char *url, const char *const *private_hosts, struct error *err)
{
	struct fetch_target target;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (fetch_target_read(&target, url, private_hosts, err) != 0)
		return -1;
	if (uv_ip4_addr(target.host, 0, &v4) == 0)
		return fetch_target_allows(&target, (struct sockaddr *)&v4, err);
	if (uv_ip6_addr(target.host, 0, &v6) == 0)
		return fetch_target_allows(&target, (struct sockaddr *)&v6, err);
	return 0;
}
