/* 96 random bits from the kernel, in hexadecimal. */
#include "engine/base/identifier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void identifier_make(char out[IDENTIFIER_TEXT], const char *prefix)
{
	unsigned char random[12];
	ssize_t got;

	do
		got = getrandom(random, sizeof(random), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(random))
		abort(); /* up to 256 bytes always come whole: getrandom(2) */
	int len = snprintf(out, IDENTIFIER_TEXT, "%.7s", prefix);
	for (size_t i = 0; i < sizeof(random); i++)
		len += snprintf(out + len, IDENTIFIER_TEXT - (size_t)len, "%02x", random[i]);
}
