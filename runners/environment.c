/* A template met with this host: what is mounted, which variables are set, which tool runs. */
#include "runners/environment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/file.h"
#include "engine/base/resource.h"
#include "runners/template.h"
#include "runners/toolchain.h"
#include "runners/words.h"

#define PREFIX "templates/"
#define SUFFIX "/template.json"

/* What every program of the host needs in order to start, where the host has it. */
static const char *const base_mounts[] = {
	"/usr",
	"/etc/alternatives", /* Debian's links from /usr/bin to the chosen version */
	"/etc/ld.so.cache", /* else libraries in /usr/local/lib are not found */
	"/etc/ssl/certs", /* public certificates only, never /etc/ssl itself */
	"/etc/pki/tls/certs",
	"/etc/pki/ca-trust/extracted",
	NULL,
};

/* On a host that has not merged them into /usr these are folders of their own. */
static const char *const unmerged[] = {"/bin", "/sbin", "/lib", "/lib64", NULL};

/* Variables by which people tell every client where the certificates are. */
static const char *const certificate_variables[] = {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
						    "PIP_CERT", "REQUESTS_CA_BUNDLE", NULL};

static bool covered(const struct words *mounts, const char *path)
{
	for (size_t i = 0; i < mounts->count; i++) {
		size_t len = strlen(mounts->items[i]);
		if (strncmp(mounts->items[i], path, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

static void add_mount(struct words *mounts, const char *path)
{
	if (*path == '/' && file_exists(path) && !covered(mounts, path))
		words_add(mounts, path);
}

static void collect_mounts(struct words *mounts, const struct template *template,
			   const struct toolchain *toolchain)
{
	struct stat st;

	for (size_t i = 0; base_mounts[i]; i++)
		add_mount(mounts, base_mounts[i]);
	for (size_t i = 0; unmerged[i]; i++) {
		if (lstat(unmerged[i], &st) == 0 && S_ISDIR(st.st_mode))
			add_mount(mounts, unmerged[i]);
	}
	for (size_t i = 0; toolchain->mounts[i]; i++)
		add_mount(mounts, toolchain->mounts[i]);
	for (size_t i = 0; template->mounts[i]; i++)
		add_mount(mounts, template->mounts[i]);
	for (size_t i = 0; certificate_variables[i]; i++) {
		const char *file = getenv(certificate_variables[i]);
		if (file)
			add_mount(mounts, arena_string(mounts->arena, file));
	}
}

static const char *search_path(struct arena *arena, const struct template *template,
			       const struct toolchain *toolchain)
{
	const char *path = "PATH=";

	for (const char *const *folder = template->path; *folder; folder++)
		path = arena_printf(arena, "%s%s:", path, *folder);
	if (strcmp(toolchain->bin, "/usr/bin") != 0)
		path = arena_printf(arena, "%s%s:", path, toolchain->bin);
	return arena_printf(arena, "%s%s", path,
			    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

/* The same on every host, so that a verdict does not depend on whose machine it was. */
static void collect_env(struct words *env, const struct template *template,
			const struct toolchain *toolchain)
{
	words_add(env, search_path(env->arena, template, toolchain));
	words_add(env, "HOME=/tmp");
	words_add(env, "TMPDIR=/tmp");
	words_add(env, "LANG=C.UTF-8");
	words_add(env, "TZ=UTC");
	words_add(env, "TERM=dumb");
	words_add(env, "NO_COLOR=1");
	words_add_all(env, template->env);
}

static int unknown_environment(struct arena *arena, const char *name, struct error *err)
{
	const char *const *names;
	const char *known = "";

	if (environment_names(arena, &names, err) != 0)
		return -1;
	for (size_t i = 0; names[i]; i++)
		known = arena_printf(arena, "%s%s%s", known, i ? ", " : "", names[i]);
	return error_set(err, ERROR_NOT_FOUND, "there is no environment %.64s (known: %s)", name,
			 known);
}

/* A folder's name, and nothing that leads elsewhere. */
static bool plain_name(const char *name)
{
	return *name && *name != '.' && strlen(name) <= NAME_MAX && !strchr(name, '/');
}

/* Whether version stands in text as a whole: "3.1" is not in "Python 3.11.7". */
static bool mentions_version(const char *text, const char *version)
{
	size_t len = strlen(version);

	for (const char *at = strstr(text, version); at; at = strstr(at + 1, version)) {
		bool starts = at == text || !strchr("0123456789.", at[-1]);
		if (starts && !strchr("0123456789", at[len]))
			return true;
		if (starts && at[len] == '\0')
			return true;
	}
	return false;
}

static int meet_host(struct arena *arena, const struct template *template, const char *state_dir,
		     struct environment *out, struct error *err)
{
	struct words mounts, env;
	struct toolchain toolchain;

	if (toolchain_find(arena, template, state_dir, &toolchain, err) != 0)
		return -1;
	words_init(&mounts, arena);
	words_init(&env, arena);
	collect_mounts(&mounts, template, &toolchain);
	collect_env(&env, template, &toolchain);
	*out = (struct environment){
		.name = template->name,
		.language = template->language,
		.tool = template->title
				? arena_printf(arena, "%s %s", template->title, toolchain.version)
				: toolchain.version,
		.tool_path = toolchain.path,
		.mounts = mounts.items,
		.env = env.items,
		.registries = template->registries,
		.hosts = template->hosts,
		.limits = template->limits,
	};
	if (template->version && !mentions_version(toolchain.version, template->version))
		out->note = arena_printf(arena, "%s runs with %s, the one found on this host",
					 template->name, out->tool);
	return 0;
}

int environment_load(struct arena *arena, const char *name, const char *state_dir,
		     struct environment *out, struct error *err)
{
	struct template template;
	struct resource resource;
	struct error why = {0};

	if (!plain_name(name))
		return unknown_environment(arena, name, err);
	const char *path = arena_printf(arena, PREFIX "%s" SUFFIX, name);
	if (resource_find(arena, path, &resource, &why) != 0) {
		if (why.code == ERROR_NOT_FOUND)
			return unknown_environment(arena, name, err);
		return error_set(err, why.code, "%s", why.text);
	}
	if (template_parse(arena, name, &resource, &template, err) != 0)
		return -1;
	return meet_host(arena, &template, state_dir, out, err);
}

int environment_names(struct arena *arena, const char *const **out, struct error *err)
{
	struct resource *resources;
	size_t count;

	if (resource_list(arena, PREFIX, SUFFIX, &resources, &count, err) != 0)
		return -1;
	const char **names = arena_array(arena, count + 1, sizeof(*names));
	for (size_t i = 0, n = 0; i < count; i++) {
		size_t len = strlen(resources[i].name) - strlen(PREFIX) - strlen(SUFFIX);
		names[n] = arena_copy(arena, resources[i].name + strlen(PREFIX), len);
		if (plain_name(names[n]))
			n++;
	}
	*out = names;
	return 0;
}
