/* Bearer tokens, the tenants they open, and a bucket of requests for each tenant. */
#include "engine/api/admit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/digest.h"
#include "engine/base/memory.h"

enum { BUCKETS_MAX = 10000, TENANT_MAX = 64 };

static const double MINUTE_MS = 60000;

struct bucket {
	char tenant[TENANT_MAX + 1];
	double left; /* requests */
	double at; /* when that was */
};

void admit_init(struct admit *admit, const struct api_settings *settings)
{
	*admit = (struct admit){.settings = settings};
}

void admit_done(struct admit *admit)
{
	free(admit->buckets);
	admit->buckets = NULL;
}

bool admit_tenant_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.-");

	return len > 0 && len <= TENANT_MAX && name[len] == '\0';
}

/* ---- tokens ---- */

/* Takes as long whatever differs. */
static bool same_digest(const char *a, const char *b)
{
	unsigned different = 0;

	for (size_t i = 0; i < DIGEST_HEX - 1; i++)
		different |= (unsigned char)(a[i] ^ b[i]);
	return different == 0;
}

/* The tenant that a token opens, NULL: none. All are compared, so that time does not tell which fitted. */
static const char *token_tenant(const struct api_settings *settings, const char *token)
{
	const char *tenant = NULL;
	struct digest digest;
	char hex[DIGEST_HEX];

	digest_init(&digest);
	digest_add(&digest, token, strlen(token));
	digest_end(&digest, hex);
	for (size_t i = 0; i < settings->token_count; i++) {
		if (same_digest(settings->tokens[i].sha256, hex))
			tenant = settings->tokens[i].tenant;
	}
	return tenant;
}

static const char *bearer(const char *authorization)
{
	static const char scheme[] = "Bearer ";

	if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	authorization += sizeof(scheme) - 1;
	return authorization + strspn(authorization, " ");
}

static const char *refuse(struct admit_refusal *refusal, unsigned status, const char *code,
			  const char *message)
{
	refusal->status = status;
	refusal->code = code;
	refusal->message = message;
	return NULL;
}

/* A token for any tenant may know of all; one tenant may not know how busy the others are. */
static bool may_see(const char *own, bool of_all, struct admit_refusal *refusal)
{
	bool is_operator = strcmp(own, API_OPERATOR) == 0;

	if (is_operator && !of_all)
		refuse(refusal, 403, "denied", "this token opens /metrics and nothing else");
	else if (of_all && !is_operator && strcmp(own, "*") != 0)
		refuse(refusal, 403, "denied",
		       "this tells of all tenants, and the token opens one: it takes a token that "
		       "the token file gives to " API_OPERATOR);
	else
		return true;
	return false;
}

static const char *identify(const struct api_settings *settings,
			    const struct admit_headers *headers, bool of_all,
			    struct admit_refusal *refusal)
{
	const char *own = "*", *named = headers->tenant;

	if (named && !admit_tenant_name(named))
		return refuse(refusal, 400, "invalid",
			      "X-Tenant-ID must be 1 to 64 letters, digits, \"_\", \".\" or \"-\"");
	if (settings->token_count) {
		const char *token = bearer(headers->authorization);
		if (!token)
			return refuse(refusal, 401, "unauthorized",
				      "send \"Authorization: Bearer TOKEN\"");
		own = token_tenant(settings, token);
		if (!own)
			return refuse(refusal, 401, "unauthorized", "this token is not known");
		if (!may_see(own, of_all, refusal))
			return NULL;
	}
	if (strcmp(own, "*") == 0)
		return named ? named : "default";
	if (named && strcmp(named, own) != 0)
		return refuse(refusal, 403, "denied",
			      "this token opens another tenant than X-Tenant-ID names");
	return own;
}

/* ---- how often ---- */

/* A tenth of a minute's requests at once, then a steady rate. */
static double burst(const struct admit *admit)
{
	return fmax(1, admit->settings->requests_per_minute / 10.0);
}

static void refill(const struct admit *admit, struct bucket *bucket, double now)
{
	double rate = admit->settings->requests_per_minute / MINUTE_MS;

	bucket->left = fmin(burst(admit), bucket->left + (now - bucket->at) * rate);
	bucket->at = now;
}

/* A full bucket says nothing that a new one would not, so it is dropped. NULL: there are too many. */
static struct bucket *find_bucket(struct admit *admit, const char *tenant, double now)
{
	size_t kept = 0;

	for (size_t i = 0; i < admit->count; i++) {
		struct bucket *bucket = &admit->buckets[i];
		refill(admit, bucket, now);
		if (bucket->left < burst(admit) && kept++ != i)
			admit->buckets[kept - 1] = *bucket;
	}
	admit->count = kept;
	for (size_t i = 0; i < kept; i++) {
		if (strcmp(admit->buckets[i].tenant, tenant) == 0)
			return &admit->buckets[i];
	}
	if (kept == BUCKETS_MAX)
		return NULL;
	if (!admit->buckets)
		admit->buckets = memory_alloc(BUCKETS_MAX * sizeof(*admit->buckets));
	struct bucket *bucket = &admit->buckets[admit->count++];
	*bucket = (struct bucket){.left = burst(admit), .at = now};
	memcpy(bucket->tenant, tenant, strlen(tenant) + 1);
	return bucket;
}

static bool may_ask(struct admit *admit, const char *tenant, double now,
		    struct admit_refusal *refusal)
{
	if (!admit->settings->requests_per_minute)
		return true;
	struct bucket *bucket = find_bucket(admit, tenant, now);
	if (bucket && bucket->left >= 1) {
		bucket->left -= 1;
		return true;
	}
	double wait = (1 - (bucket ? bucket->left : 0)) * 60 / admit->settings->requests_per_minute;
	refusal->retry_after_s = (unsigned)fmax(1, ceil(wait));
	refuse(refusal, 429, "rate_limited", "too many requests from this tenant");
	return false;
}

const char *admit_request(struct admit *admit, struct arena *arena,
			  const struct admit_headers *headers, bool of_all, double now,
			  struct admit_refusal *refusal)
{
	const char *known = identify(admit->settings, headers, of_all, refusal);

	return known && may_ask(admit, known, now, refusal) ? arena_string(arena, known) : NULL;
}
