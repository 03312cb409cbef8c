/* Revisions that go: first out of their name, so that a crash leaves none of them half. */
#include "runners/namespace/overlay/revisions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/overlay/chain.h"
#include "runners/namespace/owner.h"
#include "runners/namespace/state.h"

static int forget(const char *state_dir, int revisions, const char *name, struct error *err)
{
	char out[STATE_NAME];
	int building;

	if (state_name(state_dir, out, err) || state_open(state_dir, "building", &building, err))
		return -1;
	int rc = 0;
	if (renameat(revisions, name, building, out) < 0) {
		if (errno != ENOENT)
			rc = error_errno(err, errno, "rename it");
	} else if (file_remove_tree(building, out, err)) {
		owner_leave_marks(); /* the next start has another try */
		rc = -1;
	}
	close(building);
	return rc ? error_wrap(err, "forget revision %s", name) : 0;
}

int revisions_forget(const char *state_dir, const char *revision, struct error *err)
{
	int revisions;

	if (chain_check_id(revision, err) || state_open(state_dir, "revisions", &revisions, err))
		return -1;
	int rc = forget(state_dir, revisions, revision, err);
	close(revisions);
	return rc;
}

int revisions_keep_only(const char *state_dir, bool (*wanted)(void *ctx, const char *revision),
			void *ctx, struct error *err)
{
	struct dirent *entry;
	int revisions, rc = 0;

	if (state_open(state_dir, "revisions", &revisions, err))
		return -1;
	DIR *folder = fdopendir(revisions);
	if (!folder) {
		close(revisions);
		return error_errno(err, errno, "read the revisions");
	}
	while ((entry = readdir(folder))) {
		/* One that resists does not keep the others; a dot is none of ours to judge. */
		if (entry->d_name[0] != '.' && !wanted(ctx, entry->d_name) &&
		    forget(state_dir, revisions, entry->d_name, rc ? NULL : err))
			rc = -1;
	}
	closedir(folder);
	return rc;
}
