/*
 * Commit: what changed since the sandbox was opened goes into the user's folder, all of it or
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/overlay/changes.h"
#include "runners/namespace/owner.h"
#include "runners/namespace/record.h"

enum { TEXT_MAX = 512 << 20 };

/* A content that must be found in the workspace afterwards. */
struct wanted {
	char *path;
	char hex[DIGEST_HEX];
};

struct commit {
	struct sandbox *sandbox;
	int folder; /* of the record, -1: nothing is kept */
	uid_t uid;
	gid_t gid;
	struct buf text;
	size_t contents;
	size_t entries;
	uint64_t room; /* bytes that contents may still take */
	struct wanted *wanted;
	size_t wanted_room;
};

/* ---- before ---- */

static int stage_file(struct commit *commit, const struct changes_entry *entry, const char *name,
		      struct digest *digest)
{
	const struct timespec times[2] = {entry->st.st_atim, entry->st.st_mtim};
	int from = openat(entry->folder, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int to = from < 0 ? -1
			  : openat(commit->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				   0600);
	int rc = -1;

	/* No set-id bits: what the sandbox's own user may become is nothing for the owner. */
	if (to >= 0)
		rc = file_copy(from, to, digest) || fchown(to, commit->uid, commit->gid) < 0 ||
				     fchmod(to, entry->st.st_mode & 0777) < 0 ||
				     futimens(to, times) < 0
			     ? -1
			     : 0;
	file_close(from);
	file_close(to);
	return rc;
}

static int stage_link(struct commit *commit, const struct changes_entry *entry, const char *name,
		      struct digest *digest)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(entry->folder, entry->name, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	digest_add(digest, target, (size_t)len);
	if (symlinkat(target, commit->folder, name) < 0)
		return -1;
	return fchownat(commit->folder, name, commit->uid, commit->gid, AT_SYMLINK_NOFOLLOW);
}

static int stage_content(struct commit *commit, const struct changes_entry *entry,
			 struct error *err)
{
	uint64_t size = entry->kind == VIEW_FILE ? (uint64_t)entry->st.st_size : 0;
	struct digest digest;
	char name[32];

	/* Holes count like all else, and a file once for each of its names: the copy has them so. */
	if (size > commit->room)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the new files add up to more than a run may write",
				 entry->path);
	commit->room -= size;
	if (commit->contents == commit->wanted_room) {
		commit->wanted_room = commit->wanted_room ? commit->wanted_room * 2 : 64;
		commit->wanted = memory_resize(commit->wanted,
					       commit->wanted_room * sizeof(struct wanted));
	}
	struct wanted *wanted = &commit->wanted[commit->contents];
	snprintf(name, sizeof(name), "%zu", commit->contents);
	digest_init(&digest);
	int rc = entry->kind == VIEW_LINK ? stage_link(commit, entry, name, &digest)
					  : stage_file(commit, entry, name, &digest);
	int failed = errno;
	digest_end(&digest, wanted->hex);
	if (rc)
		return error_errno(err, failed, "copy %s", entry->path);
	size_t len = strlen(entry->path) + 1;
	wanted->path = memcpy(memory_alloc(len), entry->path, len);
	record_entry(&commit->text, RECORD_FILE, entry->st.st_mode & 0777, commit->contents,
		     entry->path);
	commit->contents++;
	return 0;
}

static int stage(void *ctx, const struct changes_entry *entry, struct error *err)
{
	struct commit *commit = ctx;

	if (entry->what == '=')
		return 0;
	changes_list(commit->sandbox->changes, commit->sandbox->arena, entry);
	if (commit->folder < 0)
		return 0;
	commit->entries++;
	if (entry->what == 'D') {
		record_entry(&commit->text,
			     entry->kind == VIEW_FOLDER ? RECORD_DELETE_FOLDER : RECORD_DELETE, 0,
			     0, entry->path);
	} else if (entry->kind == VIEW_FOLDER) {
		record_entry(&commit->text, RECORD_FOLDER, entry->st.st_mode & 0777, 0,
			     entry->path);
	} else if (stage_content(commit, entry, err)) {
		return -1;
	}
	return commit->text.truncated
		       ? error_set(err, ERROR_TOO_LARGE, "too many changes for one commit")
		       : 0;
}

/* ---- after ---- */

static bool is_there(int workspace, const struct wanted *wanted)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	struct digest digest;
	char hex[DIGEST_HEX], target[PATH_MAX];
	bool read_all = true;

	digest_init(&digest);
	ssize_t len = readlinkat(workspace, wanted->path, target, sizeof(target));
	if (len >= 0) {
		digest_add(&digest, target, (size_t)len);
	} else {
		int fd = (int)syscall(SYS_openat2, workspace, wanted->path, &how, sizeof(how));
		read_all = fd >= 0 && file_copy(fd, -1, &digest) == 0;
		if (fd >= 0)
			close(fd);
	}
	digest_end(&digest, hex);
	return read_all && strcmp(hex, wanted->hex) == 0;
}

static bool verify(const struct commit *commit)
{
	int workspace = open(commit->sandbox->workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool same = workspace >= 0;

	for (size_t i = 0; same && i < commit->contents; i++)
		same = is_there(workspace, &commit->wanted[i]);
	if (workspace >= 0)
		close(workspace);
	return same;
}

/* ---- all of it ---- */

static int carry_out(struct commit *commit, struct error *err)
{
	struct sandbox *sandbox = commit->sandbox;

	if (commit->entries > 0) {
		if (record_check(commit->folder, &commit->text, err) ||
		    record_seal(commit->folder, &commit->text, err))
			return -1;
		if (record_apply(commit->folder, err))
			return error_wrap(err, "sealed, and finished at the next start");
	}
	sandbox->changes->verified = verify(commit);
	clock_gettime(CLOCK_REALTIME, &sandbox->stack.beneath_since);
	return 0;
}

static int walk(struct commit *commit, struct error *err)
{
	const struct stack *stack = &commit->sandbox->stack;
	struct view view;

	/* Against the user's folder alone: the dependency layer is no part of it. */
	stack_view(stack, &view);
	view.count--;
	return changes_walk(&view, stack->count, stage, commit, err);
}

static bool in_group(gid_t gid)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return gid == getegid();
}

/* A plain user can give files to nobody, and only to groups of theirs: as if they had made them. */
static void find_owner(struct commit *commit)
{
	struct stat st;

	commit->uid = geteuid();
	commit->gid = getegid();
	if (stat(commit->sandbox->workspace, &st) < 0)
		return;
	if (commit->sandbox->privileged)
		commit->uid = st.st_uid;
	if (commit->sandbox->privileged || in_group(st.st_gid))
		commit->gid = st.st_gid;
}

/* Not removed when the record is sealed but could not be carried out: the next start does that. */
static void remove_record(const struct sandbox *sandbox, const char *name, bool carried_out)
{
	char sealed[80];
	int commits = open(sandbox->commits, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(sealed, sizeof(sealed), "%s/record", name);
	if (commits >= 0 && (carried_out || faccessat(commits, sealed, F_OK, 0) < 0)) {
		/* First the seal, or a crash half-way would carry out what is left. */
		unlinkat(commits, sealed, 0);
		file_remove_tree(commits, name, NULL);
	} else {
		owner_leave_marks();
	}
	if (commits >= 0)
		close(commits);
}

static int run(struct sandbox *sandbox, void *arg, struct error *err)
{
	static unsigned made;
	struct commit commit = {.sandbox = sandbox, .folder = -1, .room = sandbox->limits.disk};
	char name[64], path[PATH_MAX];

	(void)arg;
	if (sandbox->chained && sandbox->revision)
		return revise(sandbox, err) ? error_wrap(err, "commit") : 0;
	if (!sandbox->workspace) {
		sandbox->changes->verified = true;
		return walk(&commit, err);
	}
	snprintf(name, sizeof(name), "%s-%u", sandbox->owner, __atomic_add_fetch(&made, 1, 0));
	snprintf(path, sizeof(path), "%s/%s", sandbox->commits, name);
	if (mkdir(path, 0700) < 0)
		return error_errno(err, errno, "make %s", path);
	commit.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	find_owner(&commit);
	buf_init(&commit.text, TEXT_MAX);
	record_header(&commit.text, sandbox->workspace, commit.uid, commit.gid);
	int rc = commit.folder < 0 ? error_errno(err, errno, "%s", path) : walk(&commit, err);
	if (!rc)
		rc = carry_out(&commit, err);
	remove_record(sandbox, name, rc == 0);
	if (commit.folder >= 0)
		close(commit.folder);
	for (size_t i = 0; i < commit.contents; i++)
		free(commit.wanted[i].path);
	free(commit.wanted);
	buf_done(&commit.text);
	return rc;
}

int commit_start(struct sandbox *sandbox, struct arena *arena, struct changes *changes,
		 sandbox_done_fn done, void *ctx, struct error *err)
{
	if (instance_begin(sandbox, done, ctx, err))
		return -1;
	*changes = (struct changes){0};
	sandbox->arena = arena;
	sandbox->changes = changes;
	return instance_work(sandbox, run, NULL, err);
}
