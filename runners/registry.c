/* How an install reaches its registries: as the host's own clients are configured. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/registry.h"
#include "runners/registry_kind.h"
#include "runners/sandbox.h"

#define TEXT_OF(number) #number
#define TEXT(macro) TEXT_OF(macro)
#define PROXY "http://127.0.0.1:" TEXT(SANDBOX_PROXY_PORT)

static const char *default_port(const char *url)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return "443";
	return strncasecmp(url, "http://", 7) == 0 ? "80" : NULL;
}

const char *registry_add_url(struct registry_builder *b, const char *url)
{
	const char *port = default_port(url);

	if (!port)
		return url;
	const char *authority = strstr(url, "://") + 3;
	size_t len = strcspn(authority, "/?#");
	const char *host = authority;
	for (size_t i = 0; i < len; i++) {
		if (authority[i] == '@')
			host = authority + i + 1;
	}
	size_t host_len = len - (size_t)(host - authority);
	const char *colon = memrchr(host, ':', host_len);
	bool has_port = colon && !memchr(colon, ']', host_len - (size_t)(colon - host));
	const char *entry = has_port ? arena_copy(b->arena, host, host_len)
				     : arena_printf(b->arena, "%.*s:%s", (int)host_len, host, port);
	if (host_len)
		words_add_new(&b->hosts, entry);
	return arena_printf(b->arena, "%.*s%s", (int)(authority - url), url, host);
}

/* Below a folder that the environment mounts already. */
static bool mounted(const struct environment *environment, const char *file)
{
	for (const char *const *mount = environment->mounts; *mount; mount++) {
		size_t len = strlen(*mount);
		if (strncmp(*mount, file, len) == 0 && (file[len] == '/' || !file[len]))
			return true;
	}
	return false;
}

void registry_add_certificates(struct registry_builder *b, const char *file,
			       const char *const *variables)
{
	if (!file || *file != '/' || !file_exists(file))
		return;
	for (; *variables; variables++)
		words_addf(&b->env, "%s=%s", *variables, file);
	if (!mounted(b->environment, file))
		words_add_new(&b->mounts, arena_string(b->arena, file));
}

static void add_common(struct registry_builder *b)
{
	static const char *const variables[] = {"SSL_CERT_FILE", NULL};

	words_add_all(&b->env, ((const char *const[]){"HTTP_PROXY=" PROXY, "HTTPS_PROXY=" PROXY,
						      "http_proxy=" PROXY, "https_proxy=" PROXY,
						      "NO_PROXY=", "no_proxy=", NULL}));
	registry_add_certificates(b, getenv("SSL_CERT_FILE"), variables);
}

int registry_load(struct arena *arena, const struct environment *environment, const char *kind,
		  struct registry *out, struct error *err)
{
	struct registry_builder b = {.arena = arena, .environment = environment};

	words_init(&b.hosts, arena);
	words_init(&b.env, arena);
	words_init(&b.mounts, arena);
	REGISTRY_EACH (registry_kinds, struct registry_kind, it) {
		if (strcmp((*it)->name, kind) != 0)
			continue;
		add_common(&b);
		if ((*it)->load(&b, err) != 0)
			return error_wrap(err, "ask for the %s registry", kind);
		*out = (struct registry){
			.hosts = b.hosts.items, .env = b.env.items, .mounts = b.mounts.items};
		return 0;
	}
	return error_set(err, ERROR_INPUT, "%s: there is no kind of registry named %s",
			 environment->name, kind);
}
