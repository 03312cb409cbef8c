/* One file or link at a time into a new revision. */
#include "runners/namespace/overlay/carry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/overlay/same.h"

enum {
	TWIN_SLOTS = 4096,
	BLOCK = 4096,
	TWIN_PATHS = 64 << 20, /* bytes; what comes after is copied once for each name */
};

/* A content that was copied once and has more names. */
struct twin {
	struct twin *next;
	dev_t dev;
	ino_t ino;
	char path[]; /* of its first name in the revision */
};

void carry_init(struct carry *carry, int target, uid_t owner, gid_t group, uint64_t room)
{
	*carry = (struct carry){
		.target = target,
		.owner = owner,
		.group = group,
		.room = room,
		.twins = memory_zeroed(TWIN_SLOTS * sizeof(struct twin *)),
	};
}

void carry_done(struct carry *carry)
{
	for (size_t i = 0; i < TWIN_SLOTS; i++) {
		while (carry->twins[i]) {
			struct twin *twin = carry->twins[i];
			carry->twins[i] = twin->next;
			free(twin);
		}
	}
	free(carry->twins);
}

/* ---- contents with several names: a thousand names must not become a thousand copies ---- */

static struct twin **twin_slot(struct carry *carry, const struct stat *st)
{
	return &carry->twins[(st->st_ino ^ st->st_dev) % TWIN_SLOTS];
}

static const struct twin *find_twin(struct carry *carry, const struct stat *st)
{
	const struct twin *twin = *twin_slot(carry, st);

	while (twin && (twin->ino != st->st_ino || twin->dev != st->st_dev))
		twin = twin->next;
	return twin;
}

static void remember_twin(struct carry *carry, const struct changes_entry *entry)
{
	struct twin **slot = twin_slot(carry, &entry->st);
	size_t size = strlen(entry->path) + 1;

	if (carry->path_bytes + size > TWIN_PATHS)
		return;
	struct twin *twin = memory_alloc(sizeof(*twin) + size);
	*twin = (struct twin){.next = *slot, .dev = entry->st.st_dev, .ino = entry->st.st_ino};
	memcpy(twin->path, entry->path, size);
	*slot = twin;
	carry->path_bytes += size;
}

/* ---- ways into the folder; what was made for a name that is deleted gives way ---- */

static int link_file(int from, const char *path, int folder, const char *name)
{
	int rc = linkat(from, path, folder, name, 0);

	if (rc < 0 && errno == EEXIST && file_remove_tree(folder, name, NULL) == 0)
		rc = linkat(from, path, folder, name, 0);
	return rc;
}

/* A file has as many names as its file system allows it, and none on another. */
static bool must_copy(int failed)
{
	return failed == EMLINK || failed == EXDEV || failed == EPERM;
}

static int copy_link(const struct carry *carry, const struct changes_entry *entry, int folder)
{
	const struct timespec times[2] = {entry->st.st_atim, entry->st.st_mtim};
	char target[PATH_MAX];
	ssize_t len = readlinkat(entry->folder, entry->name, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	int rc = symlinkat(target, folder, entry->name);
	if (rc < 0 && errno == EEXIST && file_remove_tree(folder, entry->name, NULL) == 0)
		rc = symlinkat(target, folder, entry->name);
	if (rc < 0 ||
	    fchownat(folder, entry->name, carry->owner, carry->group, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(folder, entry->name, times, AT_SYMLINK_NOFOLLOW);
}

static int create(int folder, const char *name)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && file_remove_tree(folder, name, NULL) == 0)
		fd = openat(folder, name, flags, 0600);
	return fd;
}

static int fill(const struct carry *carry, const struct changes_entry *entry, int from, int to)
{
	const struct timespec times[2] = {entry->st.st_atim, entry->st.st_mtim};

	if (file_copy(from, to, NULL))
		return -1;
	int same = same_content(from, to);
	if (same == 0)
		errno = EIO;
	if (same != 1 || fchown(to, carry->owner, carry->group) < 0 ||
	    fchmod(to, same_mode(entry->st.st_mode)) < 0)
		return -1;
	return futimens(to, times);
}

static int copy_file(const struct carry *carry, const struct changes_entry *entry, int folder)
{
	int from = openat(entry->folder, entry->name,
			  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int to = from < 0 ? -1 : create(folder, entry->name);
	int rc = to < 0 ? -1 : fill(carry, entry, from, to);

	file_close(from);
	file_close(to);
	return rc;
}

int carry_count(struct carry *carry, const char *path, uint64_t size, struct error *err)
{
	uint64_t bytes = size ? (size + BLOCK - 1) / BLOCK * BLOCK : BLOCK;

	if (carry->allowance && !allowance_take(carry->allowance, bytes))
		return error_set(err, ERROR_DENIED,
				 "%s: the new files add up to more than is left of %s", path,
				 allowance_of(carry->allowance));
	carry->bytes += bytes;
	return 0;
}

/* Holes count like all else: whoever copies the revision may fill them. */
static int take_room(struct carry *carry, const struct changes_entry *entry, bool shared,
		     struct error *err)
{
	uint64_t size = entry->kind == VIEW_FILE ? (uint64_t)entry->st.st_size : 0;

	if (!shared && size > carry->room)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the new files add up to more than a run may write",
				 entry->path);
	if (!shared)
		carry->room -= size;
	return carry_count(carry, entry->path, size, err);
}

int carry_entry(struct carry *carry, const struct changes_entry *entry, int folder, bool shared,
		struct error *err)
{
	bool twins = !shared && entry->kind == VIEW_FILE && entry->st.st_nlink > 1;
	const struct twin *twin = twins ? find_twin(carry, &entry->st) : NULL;
	int rc = -1;

	errno = EXDEV;
	if (shared)
		rc = link_file(entry->folder, entry->name, folder, entry->name);
	else if (twin)
		rc = link_file(carry->target, twin->path, folder, entry->name);
	if (rc < 0 && must_copy(errno)) {
		if (take_room(carry, entry, shared, err))
			return -1;
		rc = entry->kind == VIEW_LINK ? copy_link(carry, entry, folder)
					      : copy_file(carry, entry, folder);
		if (rc == 0 && twins && !twin)
			remember_twin(carry, entry);
	}
	return rc ? error_errno(err, errno, "write %s", entry->path) : 0;
}
