/* Go: module proxies and checksum database as `go env -json` prints them. */
#include <string.h>

#include "engine/base/json.h"
#include "runners/host_command.h"
#include "runners/registry_kind.h"

enum { CONFIG_MAX = 64 * 1024 };

/*
 * "https://a,https://b|direct" without "direct": that word fetches from whatever host a module's
 * name says, with tools that are not inside.
 */
static const char *add_proxies(struct registry_builder *b, const char *value)
{
	const char *list = "";

	while (*value) {
		size_t len = strcspn(value, ",|");
		const char *item = arena_copy(b->arena, value, len);
		if (strcmp(item, "direct") != 0 && strcmp(item, "off") != 0)
			list = arena_printf(b->arena, "%s%s%s", list, *list ? "," : "",
					    registry_add_url(b, item));
		value += len + (value[len] != '\0');
	}
	return list;
}

/* "name", "name+key" or "name+key URL"; "off" means no checks. */
static void add_checksums(struct registry_builder *b, const char *value)
{
	const char *url = strchr(value, ' ');
	size_t len = strcspn(value, "+ ");

	if (strcmp(value, "off") != 0 && *value) {
		if (url)
			registry_add_url(b, url + 1);
		else
			registry_add_url(b,
					 arena_printf(b->arena, "https://%.*s", (int)len, value));
	}
	words_addf(&b->env, "GOSUMDB=%s", arena_string(b->arena, value));
}

static int read_config(struct registry_builder *b, const struct json *config, struct error *err)
{
	static const char *const passed[] = {"GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE"};
	const char *proxies = add_proxies(b, json_string(json_get(config, "GOPROXY"), ""));

	if (!*proxies)
		return error_set(err, ERROR_UNAVAILABLE,
				 "go is configured without a module proxy (GOPROXY=%.80s)",
				 json_string(json_get(config, "GOPROXY"), ""));
	words_addf(&b->env, "GOPROXY=%s", proxies);
	add_checksums(b, json_string(json_get(config, "GOSUMDB"), ""));
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		const char *value = json_string(json_get(config, passed[i]), "");
		if (*value)
			words_addf(&b->env, "%s=%s", passed[i], arena_string(b->arena, value));
	}
	return 0;
}

static int load_go(struct registry_builder *b, struct error *err)
{
	const char *const argv[] = {b->environment->tool_path,
				    "env",
				    "-json",
				    "GOPROXY",
				    "GOSUMDB",
				    "GONOSUMDB",
				    "GOPRIVATE",
				    "GONOPROXY",
				    "GOINSECURE",
				    NULL};
	struct json *config = NULL;
	struct buf text;

	buf_init(&text, CONFIG_MAX);
	int rc = host_command(argv, HOST_COMMAND_MS, &text, err);
	if (rc == 0) {
		config = json_parse(text.data, text.len, "go env", err);
		rc = config ? read_config(b, config, err) : -1;
	}
	json_free(config);
	buf_done(&text);
	return rc;
}

static const struct registry_kind go = {.name = "go", .load = load_go};

REGISTER(registry_kinds, struct registry_kind, go);
