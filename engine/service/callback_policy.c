/* What is made of a receiver's answer, and when it is asked again. */
#include "engine/service/callback_policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/hmac.h"

enum { STATUS_GONE = 410, SECONDS_MAX = 1000 * 1000 };

enum callback_fate callback_fate(unsigned status)
{
	if (status >= 200 && status < 300)
		return CALLBACK_TAKEN;
	return status == STATUS_GONE ? CALLBACK_NEVER : CALLBACK_AGAIN;
}

uint64_t callback_wait_ms(unsigned attempts, uint64_t first_ms, uint64_t longest_ms, double random)
{
	uint64_t window = first_ms;
	for (unsigned i = 1; i < attempts && window < longest_ms; i++)
		window *= 2;
	if (window > longest_ms)
		window = longest_ms;
	return (uint64_t)(random * (double)window);
}

uint64_t callback_retry_after_ms(const char *text, int64_t now_ms)
{
	if (!text)
		return 0;
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9')
		return *end ? 0 : 1000ULL * (seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
	struct tm date = {0};
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);
	if (!end || *end)
		return 0;
	int64_t at_ms = (int64_t)timegm(&date) * 1000;
	return at_ms > now_ms ? (uint64_t)(at_ms - now_ms) : 0;
}

void callback_sign(const char *secret, int64_t timestamp, const char *body, size_t len,
		   char hex[DIGEST_HEX])
{
	char before[32];
	struct hmac hmac;
	snprintf(before, sizeof(before), "%" PRId64 ".", timestamp);
	hmac_init(&hmac, secret, strlen(secret));
	hmac_add(&hmac, before, strlen(before));
	hmac_add(&hmac, body, len);
	hmac_end(&hmac, hex);
}
