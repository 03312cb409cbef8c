/* What is made of a receiver's answer, and when it is asked again. Pure. */
#ifndef SERVICE_CALLBACK_POLICY_H
#define SERVICE_CALLBACK_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/digest.h"

enum callback_fate {
	CALLBACK_TAKEN,
	CALLBACK_AGAIN, /* when its time has come, if it has attempts left */
	CALLBACK_NEVER, /* the receiver wants no more of it */
};

enum callback_fate callback_fate(unsigned status);

/*
 * Milliseconds until the next attempt, after `attempts` have failed: exponential backoff with full jitter,
 * random * min(longest, first * 2^(attempts - 1)), with random from 0 to 1.
 */
uint64_t callback_wait_ms(unsigned attempts, uint64_t first_ms, uint64_t longest_ms, double random);

/*
 * Milliseconds from now_ms (since 1970) that a Retry-After header asks for: seconds or a date (RFC 9110,
 * 10.2.3, of the dates only IMF-fixdate). 0 for NULL, a date that is over and what cannot be read.
 */
uint64_t callback_retry_after_ms(const char *text, int64_t now_ms);

/* The hex of X-Assay-Signature: HMAC-SHA256 of timestamp "." body. */
void callback_sign(const char *secret, int64_t timestamp, const char *body, size_t len,
		   char hex[DIGEST_HEX]);

#endif
