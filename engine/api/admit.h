/* Who asks, for which tenant, and whether too often: told from the headers, before any body is read. */
#ifndef API_ADMIT_H
#define API_ADMIT_H

#include "engine/api/api.h"
#include "engine/base/arena.h"

struct bucket;

struct admit {
	const struct api_settings *settings;
	struct bucket *buckets; /* of tenants that asked of late */
	size_t count;
};

struct admit_refusal {
	unsigned status; /* 401, 403, 400 or 429 */
	const char *code; /* "unauthorized" */
	const char *message;
	unsigned retry_after_s; /* with 429 */
};

void admit_init(struct admit *admit, const struct api_settings *settings);
void admit_done(struct admit *admit);

struct admit_headers {
	const char *authorization, *tenant; /* as sent, NULL: absent */
};

/*
 * Returns the tenant (in the arena), or NULL with refusal filled in. of_all: what is asked for tells of all
 * tenants. Takes one request from what the tenant has left at `now` (clock_ms).
 */
const char *admit_request(struct admit *admit, struct arena *arena,
			  const struct admit_headers *headers, bool of_all, double now,
			  struct admit_refusal *refusal);

/* A tenant's name: [A-Za-z0-9_.-]{1,64}. */
bool admit_tenant_name(const char *name);

#endif
