/*
 * What each tenant may still keep on the disk, for as long as something of theirs is at work that may keep
 * more. A run writes to memory and has limits of its own there; what it would leave behind counts when it
 * is committed, file by file: so any number of runs side by side together keep no more than the quota
 * allows, and none of them has to set aside what it may never need.
 */
#ifndef SERVICE_SHARES_H
#define SERVICE_SHARES_H

#include "engine/base/allowance.h"
#include "engine/base/table.h"

struct service;

struct share {
	struct table_entry by_tenant;
	struct service *service;
	struct allowance *allowance;
	int64_t counted; /* bytes that the store said the tenant has, and that the allowance is without */
	unsigned users;
	char tenant[];
};

enum { SHARES_TEXT = 64 };

/* "this tenant's 512 MiB of disk" */
void shares_name(const struct service *service, char out[SHARES_TEXT]);

/* NULL: no bound. Otherwise shares_leave is due. */
struct share *shares_enter(struct service *service, const char *tenant);
/* taken: bytes of commits that the store knows by now, or that are undone. share NULL: nothing. */
void shares_leave(struct share *share, uint64_t taken);

struct allowance *shares_allowance(const struct share *share); /* NULL of NULL; borrowed */

/* Revisions have been forgotten: there is room again. */
void shares_refresh(struct service *service);

#endif
