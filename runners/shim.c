/*
 * Reads what the shims of pyenv, nodenv and goenv would read, without running them: a shim is a
 * shell script that takes 100 ms and depends on the folder it is called in.
 */
#include "runners/shim.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"

static const char *const version_variables[][2] = {
	{"python", "PYENV_VERSION"},
	{"node", "NODENV_VERSION"},
	{"go", "GOENV_VERSION"},
};

static const char *executable(struct arena *arena, const char *root, const char *version,
			      size_t len, const char *name)
{
	if (len == 0 || memchr(version, '/', len) || version[0] == '.')
		return NULL;
	const char *path = arena_printf(arena, "%s/versions/%.*s/bin/%s", root, (int)len, version,
					name);
	return access(path, X_OK) == 0 ? path : NULL;
}

/* versions are separated by separator characters; the first that has the executable counts. */
static const char *first_of(struct arena *arena, const char *root, const char *versions,
			    const char *separators, const char *name)
{
	while (*versions) {
		size_t len = strcspn(versions, separators);
		const char *path = executable(arena, root, versions, len, name);
		if (path)
			return path;
		versions += len;
		versions += strspn(versions, separators);
	}
	return NULL;
}

static const char *chosen(struct arena *arena, const char *root, const char *name)
{
	const char *path = NULL;
	struct buf text;

	for (size_t i = 0; i < sizeof(version_variables) / sizeof(*version_variables); i++) {
		size_t len = strlen(version_variables[i][0]);
		const char *value = getenv(version_variables[i][1]);
		if (strncmp(name, version_variables[i][0], len) == 0 && value && *value)
			return first_of(arena, root, value, ":", name);
	}
	buf_init(&text, 4096);
	if (file_read(arena_printf(arena, "%s/version", root), &text, NULL) == 0)
		path = first_of(arena, root, text.data, " \t\r\n", name);
	buf_done(&text);
	return path;
}

/* The greatest name wins, so that the answer does not depend on the order of a folder. */
static const char *installed(struct arena *arena, const char *root, const char *version,
			     const char *name)
{
	const char *folder = arena_printf(arena, "%s/versions", root);
	size_t len = strlen(version);
	const struct dirent *entry;
	const char *best = NULL;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		const char *at = entry->d_name;
		if (strncmp(at, version, len) != 0 || (at[len] != '.' && at[len] != '\0'))
			continue;
		const char *path = executable(arena, root, at, strlen(at), name);
		if (path && (!best || strcmp(path, best) > 0))
			best = path;
	}
	if (dir)
		closedir(dir);
	return best;
}

const char *shim_target(struct arena *arena, const char *shim, const char *version)
{
	const char *slash = strrchr(shim, '/');
	static const char suffix[] = "/shims";
	size_t len = slash ? (size_t)(slash - shim) : 0;

	if (len < sizeof(suffix) ||
	    memcmp(slash - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) != 0)
		return NULL;
	const char *root = arena_copy(arena, shim, len - (sizeof(suffix) - 1));
	const char *path = chosen(arena, root, slash + 1);
	if (!path && version)
		path = installed(arena, root, version, slash + 1);
	return path;
}
