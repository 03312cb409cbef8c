/* From a name on PATH to a real executable, its version and the folders it lives in. */
#include "runners/toolchain.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "runners/host_command.h"
#include "runners/shim.h"

enum { VERSION_MAX = 200 };

static bool is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool is_script(const char *path)
{
	struct buf head;

	buf_init(&head, 2);
	file_read(path, &head, NULL); /* cut at two bytes on purpose */
	bool script = head.len == 2 && memcmp(head.data, "#!", 2) == 0;
	buf_done(&head);
	return script;
}

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

/* A launcher that serves many tools (mise, volta, snap) answers for itself, not for the tool. */
static bool same_tool(const char *name, const char *path)
{
	size_t stem = 0;

	while (isalpha((unsigned char)name[stem]))
		stem++;
	return strncmp(strrchr(path, '/') + 1, name, stem) == 0;
}

/* The real executable behind found, or NULL when it is none that could run elsewhere. */
static const char *resolve(struct arena *arena, const char *name, const char *version,
			   const char *found)
{
	char path[PATH_MAX];

	if (!is_executable(found))
		return NULL;
	if (is_script(found)) {
		found = shim_target(arena, found, version);
		if (!found || is_script(found))
			return NULL;
	}
	if (!realpath(found, path) || !same_tool(name, path))
		return NULL;
	return arena_string(arena, path);
}

/* ---- its version, asked once ---- */

static const char *cache_path(struct arena *arena, const char *state_dir, const char *path,
			      const char *const *args)
{
	struct digest digest;
	struct stat st;
	char hex[DIGEST_HEX];

	if (!state_dir || stat(path, &st) != 0)
		return NULL;
	digest_init(&digest);
	digest_add_string(&digest, path);
	digest_add(&digest, &st.st_dev, sizeof(st.st_dev));
	digest_add(&digest, &st.st_ino, sizeof(st.st_ino));
	digest_add(&digest, &st.st_size, sizeof(st.st_size));
	digest_add(&digest, &st.st_mtim, sizeof(st.st_mtim));
	digest_add(&digest, &st.st_ctim, sizeof(st.st_ctim));
	while (*args)
		digest_add_string(&digest, *args++);
	digest_end(&digest, hex);
	return arena_printf(arena, "%s/toolchains/%.32s", state_dir, hex);
}

/* The first line that is not empty (perl's own is), when it is one that can be shown. */
static const char *first_line(struct arena *arena, const struct buf *text)
{
	const char *line = text->data + strspn(text->data, "\r\n");
	size_t len = strcspn(line, "\r\n");

	if (len == 0 || len > VERSION_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (!isprint((unsigned char)line[i]))
			return NULL;
	}
	return arena_copy(arena, line, len);
}

static const char *ask_version(struct arena *arena, const char *path, const char *const *args,
			       struct error *err)
{
	size_t count = 0;
	struct buf answer;

	while (args[count])
		count++;
	const char **argv = arena_array(arena, count + 2, sizeof(*argv));
	argv[0] = path;
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = args[i];
	buf_init(&answer, 4096);
	const char *version = NULL;
	if (host_command(argv, HOST_COMMAND_MS, &answer, err) == 0) {
		version = first_line(arena, &answer);
		if (!version)
			error_set(err, ERROR_UNAVAILABLE, "%s says no version", path);
	}
	buf_done(&answer);
	return version;
}

static const char *version_of(struct arena *arena, const char *path, const char *const *args,
			      const char *state_dir, struct error *err)
{
	const char *kept = cache_path(arena, state_dir, path, args);
	const char *version = NULL;
	struct buf text;

	buf_init(&text, 4096);
	if (kept && file_read(kept, &text, NULL) == 0)
		version = first_line(arena, &text);
	buf_done(&text);
	if (version)
		return version;
	version = ask_version(arena, path, args, err);
	/* Not being able to keep it costs the next run a few milliseconds, nothing else. */
	if (version && kept && file_make_dirs(folder_of(arena, kept), 0700, NULL) == 0)
		file_write(kept, version, strlen(version), 0600, NULL);
	return version;
}

/* ---- where it lives ---- */

/* Folders that hold more than one toolchain, a person's private files among them. */
static bool is_shared(const char *prefix)
{
	static const char *const shared[] = {"/", "/root", "/etc", "/var", "/tmp", "/opt", "/srv"};
	const char *home = getenv("HOME");
	size_t home_len = home ? strlen(home) : 0;

	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++) {
		if (strcmp(prefix, shared[i]) == 0)
			return true;
	}
	if (strncmp(prefix, "/home/", 6) == 0 && !strchr(prefix + 6, '/'))
		return true;
	if (home_len > 1 && strncmp(prefix, home, home_len) == 0)
		return !prefix[home_len] || strcmp(prefix + home_len, "/.local") == 0;
	return false;
}

static const char *const *mounts_of(struct arena *arena, const char *bin)
{
	const char **mounts = arena_array(arena, 3, sizeof(*mounts));
	const char *prefix = folder_of(arena, bin);

	if (!is_shared(prefix)) {
		mounts[0] = prefix;
		return mounts;
	}
	mounts[0] = bin;
	const char *lib = arena_printf(arena, "%s/lib", prefix);
	if (file_exists(lib))
		mounts[1] = lib;
	return mounts;
}

/* ---- the search ---- */

static int try_one(struct arena *arena, const struct template *template, const char *state_dir,
		   const char *path, struct toolchain *out, struct error *err)
{
	out->version = version_of(arena, path, template->version_args, state_dir, err);
	if (!out->version)
		return -1;
	out->path = path;
	out->bin = folder_of(arena, path);
	out->mounts = mounts_of(arena, out->bin);
	return 0;
}

static const char *join_names(struct arena *arena, const char *const *names)
{
	const char *text = names[0];

	for (size_t i = 1; names[i]; i++)
		text = arena_printf(arena, "%s%s%s", text, names[i + 1] ? ", " : " or ", names[i]);
	return text;
}

int toolchain_find(struct arena *arena, const struct template *template, const char *state_dir,
		   struct toolchain *out, struct error *err)
{
	const char *search = getenv("PATH");
	struct error why = {0};

	for (const char *const *name = template->tools; *name; name++) {
		for (const char *at = search ? search : "/usr/bin:/bin"; at;) {
			const char *end = strchrnul(at, ':');
			const char *found = arena_printf(arena, "%.*s/%s", (int)(end - at), at,
							 *name);
			const char *path = NULL;
			if (*at == '/') /* a relative folder on PATH means another one tomorrow */
				path = resolve(arena, *name, template->version, found);
			if (path && try_one(arena, template, state_dir, path, out, &why) == 0)
				return 0;
			at = *end ? end + 1 : NULL;
		}
	}
	if (error_is_set(&why))
		return error_set(err, ERROR_UNAVAILABLE,
				 "environment %s has no %s that works: %s; %s", template->name,
				 join_names(arena, template->tools), why.text, template->missing);
	return error_set(err, ERROR_UNAVAILABLE, "environment %s needs %s on the PATH; %s",
			 template->name, join_names(arena, template->tools), template->missing);
}
