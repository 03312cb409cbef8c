/* Lists a workspace under a reply's files and reads from both, never through a symbolic link. */
#include "runners/source_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"

enum {
	LISTED_MAX = 20000,
	DEPTH_MAX = 16,
	READ_MAX = 4 * 1024 * 1024,
};

/* Folders that hold other people's code or what tools left: never part of what is planned. */
static const char *const not_entered[] = {".git",  "node_modules", "__pycache__",
					  ".venv", "target",       NULL};

struct walk {
	struct source_tree *tree;
	struct arena *arena;
	char path[PATH_MAX];
	int depth;
};

static bool entered(const char *name)
{
	for (size_t i = 0; not_entered[i]; i++) {
		if (strcmp(name, not_entered[i]) == 0)
			return false;
	}
	return true;
}

static void list_add(struct source_tree *tree, struct arena *arena, const char *path)
{
	const char **slot = arena_grow(arena, &tree->listed, tree->listed_count, sizeof(*slot));

	*slot = arena_string(arena, path);
	tree->listed_count++;
}

static mode_t entry_mode(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return DTTOIF(entry->d_type);
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static void walk_folder(struct walk *walk, int parent, const char *name);

static void walk_entry(struct walk *walk, int fd, const struct dirent *entry)
{
	size_t len = strlen(walk->path);
	mode_t mode = entry_mode(fd, entry);
	size_t room = sizeof(walk->path) - len;
	size_t need = strlen(entry->d_name) + (len ? 2 : 1);

	if (need > room || !(S_ISREG(mode) || (S_ISDIR(mode) && entered(entry->d_name))))
		return;
	if (len)
		walk->path[len] = '/';
	memcpy(walk->path + len + (len ? 1 : 0), entry->d_name, strlen(entry->d_name) + 1);
	if (S_ISDIR(mode))
		walk_folder(walk, fd, entry->d_name);
	else
		list_add(walk->tree, walk->arena, walk->path);
	walk->path[len] = '\0';
}

/* A folder that cannot be opened is listed as empty: the commands will say what is wrong. */
static void walk_folder(struct walk *walk, int parent, const char *name)
{
	const struct dirent *entry;

	if (walk->depth >= DEPTH_MAX) {
		walk->tree->cut = true;
		return;
	}
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	walk->depth++;
	while (!walk->tree->cut && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		walk->tree->cut = walk->tree->listed_count >= LISTED_MAX;
		if (!walk->tree->cut)
			walk_entry(walk, fd, entry);
	}
	walk->depth--;
	closedir(dir);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_removed(const struct file *files, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (files[i].removed && strcmp(files[i].path, path) == 0)
			return true;
	}
	return false;
}

int source_tree_init(struct source_tree *tree, struct arena *arena, const struct file *files,
		     size_t file_count, int workspace_dirfd, struct error *err)
{
	struct walk walk = {.tree = tree, .arena = arena};
	size_t kept = 0;

	*tree = (struct source_tree){
		.files = files, .file_count = file_count, .dirfd = workspace_dirfd};
	if (workspace_dirfd >= 0) {
		struct stat st;
		if (fstat(workspace_dirfd, &st) < 0)
			return error_errno(err, errno, "read the workspace");
		walk_folder(&walk, workspace_dirfd, ".");
	}
	for (size_t i = 0; i < file_count; i++)
		list_add(tree, arena, files[i].path);
	if (tree->listed_count)
		qsort(tree->listed, tree->listed_count, sizeof(*tree->listed), compare_paths);
	for (size_t i = 0; i < tree->listed_count; i++) {
		bool again = kept && strcmp(tree->listed[kept - 1], tree->listed[i]) == 0;
		if (!again && !is_removed(files, file_count, tree->listed[i]))
			tree->listed[kept++] = tree->listed[i];
	}
	tree->listed_count = kept;
	return 0;
}

bool source_tree_has(const struct source_tree *tree, const char *path)
{
	return tree->listed_count && bsearch(&path, tree->listed, tree->listed_count,
					     sizeof(*tree->listed), compare_paths);
}

/* Opens each component by itself, so that no link, old or new, leads out of the workspace. */
static int open_beneath(int dirfd, const char *path)
{
	int fd = dup(dirfd);

	while (fd >= 0) {
		char name[NAME_MAX + 1];
		const char *slash = strchrnul(path, '/');
		size_t len = (size_t)(slash - path);
		int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

		if (len == 0 || len > NAME_MAX || (len == 2 && memcmp(path, "..", 2) == 0))
			break;
		memcpy(name, path, len);
		name[len] = '\0';
		int next = openat(fd, name, *slash ? flags | O_DIRECTORY : flags);
		close(fd);
		if (!*slash || next < 0)
			return next;
		fd = next;
		path = slash + 1;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static const char *read_workspace(int dirfd, struct arena *arena, const char *path, size_t *len)
{
	const char *text = NULL;
	struct buf data;
	struct stat st;
	int fd = open_beneath(dirfd, path);

	if (fd < 0)
		return NULL;
	buf_init(&data, READ_MAX);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= READ_MAX &&
	    file_read_fd(fd, path, &data, NULL) == 0) {
		text = arena_copy(arena, data.data, data.len);
		*len = data.len;
	}
	buf_done(&data);
	close(fd);
	return text;
}

enum source_kind source_tree_look(int workspace_dirfd, const char *path, bool *executable)
{
	enum source_kind kind = SOURCE_OTHER;
	struct stat st;

	*executable = false;
	if (workspace_dirfd < 0)
		return SOURCE_NONE;
	errno = 0;
	int fd = open_beneath(workspace_dirfd, path);
	if (fd < 0)
		return errno == ENOENT ? SOURCE_NONE : SOURCE_OTHER;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		kind = st.st_size > READ_MAX ? SOURCE_LARGE : SOURCE_FILE;
		*executable = st.st_mode & S_IXUSR;
	}
	close(fd);
	return kind;
}

const char *source_tree_read(const struct source_tree *tree, struct arena *arena, const char *path,
			     size_t *len)
{
	size_t ignored;

	if (!len)
		len = &ignored;
	*len = 0;
	for (size_t i = 0; i < tree->file_count; i++) {
		const struct file *file = &tree->files[i];
		if (strcmp(file->path, path) != 0)
			continue;
		if (file->len > READ_MAX)
			return NULL;
		*len = file->len;
		return file->data;
	}
	return tree->dirfd < 0 ? NULL : read_workspace(tree->dirfd, arena, path, len);
}
