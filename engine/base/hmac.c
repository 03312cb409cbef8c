/* HMAC-SHA256 (RFC 2104). */
#include "engine/base/hmac.h"

#include <string.h>

enum { BLOCK = 64 }; /* bytes that SHA-256 takes at a time */

static void start(struct digest *digest, const unsigned char key[BLOCK], unsigned char pad)
{
	unsigned char block[BLOCK];
	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	digest_init(digest);
	digest_add(digest, block, BLOCK);
}

void hmac_init(struct hmac *hmac, const void *key, size_t len)
{
	unsigned char whole[BLOCK] = {0};
	if (len > BLOCK) {
		digest_init(&hmac->inner);
		digest_add(&hmac->inner, key, len);
		digest_end_bytes(&hmac->inner, whole);
	} else if (len > 0) {
		memcpy(whole, key, len);
	}
	start(&hmac->inner, whole, 0x36);
	start(&hmac->outer, whole, 0x5c);
}

void hmac_add(struct hmac *hmac, const void *data, size_t len)
{
	digest_add(&hmac->inner, data, len);
}

void hmac_end(struct hmac *hmac, char hex[DIGEST_HEX])
{
	unsigned char bytes[DIGEST_BYTES];
	digest_end_bytes(&hmac->inner, bytes);
	digest_add(&hmac->outer, bytes, sizeof(bytes));
	digest_end(&hmac->outer, hex);
}
