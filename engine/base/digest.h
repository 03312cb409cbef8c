/* Content hashes: SHA-256 as lower-case hex; the only user of libmd. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <sha2.h>
#include <stddef.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX = 65 }; /* 64 digits and the NUL */

struct digest {
	SHA2_CTX state;
};

void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t len);
/* The string with its NUL, so that "ab","c" and "a","bc" differ. NULL counts as "". */
void digest_add_string(struct digest *digest, const char *string);
void digest_end(struct digest *digest, char hex[DIGEST_HEX]);
void digest_end_bytes(struct digest *digest, unsigned char bytes[DIGEST_BYTES]);

#endif
