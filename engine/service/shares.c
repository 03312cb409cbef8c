/* One allowance for each tenant that is at work, kept in step with what the store counts. */
#include "engine/service/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"

/* Where the store cannot be asked, what was known stands. */
static void count(struct share *share)
{
	struct store_usage usage;
	struct error err = {0};

	if (store_usage(share->service->store, share->tenant, &usage, &err) != 0) {
		log_write(LOG_WARN, "what tenant %s has is not known: %s", share->tenant, err.text);
		return;
	}
	allowance_give(share->allowance, share->counted - (int64_t)usage.revision_bytes);
	share->counted = (int64_t)usage.revision_bytes;
}

void shares_name(const struct service *service, char out[SHARES_TEXT])
{
	uint64_t most = service->settings.quota.disk;
	bool small = most < 1 << 20;

	snprintf(out, SHARES_TEXT, "this tenant's %llu %s of disk",
		 (unsigned long long)(small ? most >> 10 : most >> 20), small ? "KiB" : "MiB");
}

static struct share *share_new(struct service *service, const char *tenant)
{
	size_t size = strlen(tenant) + 1;
	struct share *share = memory_zeroed(sizeof(*share) + size);
	uint64_t most = service->settings.quota.disk;
	char of[SHARES_TEXT];

	shares_name(service, of);
	share->service = service;
	share->allowance = allowance_new(of);
	allowance_give(share->allowance, most < INT64_MAX / 2 ? (int64_t)most : INT64_MAX / 2);
	memcpy(share->tenant, tenant, size);
	table_add(&service->shares, &share->by_tenant, share->tenant, share);
	return share;
}

struct share *shares_enter(struct service *service, const char *tenant)
{
	if (!service->settings.quota.disk)
		return NULL;
	struct share *share = table_find(&service->shares, tenant);
	if (!share)
		share = share_new(service, tenant);
	share->users++;
	count(share);
	return share;
}

void shares_leave(struct share *share, uint64_t taken)
{
	if (!share)
		return;
	count(share); /* first: what was taken is never counted as free in between */
	allowance_give(share->allowance, (int64_t)taken);
	if (--share->users > 0)
		return;
	table_remove(&share->service->shares, &share->by_tenant);
	allowance_release(share->allowance);
	free(share);
}

struct allowance *shares_allowance(const struct share *share)
{
	return share ? share->allowance : NULL;
}

static void refresh(void *ctx, void *owner)
{
	(void)ctx;
	count(owner);
}

void shares_refresh(struct service *service)
{
	table_each(&service->shares, refresh, NULL);
}
