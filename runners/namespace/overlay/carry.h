/*
 * One file or link at a time into a new revision: copied from a run's layers, or a name more for
 * what an older revision holds.
 */
#ifndef OVERLAY_CARRY_H
#define OVERLAY_CARRY_H

#include <stdint.h>

#include "engine/base/allowance.h"
#include "runners/namespace/overlay/changes.h"

struct twin;

struct carry {
	int target; /* the revision, borrowed */
	uid_t owner;
	gid_t group;
	uint64_t room; /* bytes that may still be copied */
	struct allowance *allowance; /* borrowed; NULL: none */
	uint64_t bytes; /* of the revision's own, on the disk: taken from the allowance */
	struct twin **twins; /* files with several names, by inode */
	size_t path_bytes; /* that these remember */
};

void carry_init(struct carry *carry, int target, uid_t owner, gid_t group, uint64_t room);
void carry_done(struct carry *carry);

/*
 * Puts entry, a file or link, into folder under its name; what is copied has been read back and
 * compared. shared: it is a revision's, which never changes, so a name more will do.
 */
int carry_entry(struct carry *carry, const struct changes_entry *entry, int folder, bool shared,
		struct error *err);

/*
 * What path takes on the disk: whole blocks, and one for whatever is empty, so that a million empty
 * folders are not for nothing. ERROR_DENIED: the allowance has not so much left.
 */
int carry_count(struct carry *carry, const char *path, uint64_t size, struct error *err);

#endif
