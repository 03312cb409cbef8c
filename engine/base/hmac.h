/* HMAC-SHA256 (RFC 2104): a digest that only those who know the key can make. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include "engine/base/digest.h"

struct hmac {
	struct digest inner, outer;
};

void hmac_init(struct hmac *hmac, const void *key, size_t len);
void hmac_add(struct hmac *hmac, const void *data, size_t len);
void hmac_end(struct hmac *hmac, char hex[DIGEST_HEX]);

#endif
