/*
 * Commit of a sandbox that stands on revisions: what changed since it was opened becomes one more,
 * made in `building` and renamed when it is whole and on the disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/overlay/carry.h"
#include "runners/namespace/overlay/same.h"
#include "runners/namespace/overlay/seal.h"
#include "runners/namespace/overlay/shelf.h"
#include "runners/namespace/owner.h"

struct revise {
	struct sandbox *sandbox;
	struct shelf shelf;
	struct carry carry;
	bool listing; /* tells the caller what differs, and counts it */
	bool writing;
	bool bottom; /* stands on no other revision */
	size_t differences;
};

/* ---- one entry of the walk ---- */

static void tell(struct revise *revise, const struct changes_entry *entry)
{
	if (!revise->listing)
		return;
	revise->differences++;
	changes_list(revise->sandbox->changes, revise->sandbox->arena, entry);
}

/*
 * Whether the dependency layer has such a folder. It must show through the next time, whatever a
 * run has done to it, so nothing of ours may hide it as a whole.
 */
static bool is_dependency(const struct revise *revise, const char *path, size_t len)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	char folder[PATH_MAX];
	int deps = revise->sandbox->stack.deps;

	if (deps < 0 || len == 0)
		return false;
	snprintf(folder, sizeof(folder), "%.*s", (int)len, path);
	int fd = (int)syscall(SYS_openat2, deps, folder, &how, sizeof(how));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int hide(struct revise *revise, int folder, const struct changes_entry *entry,
		struct error *err)
{
	if (carry_count(&revise->carry, entry->path, 0, err))
		return -1;
	if (mknodat(folder, entry->name, S_IFCHR, 0) < 0)
		return error_errno(err, errno, "delete %s", entry->path);
	return 0;
}

/* In a deleted folder that is a dependency's as well: name by name. */
static int hide_inside(struct revise *revise, const struct changes_entry *entry, size_t parent,
		       struct error *err)
{
	const char *inner = shelf_inner(&revise->shelf, entry->path);
	size_t len = parent - (size_t)(inner - entry->path);
	char path[PATH_MAX];
	int top, rc = 0;

	if (shelf_folder(&revise->shelf, &top, err))
		return -1;
	for (size_t i = 1; !rc && i <= len; i++) {
		if (i < len && inner[i] != '/')
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)i, inner);
		if (mkdirat(top, path, 0755) == 0)
			rc = fchownat(top, path, revise->shelf.owner, revise->shelf.group,
				      AT_SYMLINK_NOFOLLOW);
		else if (errno != EEXIST)
			rc = -1;
	}
	int folder = rc ? -1 : openat(top, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, errno, "make folder %s", path);
	rc = hide(revise, folder, entry, err);
	close(folder);
	return rc;
}

static int write_deleted(struct revise *revise, const struct changes_entry *entry, bool inside,
			 struct error *err)
{
	const char *slash = strrchr(entry->path, '/');
	size_t parent = slash ? (size_t)(slash - entry->path) : 0;
	int folder;

	if (entry->kind == VIEW_FOLDER && is_dependency(revise, entry->path, strlen(entry->path)))
		return 0;
	/* What lies deeper goes with its folder, which is told of later. */
	if (!inside)
		return is_dependency(revise, entry->path, parent)
			       ? hide_inside(revise, entry, parent, err)
			       : 0;
	if (shelf_folder(&revise->shelf, &folder, err))
		return -1;
	return shelf_is_opaque(&revise->shelf) ? 0 : hide(revise, folder, entry, err);
}

/* A new folder needs no mark: what it could hide has been deleted, or is a dependency's. */
static int write_folder(struct revise *revise, const struct changes_entry *entry, struct error *err)
{
	bool merges = entry->what != 'A';
	bool opaque = merges && (entry->opaque || shelf_is_opaque(&revise->shelf)) &&
		      !is_dependency(revise, entry->path, strlen(entry->path));
	bool differs = !merges || same_mode(entry->st.st_mode) != same_mode(entry->base.st_mode);
	int folder;

	if (differs)
		tell(revise, entry);
	shelf_enter(&revise->shelf, entry, opaque && !revise->bottom);
	if (!revise->writing || (!differs && !opaque))
		return 0;
	if (carry_count(&revise->carry, entry->path, 0, err))
		return -1;
	return shelf_folder(&revise->shelf, &folder, err);
}

static int write_leaf(struct revise *revise, const struct changes_entry *entry, struct error *err)
{
	size_t own = revise->sandbox->stack.count;
	int same = 0, folder;

	if (entry->what == 'M')
		same = same_entry(entry->folder, &entry->st, entry->base_folder, &entry->base,
				  entry->name, err);
	if (same < 0)
		return -1;
	if (!same)
		tell(revise, entry);
	if (!revise->writing || (same && !shelf_is_opaque(&revise->shelf)))
		return 0;
	if (shelf_folder(&revise->shelf, &folder, err))
		return -1;
	return carry_entry(&revise->carry, entry, folder, entry->layer >= own, err);
}

static int on_entry(void *ctx, const struct changes_entry *entry, struct error *err)
{
	struct revise *revise = ctx;
	bool inside;

	if (shelf_reach(&revise->shelf, entry->path, &inside, err))
		return -1;
	if (entry->what != 'D')
		return entry->kind == VIEW_FOLDER ? write_folder(revise, entry, err)
						  : write_leaf(revise, entry, err);
	tell(revise, entry);
	return revise->writing ? write_deleted(revise, entry, inside, err) : 0;
}

/* ---- all of them ---- */

static int walk(struct revise *revise, bool whole, struct error *err)
{
	const struct stack *stack = &revise->sandbox->stack;
	struct view view;

	/* The dependency layer is no part of what is kept. */
	stack_view(stack, &view);
	view.count--;
	shelf_init(&revise->shelf, revise->carry.target, stack->owner, stack->group);
	int rc = changes_walk(&view, whole ? view.count : stack->count, on_entry, revise, err);
	return shelf_done(&revise->shelf, rc ? NULL : err) || rc ? -1 : 0;
}

static int write_all(struct revise *revise, struct error *err)
{
	bool whole = revise->sandbox->flatten && revise->sandbox->chain.count > 0;

	revise->listing = true;
	revise->writing = !whole;
	revise->bottom = whole || revise->sandbox->chain.count == 0;
	if (walk(revise, false, err))
		return -1;
	if (!whole || revise->differences == 0)
		return 0;
	/* Once more, against nothing: all that there is. */
	revise->listing = false;
	revise->writing = true;
	return walk(revise, true, err);
}

/*
 * A plain user must be able to read what commands have made. In their own layers only, and no more
 * than the revision will have it.
 */
static int make_readable(int parent, const char *name, int depth, struct error *err)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	int rc = 0;

	if (!folder) {
		error_errno(err, errno, "read folder %s", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!rc && (entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		bool is_folder = S_ISDIR(st.st_mode);
		mode_t mode = same_mode(st.st_mode);
		if ((is_folder || S_ISREG(st.st_mode)) && (st.st_mode & 0777) != mode &&
		    fchmodat(fd, entry->d_name, mode, 0) < 0)
			rc = error_errno(err, errno, "make %s readable", entry->d_name);
		/* The walk itself says what is too deep. */
		if (!rc && is_folder && depth < TRAIL_DEPTH)
			rc = make_readable(fd, entry->d_name, depth + 1, err);
	}
	closedir(folder);
	return rc;
}

static int prepare(struct sandbox *sandbox, struct error *err)
{
	for (size_t i = 0; !sandbox->privileged && i < sandbox->stack.count; i++) {
		if (make_readable(sandbox->stack.layers[i].fd, ".", 0, err))
			return -1;
	}
	return 0;
}

/* ---- the new folder ---- */

static int put_in_place(struct sandbox *sandbox, int building, const char *name, int folder,
			struct error *err)
{
	int revisions = sandbox->chain.folder;

	if (fchmod(folder, 0755) < 0 || syncfs(folder) < 0)
		return error_errno(err, errno, "write the revision to disk");
	if (renameat2(building, name, revisions, sandbox->revision, RENAME_NOREPLACE) < 0)
		return errno == EEXIST
			       ? error_set(err, ERROR_CONFLICT, "there is a revision %s already",
					   sandbox->revision)
			       : error_errno(err, errno, "keep the revision");
	if (fsync(revisions) == 0)
		return 0;
	error_errno(err, errno, "write the revision to disk");
	renameat(revisions, sandbox->revision, building, name);
	return -1;
}

static int make(struct sandbox *sandbox, int building, const char *name, struct error *err)
{
	struct revise revise = {.sandbox = sandbox};
	const struct stack *stack = &sandbox->stack;

	if (mkdirat(building, name, 0700) < 0)
		return error_errno(err, errno, "make the revision");
	int folder = openat(building, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, errno, "open the revision");
	carry_init(&revise.carry, folder, stack->owner, stack->group, sandbox->limits.disk);
	revise.carry.allowance = sandbox->allowance;
	int rc = fchown(folder, stack->owner, stack->group) < 0
			 ? error_errno(err, errno, "own the revision")
			 : write_all(&revise, err);
	if (!rc && revise.differences > 0) {
		seal_put(folder);
		rc = put_in_place(sandbox, building, name, folder, err);
		sandbox->changes->revised = rc == 0;
	}
	if (sandbox->changes->revised)
		sandbox->changes->bytes = revise.carry.bytes;
	else if (sandbox->allowance)
		allowance_give(sandbox->allowance, (int64_t)revise.carry.bytes);
	sandbox->changes->verified = rc == 0;
	carry_done(&revise.carry);
	close(folder);
	return rc;
}

int revise(struct sandbox *sandbox, struct error *err)
{
	static unsigned made;
	char name[96];

	if (prepare(sandbox, err))
		return -1;
	int building = open(sandbox->building, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (building < 0)
		return error_errno(err, errno, "%s", sandbox->building);
	snprintf(name, sizeof(name), "%s-c%u", sandbox->owner,
		 __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED));
	int rc = make(sandbox, building, name, err);
	/* Also what was made in vain; where it resists, the next start tries again. */
	if (file_remove_tree(building, name, NULL))
		owner_leave_marks();
	close(building);
	return rc;
}
