/* Tokens open the tenants they name, and nobody asks more often than he may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/api/admit.h"

/* sha256 of "first-token", "any-token" and "operator-token", by sha256sum(1). */
static const struct api_token tokens[] = {
	{"55b4b48f529c3d2daa027cbffa6cfb6a03690424550f22109e39917406c8243b", "acme"},
	{"a1d4ecf233adde5acf6dde624c09cc4ad272012a07561fff6fd5a7b1d3bc7784", "*"},
	{"0850123315d21ab90f4f7236408a52ef6dbd6a02a6550e5c10dc73f4d993680e", API_OPERATOR},
};

static const char *ask(struct admit *admit, struct arena *arena, const char *authorization,
		       const char *tenant, double now, unsigned *status)
{
	struct admit_refusal refusal = {0};
	const struct admit_headers headers = {authorization, tenant};
	const char *known = admit_request(admit, arena, &headers, false, now, &refusal);

	*status = refusal.status;
	if (!known)
		assert_true(refusal.status && refusal.code && refusal.message);
	if (refusal.status == 429)
		assert_true(refusal.retry_after_s >= 1);
	return known;
}

static void tokens_open_tenants(void **state)
{
	/* clang-format off */
	static const struct {
		const char *authorization, *tenant, *known;
		unsigned status;
	} cases[] = {
		{"Bearer first-token", NULL, "acme", 0},
		{"bearer   first-token", "acme", "acme", 0},
		{"Bearer first-token", "other", NULL, 403},
		{"Bearer any-token", NULL, "default", 0},
		{"Bearer any-token", "other", "other", 0},
		{"Bearer any-token", "", NULL, 400},
		{"Bearer any-token", "a b", NULL, 400},
		{"Bearer any-token", "../x", NULL, 400},
		{"Bearer operator-token", NULL, NULL, 403},
		{"Bearer operator-token", "acme", NULL, 403},
		{"Bearer first-toke", NULL, NULL, 401},
		{"Bearer first-token ", NULL, NULL, 401},
		{"Bearer ", NULL, NULL, 401},
		{"Bearer", NULL, NULL, 401},
		{"Basic first-token", NULL, NULL, 401},
		{"first-token", NULL, NULL, 401},
		{"", NULL, NULL, 401},
		{NULL, "acme", NULL, 401},
	};
	/* clang-format on */
	const struct api_settings settings = {.tokens = tokens, .token_count = 3};
	struct admit admit;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	admit_init(&admit, &settings);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned status;
		const char *known = ask(&admit, &arena, cases[i].authorization, cases[i].tenant, 0,
					&status);
		print_message("%s\n", cases[i].authorization ? cases[i].authorization : "(none)");
		assert_int_equal(status, cases[i].status);
		assert_string_equal(known ? known : "-", cases[i].known ? cases[i].known : "-");
	}
	admit_done(&admit);
	arena_done(&arena);
}

static void what_tells_of_all_is_for_operators(void **state)
{
	static const struct {
		const char *authorization;
		unsigned status;
	} cases[] = {
		{"Bearer operator-token", 0},
		{"Bearer any-token", 0},
		{"Bearer first-token", 403},
		{"Bearer nobody", 401},
		{NULL, 401},
	};
	struct api_settings settings = {.tokens = tokens, .token_count = 3};
	struct admit_headers headers = {NULL, NULL};
	struct admit admit;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	admit_init(&admit, &settings);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct admit_refusal refusal = {0};
		headers.authorization = cases[i].authorization;
		const char *known = admit_request(&admit, &arena, &headers, true, 0, &refusal);
		assert_int_equal(refusal.status, cases[i].status);
		assert_int_equal(known == NULL, cases[i].status != 0);
	}
	settings.token_count = 0; /* nobody is told from anybody */
	headers.authorization = NULL;
	struct admit_refusal refusal = {0};
	assert_non_null(admit_request(&admit, &arena, &headers, true, 0, &refusal));
	admit_done(&admit);
	arena_done(&arena);
}

static void without_tokens_the_header_names_the_tenant(void **state)
{
	const struct api_settings settings = {0};
	struct admit admit;
	struct arena arena;
	unsigned status;

	(void)state;
	arena_init(&arena);
	admit_init(&admit, &settings);
	assert_string_equal(ask(&admit, &arena, NULL, NULL, 0, &status), "default");
	assert_string_equal(ask(&admit, &arena, "Bearer whatever", "a.b-c_D9", 0, &status),
			    "a.b-c_D9");
	assert_null(ask(&admit, &arena, NULL, "a/b", 0, &status));
	assert_int_equal(status, 400);
	admit_done(&admit);
	arena_done(&arena);
}

static void a_tenant_has_a_bucket(void **state)
{
	const struct api_settings settings = {.requests_per_minute = 60};
	struct admit admit;
	struct arena arena;
	unsigned status;

	(void)state;
	arena_init(&arena);
	admit_init(&admit, &settings);
	for (int i = 0; i < 6; i++)
		assert_non_null(ask(&admit, &arena, NULL, "a", 0, &status));
	assert_null(ask(&admit, &arena, NULL, "a", 0, &status));
	assert_int_equal(status, 429);
	assert_non_null(ask(&admit, &arena, NULL, "b", 0, &status));
	assert_null(ask(&admit, &arena, NULL, "a", 900, &status));
	assert_non_null(ask(&admit, &arena, NULL, "a", 1100, &status));
	assert_null(ask(&admit, &arena, NULL, "a", 1200, &status));
	/* Long unused is full again, and no fuller. */
	for (int i = 0; i < 6; i++)
		assert_non_null(ask(&admit, &arena, NULL, "a", 1e6, &status));
	assert_null(ask(&admit, &arena, NULL, "a", 1e6, &status));
	admit_done(&admit);
	arena_done(&arena);
}

/* As many tenants as anybody can invent cost bounded memory, and those that wait are not let through. */
static void invented_tenants_are_bounded(void **state)
{
	const struct api_settings settings = {.requests_per_minute = 1};
	struct admit admit;
	struct arena arena;
	unsigned status;
	char name[32];

	(void)state;
	arena_init(&arena);
	admit_init(&admit, &settings);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_non_null(ask(&admit, &arena, NULL, name, 0, &status));
	}
	assert_null(ask(&admit, &arena, NULL, "one-more", 0, &status));
	assert_int_equal(status, 429);
	assert_non_null(ask(&admit, &arena, NULL, "one-more", 61000, &status));
	admit_done(&admit);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_open_tenants),
		cmocka_unit_test(what_tells_of_all_is_for_operators),
		cmocka_unit_test(without_tokens_the_header_names_the_tenant),
		cmocka_unit_test(a_tenant_has_a_bucket),
		cmocka_unit_test(invented_tenants_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
