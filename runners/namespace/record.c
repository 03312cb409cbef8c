/* The record of one commit: written, checked, and carried out, again if need be. */
#include "runners/namespace/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "engine/base/file.h"

enum { RECORD_MAX = 512 << 20 };

struct record {
	const char *at, *end; /* what is left of the entries */
	const char *path; /* of the workspace */
	uid_t uid;
	gid_t gid;
	int workspace;
	int folder; /* of the contents */
	/*
	 * For a state folder on another file system than the workspace. A hash of the record: no name
	 * in it can be this one, and who goes on with it after a crash replaces what is there.
	 */
	char temporary[8 + DIGEST_HEX];
};

struct entry {
	enum record_op op;
	mode_t mode;
	size_t number;
	const char *path;
};

/* ---- text ---- */

void record_header(struct buf *text, const char *workspace, uid_t uid, gid_t gid)
{
	buf_append(text, workspace, strlen(workspace) + 1);
	buf_printf(text, "%u %u", uid, gid);
	buf_append(text, "", 1);
}

void record_entry(struct buf *text, enum record_op op, mode_t mode, size_t number, const char *path)
{
	buf_printf(text, "%c %o %zu", (char)op, mode, number);
	buf_append(text, "", 1);
	buf_append(text, path, strlen(path) + 1);
}

/* The next NUL-terminated string, NULL at the end. */
static const char *next_string(struct record *record)
{
	const char *string = record->at;
	size_t room = (size_t)(record->end - record->at);
	const char *nul = memchr(string, '\0', room);

	if (!nul)
		return NULL;
	record->at = nul + 1;
	return string;
}

static int parse_header(struct record *record, const struct buf *text, struct error *err)
{
	*record = (struct record){.at = text->data, .end = text->data + text->len};
	record->path = next_string(record);
	const char *ids = next_string(record);
	if (!ids || sscanf(ids, "%u %u", &record->uid, &record->gid) != 2)
		return error_set(err, ERROR_INTERNAL, "the commit record has no header");
	return 0;
}

static bool next_entry(struct record *record, struct entry *entry)
{
	const char *head = next_string(record);
	char op;

	entry->path = head ? next_string(record) : NULL;
	if (!entry->path || sscanf(head, "%c %o %zu", &op, &entry->mode, &entry->number) != 3)
		return false;
	entry->op = (enum record_op)op;
	return true;
}

/* ---- places ---- */

/* The folder that holds path, reached without following any link; *name is the last component. */
static int open_parent(int workspace, const char *path, const char **name)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	char parent[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	return (int)syscall(SYS_openat2, workspace, parent, &how, sizeof(how));
}

/* The workspace, or where it does not exist yet, the folder that it will be made in or below. */
static int open_nearest(const char *path)
{
	char part[PATH_MAX];
	int fd;

	snprintf(part, sizeof(part), "%s", path);
	while ((fd = open(part, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == ENOENT) {
		char *slash = strrchr(part, '/');
		if (!slash || !part[1])
			break;
		slash[slash == part] = '\0';
	}
	return fd;
}

static int check_parent(int workspace, const char *path, struct error *err)
{
	const char *name;
	int parent = open_parent(workspace, path, &name);
	int rc = 0;

	if (parent < 0)
		return 0; /* will be made */
	if (faccessat(parent, ".", W_OK | X_OK, AT_EACCESS) < 0)
		rc = error_errno(err, errno, "%s", path);
	close(parent);
	return rc;
}

/* What is copied rather than renamed needs room beside what it replaces. */
static int check_room(const struct record *record, unsigned long long bytes,
		      unsigned long long names, struct error *err)
{
	struct stat contents, workspace;
	struct statfs disk;

	if (fstat(record->folder, &contents) < 0 || fstat(record->workspace, &workspace) < 0 ||
	    contents.st_dev == workspace.st_dev || fstatfs(record->workspace, &disk) < 0)
		return 0;
	unsigned long long block = (unsigned long long)disk.f_bsize;
	unsigned long long free_blocks = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
	/*
	 * A file's last block is on average half empty; counted as full, and one more for its name.
	 */
	if ((disk.f_blocks && bytes / block + 2 * names > free_blocks) ||
	    (disk.f_files && names > disk.f_ffree))
		return error_errno(err, ENOSPC, "%s", record->path);
	return 0;
}

int record_check(int folder, const struct buf *text, struct error *err)
{
	struct record record;
	struct entry entry;
	struct stat st;
	unsigned long long bytes = 0, names = 0;
	char content[32];
	int rc = 0;

	if (parse_header(&record, text, err))
		return -1;
	record.folder = folder;
	record.workspace = open_nearest(record.path);
	if (record.workspace < 0)
		return error_errno(err, errno, "%s", record.path);
	if (faccessat(AT_FDCWD, record.path, F_OK, 0) < 0 &&
	    faccessat(record.workspace, ".", W_OK | X_OK, AT_EACCESS) < 0)
		rc = error_errno(err, errno, "%s", record.path);
	while (!rc && next_entry(&record, &entry)) {
		rc = check_parent(record.workspace, entry.path, err);
		snprintf(content, sizeof(content), "%zu", entry.number);
		if (entry.op == RECORD_FILE &&
		    fstatat(folder, content, &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (unsigned long long)st.st_size;
		names += entry.op == RECORD_FILE || entry.op == RECORD_FOLDER;
	}
	if (!rc)
		rc = check_room(&record, bytes, names, err);
	close(record.workspace);
	return rc;
}

int record_seal(int folder, const struct buf *text, struct error *err)
{
	int fd = openat(folder, "record.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, errno, "make the commit record");
	int rc = file_write_fd(fd, text->data, text->len, err);
	/* The contents with it. */
	if (!rc && syncfs(fd) < 0)
		rc = error_errno(err, errno, "write the commit record");
	close(fd);
	if (!rc && (renameat(folder, "record.new", folder, "record") < 0 || fsync(folder) < 0))
		rc = error_errno(err, errno, "seal the commit record");
	return rc;
}

/* ---- carrying out ---- */

static int copy_file(const struct record *record, const char *content, int parent,
		     const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	int from = openat(record->folder, content, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int to = from < 0 ? -1
			  : openat(parent, record->temporary,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = -1;

	if (to >= 0)
		rc = file_copy(from, to, NULL) || fchown(to, record->uid, record->gid) < 0 ||
				     fchmod(to, st->st_mode & 07777) < 0 || futimens(to, times) < 0
			     ? -1
			     : 0;
	file_close(from);
	file_close(to);
	return rc;
}

static int copy_link(const struct record *record, const char *content, int parent)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(record->folder, content, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	if (symlinkat(target, parent, record->temporary) < 0)
		return -1;
	return fchownat(parent, record->temporary, record->uid, record->gid, AT_SYMLINK_NOFOLLOW);
}

static int put_content(const struct record *record, const struct entry *entry, int parent,
		       const char *name)
{
	char content[32];
	struct stat st;

	snprintf(content, sizeof(content), "%zu", entry->number);
	if (fstatat(record->folder, content, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1; /* moved there before we were cut short */
	if (renameat(record->folder, content, parent, name) == 0)
		return 0;
	if (errno != EXDEV)
		return -1;
	/* What a crash left; or what the folder's owner put there, whom root's writing must not follow. */
	unlinkat(parent, record->temporary, 0);
	if (S_ISLNK(st.st_mode) ? copy_link(record, content, parent)
				: copy_file(record, content, parent, &st))
		return -1;
	if (renameat(parent, record->temporary, parent, name) < 0)
		return -1;
	return unlinkat(record->folder, content, 0);
}

static int put_folder(const struct record *record, const struct entry *entry, int parent,
		      const char *name)
{
	struct stat st;
	bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (there && !S_ISDIR(st.st_mode) && unlinkat(parent, name, 0) < 0)
		return -1;
	if (!(there && S_ISDIR(st.st_mode)) &&
	    (mkdirat(parent, name, 0700) < 0 ||
	     fchownat(parent, name, record->uid, record->gid, AT_SYMLINK_NOFOLLOW) < 0))
		return -1;
	return fchmodat(parent, name, entry->mode, 0);
}

/*
 * A second time round the name may be gone already, or belong to what has taken its place; and a
 * folder may hold what somebody else has put there since, which stays.
 */
static int delete_name(int parent, const char *name, int flags)
{
	if (unlinkat(parent, name, flags) == 0 || errno == ENOENT || errno == EISDIR ||
	    errno == ENOTDIR || errno == ENOTEMPTY || errno == EEXIST)
		return 0;
	return -1;
}

static int carry_out(const struct record *record, const struct entry *entry, struct error *err)
{
	const char *name;
	int parent = open_parent(record->workspace, entry->path, &name);
	int rc = -1;

	if (parent < 0) {
		bool deleting = entry->op == RECORD_DELETE || entry->op == RECORD_DELETE_FOLDER;
		if (deleting && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		return error_errno(err, errno, "%s", entry->path);
	}
	switch (entry->op) {
	case RECORD_FILE: rc = put_content(record, entry, parent, name); break;
	case RECORD_FOLDER: rc = put_folder(record, entry, parent, name); break;
	case RECORD_DELETE: rc = delete_name(parent, name, 0); break;
	case RECORD_DELETE_FOLDER: rc = delete_name(parent, name, AT_REMOVEDIR); break;
	}
	if (rc)
		error_errno(err, errno, "%s", entry->path);
	close(parent);
	return rc;
}

static int carry_out_all(struct record *record, struct error *err)
{
	struct entry entry;
	int rc = 0;

	if (file_make_dirs(record->path, 0755, err))
		return -1;
	record->workspace = open(record->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (record->workspace < 0)
		return error_errno(err, errno, "%s", record->path);
	/* One commit to a folder at a time. */
	if (flock(record->workspace, LOCK_EX) < 0)
		rc = error_errno(err, errno, "lock %s", record->path);
	while (!rc && next_entry(record, &entry))
		rc = carry_out(record, &entry, err);
	if (!rc && syncfs(record->workspace) < 0)
		rc = error_errno(err, errno, "write %s to disk", record->path);
	close(record->workspace);
	return rc;
}

static void name_temporary(struct record *record, const struct buf *text)
{
	struct digest digest;
	char hex[DIGEST_HEX];

	digest_init(&digest);
	digest_add(&digest, text->data, text->len);
	digest_end(&digest, hex);
	snprintf(record->temporary, sizeof(record->temporary), ".assay-%s", hex);
}

int record_apply(int folder, struct error *err)
{
	struct record record;
	struct buf text;
	int fd = openat(folder, "record", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "open the commit record");
	buf_init(&text, RECORD_MAX);
	int rc = file_read_fd(fd, "commit record", &text, err);
	close(fd);
	if (!rc)
		rc = parse_header(&record, &text, err);
	if (!rc) {
		record.folder = folder;
		name_temporary(&record, &text);
		rc = carry_out_all(&record, err);
	}
	buf_done(&text);
	return rc;
}
