/* A walk over a workspace, in the order of names, that ends when it has taken enough. */
#include "engine/tools/tool_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/tools/tool_path.h"

enum { BINARY_LOOK = 8 * 1024 };

struct name {
	const char *text;
	enum walk_kind kind;
};

static bool is_ignored(const char *name)
{
	static const char *const names[] = {".git",  ".hg",          ".svn",
					    ".venv", "node_modules", "__pycache__"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static enum walk_kind kind_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return WALK_FILE;
	if (S_ISDIR(mode))
		return WALK_FOLDER;
	return S_ISLNK(mode) ? WALK_LINK : WALK_OTHER;
}

static enum walk_kind kind_of(int folder, const struct dirent *entry)
{
	switch (entry->d_type) {
	case DT_REG: return WALK_FILE;
	case DT_DIR: return WALK_FOLDER;
	case DT_LNK: return WALK_LINK;
	case DT_UNKNOWN: break; /* the file system does not say */
	default: return WALK_OTHER;
	}
	struct stat status;
	if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return WALK_OTHER;
	return kind_of_mode(status.st_mode);
}

bool tool_walk_late(struct walk *walk)
{
	if (clock_ms() < walk->deadline)
		return false;
	walk->why = "it took longer than 5 seconds";
	return true;
}

/* All names of a folder, sorted; fewer when a bound is reached. */
static struct name *read_names(struct walk *walk, DIR *folder, struct arena *arena, size_t *count)
{
	struct name *names = NULL;
	const struct dirent *entry;
	*count = 0;
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (walk->entries >= WALK_ENTRIES) {
			walk->why = "there are more than 200,000 entries";
			break;
		}
		if (++walk->entries % 256 == 0 && tool_walk_late(walk))
			break;
		struct name *name = arena_grow(arena, &names, (*count)++, sizeof(*names));
		name->text = arena_string(arena, entry->d_name);
		name->kind = kind_of(dirfd(folder), entry);
	}
	if (*count > 0)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

static enum walk_next walk_folder(struct walk *walk, int fd, size_t len, unsigned depth);

static enum walk_next enter(struct walk *walk, const struct walk_entry *entry, size_t len)
{
	if (!walk->ignored_too && is_ignored(entry->name))
		return WALK_ON;
	if (entry->depth >= walk->depth) {
		if (walk->depth == WALK_DEPTH)
			walk->why = "there are folders deeper than 64";
		return WALK_ON;
	}
	int fd = openat(entry->folder, entry->name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno == EACCES)
			walk->why = "a folder may not be read";
		return WALK_ON; /* otherwise it went away, or is another kind by now */
	}
	return walk_folder(walk, fd, len, entry->depth + 1);
}

static enum walk_next visit(struct walk *walk, int folder, const struct name *name, size_t len,
			    unsigned depth)
{
	size_t name_len = strlen(name->text);
	if (len + 1 + name_len >= PATH_MAX) {
		walk->why = "there are paths longer than 4,095 bytes";
		return WALK_ON;
	}
	if (len > 0)
		walk->path[len++] = '/';
	memcpy(walk->path + len, name->text, name_len + 1);
	struct walk_entry entry = {walk->path, name->text, folder, name->kind, depth};
	enum walk_next next = walk->visit(walk->ctx, &entry);
	if (next == WALK_ON && name->kind == WALK_FOLDER)
		next = enter(walk, &entry, len + name_len);
	return next == WALK_PAST ? WALK_ON : next;
}

/* Owns fd. path[0..len) is the folder's own. */
static enum walk_next walk_folder(struct walk *walk, int fd, size_t len, unsigned depth)
{
	struct arena arena;
	size_t count;
	enum walk_next next = WALK_ON;
	DIR *folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return WALK_ON;
	}
	arena_init(&arena);
	const struct name *names = read_names(walk, folder, &arena, &count);
	for (size_t i = 0; i < count && next == WALK_ON; i++) {
		next = visit(walk, dirfd(folder), &names[i], len, depth);
		if (next == WALK_ON && tool_walk_late(walk))
			next = WALK_STOP;
	}
	arena_done(&arena);
	closedir(folder);
	return next;
}

int tool_walk(struct walk *walk, int workspace, const char *start, struct error *err)
{
	int fd = tool_open_folder(workspace, start, err);
	if (fd < 0)
		return -1;
	size_t len = strcmp(start, ".") == 0 ? 0 : strlen(start);
	walk->deadline = clock_ms() + WALK_MS;
	walk->path = memory_zeroed(PATH_MAX);
	memcpy(walk->path, start, len);
	if (walk->depth == 0 || walk->depth > WALK_DEPTH)
		walk->depth = WALK_DEPTH;
	walk_folder(walk, fd, len, 1);
	free(walk->path);
	walk->path = NULL;
	return 0;
}

enum text_kind tool_walk_read(const struct walk_entry *entry, struct buf *text)
{
	struct stat status;
	struct error err = {0};
	buf_clear(text);
	/* O_NONBLOCK: it may be a pipe by now */
	int fd = openat(entry->folder, entry->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return TEXT_UNREADABLE;
	enum text_kind kind = TEXT_UNREADABLE;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		if (status.st_size > (off_t)text->max)
			kind = TEXT_LARGE;
		else if (file_read_fd(fd, entry->path, text, &err) == 0)
			kind = TEXT_WHOLE;
	}
	close(fd);
	if (kind == TEXT_WHOLE &&
	    memchr(text->data, '\0', text->len < BINARY_LOOK ? text->len : BINARY_LOOK))
		kind = TEXT_BINARY;
	return kind;
}
