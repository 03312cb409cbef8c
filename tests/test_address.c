/* Every block of the special-purpose registries, its edges, and what hides inside IPv6. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "engine/net/address.h"

static enum address_reach reach_of(const char *text, const char **what)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char back[ADDRESS_TEXT];
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		address_text((struct sockaddr *)&in, back);
		assert_string_equal(back, text);
		return address_reach((struct sockaddr *)&in, what);
	}
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return address_reach((struct sockaddr *)&in6, what);
}

static const struct {
	const char *text;
	enum address_reach reach;
	const char *what; /* NULL: any */
} cases[] = {
	{"0.0.0.0", ADDRESS_NEVER, "unspecified"},
	{"0.255.255.255", ADDRESS_NEVER, NULL},
	{"1.0.0.0", ADDRESS_PUBLIC, "public"},
	{"1.1.1.1", ADDRESS_PUBLIC, NULL},
	{"8.8.8.8", ADDRESS_PUBLIC, NULL},
	{"9.255.255.255", ADDRESS_PUBLIC, NULL},
	{"10.0.0.0", ADDRESS_PRIVATE, "private"},
	{"10.255.255.255", ADDRESS_PRIVATE, NULL},
	{"11.0.0.0", ADDRESS_PUBLIC, NULL},
	{"100.63.255.255", ADDRESS_PUBLIC, NULL},
	{"100.64.0.0", ADDRESS_PRIVATE, NULL},
	{"100.100.100.200", ADDRESS_NEVER, "cloud metadata"},
	{"100.127.255.255", ADDRESS_PRIVATE, NULL},
	{"100.128.0.0", ADDRESS_PUBLIC, NULL},
	{"126.255.255.255", ADDRESS_PUBLIC, NULL},
	{"127.0.0.1", ADDRESS_PRIVATE, "loopback"},
	{"127.255.255.255", ADDRESS_PRIVATE, "loopback"},
	{"128.0.0.0", ADDRESS_PUBLIC, NULL},
	{"168.63.129.16", ADDRESS_NEVER, "cloud metadata"},
	{"169.253.255.255", ADDRESS_PUBLIC, NULL},
	{"169.254.0.0", ADDRESS_NEVER, "link-local"},
	{"169.254.169.254", ADDRESS_NEVER, "cloud metadata"},
	{"169.254.170.2", ADDRESS_NEVER, "link-local"},
	{"169.255.0.0", ADDRESS_PUBLIC, NULL},
	{"172.15.255.255", ADDRESS_PUBLIC, NULL},
	{"172.16.0.0", ADDRESS_PRIVATE, NULL},
	{"172.31.255.255", ADDRESS_PRIVATE, NULL},
	{"172.32.0.0", ADDRESS_PUBLIC, NULL},
	{"191.255.255.255", ADDRESS_PUBLIC, NULL},
	{"192.0.0.0", ADDRESS_PRIVATE, NULL},
	{"192.0.0.192", ADDRESS_NEVER, "cloud metadata"},
	{"192.0.1.0", ADDRESS_PUBLIC, NULL},
	{"192.0.2.0", ADDRESS_PRIVATE, "documentation"},
	{"192.0.3.0", ADDRESS_PUBLIC, NULL},
	{"192.88.98.255", ADDRESS_PUBLIC, NULL},
	{"192.88.99.1", ADDRESS_PRIVATE, NULL},
	{"192.167.255.255", ADDRESS_PUBLIC, NULL},
	{"192.168.0.0", ADDRESS_PRIVATE, NULL},
	{"192.168.255.255", ADDRESS_PRIVATE, NULL},
	{"192.169.0.0", ADDRESS_PUBLIC, NULL},
	{"198.17.255.255", ADDRESS_PUBLIC, NULL},
	{"198.18.0.0", ADDRESS_PRIVATE, "benchmarking"},
	{"198.19.255.255", ADDRESS_PRIVATE, NULL},
	{"198.20.0.0", ADDRESS_PUBLIC, NULL},
	{"198.51.100.7", ADDRESS_PRIVATE, NULL},
	{"203.0.113.7", ADDRESS_PRIVATE, NULL},
	{"203.0.114.0", ADDRESS_PUBLIC, NULL},
	{"223.255.255.255", ADDRESS_PUBLIC, NULL},
	{"224.0.0.0", ADDRESS_NEVER, "multicast"},
	{"239.255.255.255", ADDRESS_NEVER, "multicast"},
	{"240.0.0.0", ADDRESS_PRIVATE, "reserved"},
	{"255.255.255.254", ADDRESS_PRIVATE, NULL},
	{"255.255.255.255", ADDRESS_NEVER, "broadcast"},

	{"::", ADDRESS_NEVER, "unspecified"},
	{"::1", ADDRESS_PRIVATE, "loopback"},
	{"::2", ADDRESS_NEVER, NULL}, /* IPv4-compatible 0.0.0.2 */
	{"::8.8.8.8", ADDRESS_PRIVATE, "IPv4-compatible"},
	{"::169.254.169.254", ADDRESS_NEVER, "cloud metadata"},
	{"::ffff:8.8.8.8", ADDRESS_PUBLIC, "public"},
	{"::ffff:10.1.2.3", ADDRESS_PRIVATE, "private"},
	{"::ffff:127.0.0.1", ADDRESS_PRIVATE, "loopback"},
	{"::ffff:169.254.169.254", ADDRESS_NEVER, "cloud metadata"},
	{"::ffff:0:8.8.8.8", ADDRESS_PRIVATE, NULL},
	{"::ffff:0:169.254.169.254", ADDRESS_NEVER, NULL},
	{"64:ff9b::8.8.8.8", ADDRESS_PUBLIC, NULL},
	{"64:ff9b::10.0.0.1", ADDRESS_PRIVATE, "private"},
	{"64:ff9b::127.0.0.1", ADDRESS_PRIVATE, "loopback"},
	{"64:ff9b::169.254.169.254", ADDRESS_NEVER, "cloud metadata"},
	{"64:ff9b:1::8.8.8.8", ADDRESS_PRIVATE, "local NAT64"},
	{"64:ff9b:1::169.254.169.254", ADDRESS_NEVER, "cloud metadata"},
	{"64:ff9b:1:a9fe:a9:fe00::", ADDRESS_NEVER, "cloud metadata"}, /* around byte 8 */
	{"64:ff9b:1:808:8:800::", ADDRESS_PRIVATE, "local NAT64"},
	{"64:ff9b:2::1", ADDRESS_PRIVATE, "reserved"},
	{"100::1", ADDRESS_PRIVATE, NULL},
	{"100:0:0:1::1", ADDRESS_PRIVATE, NULL},
	{"2001::1", ADDRESS_PRIVATE, "Teredo"},
	{"2001:0:a9fe:a9fe::1", ADDRESS_NEVER, "cloud metadata"}, /* the server */
	{"2001:0:808:808::5601:5601", ADDRESS_NEVER, "cloud metadata"}, /* the client, inverted */
	{"2001:1::1", ADDRESS_PRIVATE, NULL},
	{"2001:2::1", ADDRESS_PRIVATE, NULL},
	{"2001:10::1", ADDRESS_PRIVATE, NULL},
	{"2001:1ff::1", ADDRESS_PRIVATE, NULL},
	{"2001:200::1", ADDRESS_PUBLIC, NULL},
	{"2001:db7:ffff::1", ADDRESS_PUBLIC, NULL},
	{"2001:db8::1", ADDRESS_PRIVATE, "documentation"},
	{"2001:db9::1", ADDRESS_PUBLIC, NULL},
	{"2002:808:808::1", ADDRESS_PRIVATE, "6to4"},
	{"2002:a9fe:a9fe::1", ADDRESS_NEVER, "cloud metadata"},
	{"2002:7f00:1::1", ADDRESS_PRIVATE, NULL},
	{"2003::1", ADDRESS_PUBLIC, NULL},
	{"2606:4700::1111", ADDRESS_PUBLIC, NULL},
	{"3ffe:ffff::1", ADDRESS_PUBLIC, NULL},
	{"3fff::1", ADDRESS_PRIVATE, "documentation"},
	{"3fff:1000::1", ADDRESS_PUBLIC, NULL},
	{"4000::1", ADDRESS_PRIVATE, "reserved"},
	{"5f00::1", ADDRESS_PRIVATE, NULL},
	{"fbff::1", ADDRESS_PRIVATE, "reserved"},
	{"fc00::1", ADDRESS_PRIVATE, "private"},
	{"fd00:ec2::254", ADDRESS_NEVER, "cloud metadata"},
	{"fd00:ec2::253", ADDRESS_PRIVATE, "private"},
	{"fd20:ce::254", ADDRESS_NEVER, "cloud metadata"},
	{"fdff:ffff::1", ADDRESS_PRIVATE, "private"},
	{"fe80::1", ADDRESS_NEVER, "link-local"},
	{"febf:ffff::1", ADDRESS_NEVER, "link-local"},
	{"fec0::1", ADDRESS_PRIVATE, NULL},
	{"ff00::1", ADDRESS_NEVER, "multicast"},
	{"ff02::1", ADDRESS_NEVER, "multicast"},
};

static void knows_every_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *what = NULL;
		enum address_reach reach = reach_of(cases[i].text, &what);
		if (reach != cases[i].reach || (cases[i].what && strcmp(what, cases[i].what) != 0))
			fail_msg("%s is %d (%s), wanted %d (%s)", cases[i].text, reach, what,
				 cases[i].reach, cases[i].what ? cases[i].what : "any");
	}
}

static void other_families_are_out(void **state)
{
	(void)state;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const char *what;
	char text[ADDRESS_TEXT];
	assert_int_equal(address_reach((struct sockaddr *)&un, &what), ADDRESS_NEVER);
	address_text((struct sockaddr *)&un, text);
	assert_string_equal(text, "an unknown address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_block),
		cmocka_unit_test(other_families_are_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
