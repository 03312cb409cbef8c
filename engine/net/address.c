/*
 * Which addresses are the public internet and which are special: two tables and what hides inside.
 */
#include "engine/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct block4 {
	uint32_t prefix;
	unsigned bits;
	enum address_reach reach;
	const char *what;
};

#define IP4(a, b, c, d)                                                                            \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* The first entry that matches counts: single addresses stand above the blocks they lie in. */
static const struct block4 blocks4[] = {
	{IP4(169, 254, 169, 254), 32, ADDRESS_NEVER, "cloud metadata"},
	{IP4(100, 100, 100, 200), 32, ADDRESS_NEVER, "cloud metadata"}, /* Alibaba */
	{IP4(192, 0, 0, 192), 32, ADDRESS_NEVER, "cloud metadata"}, /* Oracle */
	{IP4(168, 63, 129, 16), 32, ADDRESS_NEVER, "cloud metadata"}, /* Azure, publicly numbered */
	{IP4(0, 0, 0, 0), 8, ADDRESS_NEVER, "unspecified"}, /* Linux takes 0.0.0.0 for loopback */
	{IP4(10, 0, 0, 0), 8, ADDRESS_PRIVATE, "private"},
	{IP4(100, 64, 0, 0), 10, ADDRESS_PRIVATE, "shared (carrier-grade NAT)"},
	{IP4(127, 0, 0, 0), 8, ADDRESS_PRIVATE, "loopback"},
	{IP4(169, 254, 0, 0), 16, ADDRESS_NEVER, "link-local"},
	{IP4(172, 16, 0, 0), 12, ADDRESS_PRIVATE, "private"},
	{IP4(192, 0, 0, 0), 24, ADDRESS_PRIVATE, "protocol assignment"},
	{IP4(192, 0, 2, 0), 24, ADDRESS_PRIVATE, "documentation"},
	{IP4(192, 88, 99, 0), 24, ADDRESS_PRIVATE, "6to4 relay"},
	{IP4(192, 168, 0, 0), 16, ADDRESS_PRIVATE, "private"},
	{IP4(198, 18, 0, 0), 15, ADDRESS_PRIVATE, "benchmarking"},
	{IP4(198, 51, 100, 0), 24, ADDRESS_PRIVATE, "documentation"},
	{IP4(203, 0, 113, 0), 24, ADDRESS_PRIVATE, "documentation"},
	{IP4(224, 0, 0, 0), 4, ADDRESS_NEVER, "multicast"},
	{IP4(255, 255, 255, 255), 32, ADDRESS_NEVER, "broadcast"},
	{IP4(240, 0, 0, 0), 4, ADDRESS_PRIVATE, "reserved"},
};

/* Where an IPv6 address holds IPv4 addresses. */
enum inside {
	INSIDE_NONE,
	INSIDE_LAST, /* bytes 12 to 15 */
	INSIDE_6TO4, /* bytes 2 to 5, RFC 3056 */
	INSIDE_TEREDO, /* RFC 4380: the server's in 4 to 7, the client's inverted in 12 to 15 */
	INSIDE_NAT64, /* RFC 8215 leaves the place open: as in a /96, or around byte 8 (RFC 6052) */
};

struct block6 {
	uint8_t prefix[16];
	unsigned bits;
	enum address_reach reach;
	const char *what;
	enum inside inside;
};

static const struct block6 blocks6[] = {
	{{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128, ADDRESS_NEVER, "cloud metadata", 0},
	{{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54}, 128, ADDRESS_NEVER, "cloud metadata", 0},
	{{[15] = 0}, 128, ADDRESS_NEVER, "unspecified", 0},
	{{[15] = 1}, 128, ADDRESS_PRIVATE, "loopback", 0},
	{{[10] = 0xff, 0xff}, 96, ADDRESS_PUBLIC, "public", INSIDE_LAST}, /* mapped: sent as IPv4 */
	{{[8] = 0xff, 0xff}, 96, ADDRESS_PRIVATE, "IPv4-translated", INSIDE_LAST},
	{{[15] = 0}, 96, ADDRESS_PRIVATE, "IPv4-compatible", INSIDE_LAST},
	{{0x00, 0x64, 0xff, 0x9b}, 96, ADDRESS_PUBLIC, "public", INSIDE_LAST},
	{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, ADDRESS_PRIVATE, "local NAT64", INSIDE_NAT64},
	{{0x20, 0x01, 0x00, 0x00}, 32, ADDRESS_PRIVATE, "Teredo", INSIDE_TEREDO},
	{{0x20, 0x01}, 23, ADDRESS_PRIVATE, "protocol assignment", 0},
	{{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_PRIVATE, "documentation", 0},
	{{0x20, 0x02}, 16, ADDRESS_PRIVATE, "6to4", INSIDE_6TO4},
	{{0x3f, 0xff}, 20, ADDRESS_PRIVATE, "documentation", 0},
	{{0xfe, 0x80}, 10, ADDRESS_NEVER, "link-local", 0},
	{{0xfc}, 7, ADDRESS_PRIVATE, "private", 0},
	{{0xff}, 8, ADDRESS_NEVER, "multicast", 0},
	{{0x20}, 3, ADDRESS_PUBLIC, "public", 0},
	/*
	 * All the rest is not global unicast: 100::/64, 5f00::/16, fec0::/10 and what comes next.
	 */
	{{0}, 0, ADDRESS_PRIVATE, "reserved", 0},
};

static enum address_reach reach4(uint32_t host, const char **what)
{
	for (size_t i = 0; i < sizeof(blocks4) / sizeof(blocks4[0]); i++) {
		uint32_t mask = UINT32_MAX << (32 - blocks4[i].bits);
		if ((host & mask) == blocks4[i].prefix) {
			*what = blocks4[i].what;
			return blocks4[i].reach;
		}
	}
	*what = "public";
	return ADDRESS_PUBLIC;
}

static bool in_block6(const uint8_t bytes[16], const struct block6 *block)
{
	unsigned whole = block->bits / 8, rest = block->bits % 8;
	if (memcmp(bytes, block->prefix, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));
	return (bytes[whole] & mask) == (block->prefix[whole] & mask);
}

/* Keeps the stricter of the two in *reach and *what. */
static void restrict_by(uint32_t host, enum address_reach *reach, const char **what)
{
	if (host == 0)
		return; /* nothing was put in this place */
	const char *inner;
	enum address_reach inner_reach = reach4(host, &inner);
	if (inner_reach > *reach) {
		*reach = inner_reach;
		*what = inner;
	}
}

static uint32_t ip4_at(const uint8_t bytes[16], int at)
{
	return IP4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

static enum address_reach reach6(const uint8_t bytes[16], const char **what)
{
	const struct block6 *block = blocks6;
	while (!in_block6(bytes, block))
		block++; /* the last one matches everything */
	enum address_reach reach = block->reach;
	*what = block->what;
	switch (block->inside) {
	case INSIDE_NONE: break;
	case INSIDE_LAST: restrict_by(ip4_at(bytes, 12), &reach, what); break;
	case INSIDE_6TO4: restrict_by(ip4_at(bytes, 2), &reach, what); break;
	case INSIDE_TEREDO:
		restrict_by(ip4_at(bytes, 4), &reach, what);
		restrict_by(~ip4_at(bytes, 12), &reach, what);
		break;
	case INSIDE_NAT64:
		restrict_by(ip4_at(bytes, 12), &reach, what);
		restrict_by(IP4(bytes[6], bytes[7], bytes[9], bytes[10]), &reach, what);
		break;
	}
	return reach;
}

enum address_reach address_reach(const struct sockaddr *address, const char **what)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
		return reach4(ntohl(in->sin_addr.s_addr), what);
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
		return reach6(in->sin6_addr.s6_addr, what);
	}
	*what = "not an internet address";
	return ADDRESS_NEVER;
}

void address_text(const struct sockaddr *address, char out[ADDRESS_TEXT])
{
	const void *bytes = NULL;
	if (address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (!bytes || !inet_ntop(address->sa_family, bytes, out, ADDRESS_TEXT))
		snprintf(out, ADDRESS_TEXT, "an unknown address");
}
