/* A walk through one layer in the order of names, each entry added to a digest. */
#include "runners/namespace/overlay/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "runners/namespace/overlay/trail.h"
#include "runners/namespace/overlay/view.h"

/* Of overlayfs's own, so that no command in a sandbox sees it. */
static const char ATTRIBUTE[] = "user.overlay.assay.seal";

/* What may still be looked at. */
struct budget {
	size_t entries;
	uint64_t bytes;
};

struct seal {
	struct digest digest;
	struct budget *budget;
	struct trail trail;
	struct error *err;
};

static int too_much(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
			 "it holds more than is compared: %d entries, or %d MiB", SEAL_ENTRIES,
			 SEAL_BYTES >> 20);
}

static int add_text(struct seal *seal, int fd, uint64_t size)
{
	char piece[32 << 10];
	ssize_t got;

	digest_add(&seal->digest, &size, sizeof(size));
	while ((got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(seal->err, errno, "read %s", seal->trail.path);
		if ((uint64_t)got > seal->budget->bytes)
			return too_much(seal->err);
		seal->budget->bytes -= (uint64_t)got;
		digest_add(&seal->digest, piece, (size_t)got);
	}
	return 0;
}

static int add_file(struct seal *seal, int folder, const char *name, const struct stat *st)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(seal->err, errno, "open %s", seal->trail.path);
	int rc = add_text(seal, fd, (uint64_t)st->st_size);
	close(fd);
	return rc;
}

static int add_link(struct seal *seal, int folder, const char *name)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(folder, name, target, PATH_MAX);

	if (len < 0)
		return error_errno(seal->err, errno, "read %s", seal->trail.path);
	target[len] = '\0';
	digest_add_string(&seal->digest, target);
	return 0;
}

static int add_folder(struct seal *seal, const struct view *folder);

static int add_entry(struct seal *seal, const struct view *folder, const char *name)
{
	struct view_entry entry;
	struct view child;
	int rc = 0;

	if (seal->budget->entries == 0)
		return too_much(seal->err);
	seal->budget->entries--;
	if (view_look(folder, 0, 1, name, &entry, &child, seal->err))
		return -1;
	const unsigned what[] = {entry.kind, entry.opaque, entry.st.st_mode & 07777};
	digest_add_string(&seal->digest, name);
	digest_add(&seal->digest, what, sizeof(what));
	if (entry.kind == VIEW_FILE)
		rc = add_file(seal, folder->fds[0], name, &entry.st);
	else if (entry.kind == VIEW_LINK)
		rc = add_link(seal, folder->fds[0], name);
	else if (entry.kind == VIEW_FOLDER)
		rc = add_folder(seal, &child);
	view_done(&child);
	return rc;
}

static int add_names(struct seal *seal, const struct view *folder)
{
	char **names;
	size_t count, before;
	int rc = 0;

	if (view_names(folder, 0, 1, SEAL_ENTRIES, &names, &count, seal->err))
		return -1;
	for (size_t i = 0; !rc && i < count; i++) {
		rc = trail_down(&seal->trail, names[i], &before, seal->err);
		if (rc)
			break;
		rc = add_entry(seal, folder, names[i]);
		trail_up(&seal->trail, before);
	}
	view_names_free(names, count);
	digest_add_string(&seal->digest, ""); /* no name: the folder's end */
	return rc;
}

static int add_folder(struct seal *seal, const struct view *folder)
{
	int rc = trail_enter(&seal->trail, folder, seal->err);

	if (!rc)
		rc = add_names(seal, folder);
	trail_leave(&seal->trail, folder);
	return rc;
}

static int make(int folder, struct budget *budget, char hex[DIGEST_HEX], struct error *err)
{
	const struct view view = {.fds = {folder}, .count = 1};
	struct seal seal = {.budget = budget, .err = err};

	digest_init(&seal.digest);
	int rc = add_folder(&seal, &view);
	digest_end(&seal.digest, hex);
	return rc;
}

void seal_put(int folder)
{
	struct budget budget = {SEAL_ENTRIES, SEAL_BYTES};
	struct error ignored = {0};
	char hex[DIGEST_HEX];

	if (make(folder, &budget, hex, &ignored) == 0)
		fsetxattr(folder, ATTRIBUTE, hex, DIGEST_HEX - 1, 0);
}

/* 1: it holds something else; -1: that cannot be told. */
static int check(int folder, struct budget *budget, struct error *err)
{
	char sealed[DIGEST_HEX] = "", hex[DIGEST_HEX];

	if (fgetxattr(folder, ATTRIBUTE, sealed, DIGEST_HEX - 1) != DIGEST_HEX - 1)
		return error_set(err, ERROR_UNAVAILABLE,
				 "it has no seal, being too large for one or made by an earlier "
				 "version");
	if (make(folder, budget, hex, err) != 0)
		return -1;
	if (memcmp(hex, sealed, DIGEST_HEX - 1) == 0)
		return 0;
	error_set(err, ERROR_INPUT, "it does not hold any more what was committed");
	return 1;
}

void seal_check(const struct chain *chain, struct arena *arena, struct changes *changes)
{
	struct budget budget = {SEAL_ENTRIES, SEAL_BYTES};

	changes->verified = true;
	for (size_t i = 0; i < chain->count && !changes->spoiled; i++) {
		struct error err = {0};
		int rc = check(chain->fds[i], &budget, &err);
		if (rc == 0)
			continue;
		changes->spoiled = rc > 0;
		if (changes->verified || changes->spoiled)
			changes->doubt = arena_printf(arena, "revision %s: %s", chain->ids[i],
						      err.text);
		changes->verified = false;
	}
}
