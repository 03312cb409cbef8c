/* npm: its merged configuration (npmrc files, variables) as `npm config list --json` prints it. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/json.h"
#include "runners/host_command.h"
#include "runners/registry_kind.h"

enum { CONFIG_MAX = 1024 * 1024 };

/* "@corp:registry": packages of one scope come from elsewhere. */
static bool is_scope(const char *key)
{
	size_t len = strlen(key);

	return key[0] == '@' && len > 9 && strcmp(key + len - 9, ":registry") == 0;
}

static void read_config(struct registry_builder *b, const struct json *config)
{
	static const char *const variables[] = {"npm_config_cafile", "NODE_EXTRA_CA_CERTS", NULL};
	const char *registry = json_string(json_get(config, "registry"), NULL);
	const char *headers = json_string(json_get(config, "nodedir"), NULL);

	if (registry)
		words_addf(&b->env, "npm_config_registry=%s", registry_add_url(b, registry));
	JSON_EACH (member, config) {
		const char *key = json_key(member);
		if (is_scope(key) && json_is_string(member))
			words_addf(&b->env, "npm_config_%s=%s", key,
				   registry_add_url(b, json_string(member, "")));
	}
	const char *file = json_string(json_get(config, "cafile"), NULL);
	registry_add_certificates(b, file ? file : getenv("NODE_EXTRA_CA_CERTS"), variables);
	/* node's own headers, for packages that compile: otherwise node-gyp would download them. */
	if (headers && *headers)
		words_addf(&b->env, "npm_config_nodedir=%s", arena_string(b->arena, headers));
}

static int load_npm(struct registry_builder *b, struct error *err)
{
	static const char *const argv[] = {"npm", "config", "list", "--json", NULL};
	struct json *config = NULL;
	struct buf text;

	buf_init(&text, CONFIG_MAX);
	int rc = host_command(argv, HOST_COMMAND_MS, &text, err);
	if (rc == 0) {
		config = json_parse(text.data, text.len, "npm config list", err);
		rc = config ? 0 : -1;
	}
	if (rc == 0)
		read_config(b, config);
	json_free(config);
	buf_done(&text);
	return rc;
}

static const struct registry_kind npm = {.name = "npm", .load = load_npm};

REGISTER(registry_kinds, struct registry_kind, npm);
