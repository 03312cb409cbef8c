/* SHA-256 through libmd. */
#include "engine/base/digest.h"

#include <string.h>

void digest_init(struct digest *digest)
{
	SHA256Init(&digest->state);
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	SHA256Update(&digest->state, data, len);
}

void digest_add_string(struct digest *digest, const char *string)
{
	if (!string)
		string = "";
	digest_add(digest, string, strlen(string) + 1);
}

void digest_end(struct digest *digest, char hex[DIGEST_HEX])
{
	SHA256End(&digest->state, hex);
}

void digest_end_bytes(struct digest *digest, unsigned char bytes[DIGEST_BYTES])
{
	SHA256Final(bytes, &digest->state);
}
