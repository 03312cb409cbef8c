/* pip: its merged configuration (files, PIP_ variables) and the index that it has by default. */
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "runners/host_command.h"
#include "runners/registry_kind.h"

enum { CONFIG_MAX = 1024 * 1024 };

/* pip has no command that prints its default index; its own modules know. */
static const char question[] =
	"import json\n"
	"from pip._internal.configuration import Configuration\n"
	"from pip._internal.models.index import PyPI\n"
	"c = Configuration(isolated=False)\n"
	"c.load()\n"
	"items = {}\n"
	"for key, value in c.items():\n"
	"    pairs = value.items() if isinstance(value, dict) else [(key, value)]\n"
	"    items.update((k, v) for k, v in pairs)\n"
	"print(json.dumps({'index': PyPI.simple_url, 'files': PyPI.file_storage_domain,"
	" 'config': items}))\n";

/* ":env:.index-url", "global.index-url" or "install.index-url"; later ones of these win. */
static const char *setting(const struct json *config, const char *name)
{
	static const char *const sections[] = {":env:", "install", "global"};
	char key[64];

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		snprintf(key, sizeof(key), "%s.%s", sections[i], name);
		const char *value = json_string(json_get(config, key), NULL);
		if (value && *value)
			return value;
	}
	return NULL;
}

/* Words of a setting that may hold several: URLs, or folders of this host. */
static const char *add_locations(struct registry_builder *b, const char *value)
{
	const char *cleaned = "";

	while (*(value += strspn(value, " \t\r\n"))) {
		size_t len = strcspn(value, " \t\r\n");
		const char *word = arena_copy(b->arena, value, len);
		if (*word == '/' && file_exists(word))
			words_add_new(&b->mounts, word);
		cleaned = arena_printf(b->arena, "%s%s%s", cleaned, *cleaned ? " " : "",
				       registry_add_url(b, word));
		value += len;
	}
	return cleaned;
}

static void read_config(struct registry_builder *b, const struct json *answer)
{
	static const char *const variables[] = {"PIP_CERT", NULL};
	static const char *const others[][2] = {{"extra-index-url", "PIP_EXTRA_INDEX_URL"},
						{"find-links", "PIP_FIND_LINKS"}};
	const struct json *config = json_get(answer, "config");
	const char *index = setting(config, "index-url");

	if (!index) {
		index = json_string(json_get(answer, "index"), "");
		words_add_new(&b->hosts, arena_printf(b->arena, "%s:443",
						      json_string(json_get(answer, "files"), "")));
	}
	words_addf(&b->env, "PIP_INDEX_URL=%s", registry_add_url(b, index));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const char *value = setting(config, others[i][0]);
		if (value)
			words_addf(&b->env, "%s=%s", others[i][1], add_locations(b, value));
	}
	const char *trusted = setting(config, "trusted-host");
	if (trusted)
		words_addf(&b->env, "PIP_TRUSTED_HOST=%s", trusted);
	registry_add_certificates(b, setting(config, "cert"), variables);
}

static int load_pip(struct registry_builder *b, struct error *err)
{
	const char *const argv[] = {b->environment->tool_path, "-c", question, NULL};
	struct json *answer = NULL;
	struct buf text;

	buf_init(&text, CONFIG_MAX);
	int rc = host_command(argv, HOST_COMMAND_MS, &text, err);
	if (rc == 0) {
		answer = json_parse(text.data, text.len, "pip's configuration", err);
		rc = answer ? 0 : -1;
	}
	if (rc == 0)
		read_config(b, answer);
	json_free(answer);
	buf_done(&text);
	return rc;
}

static const struct registry_kind pip = {.name = "pip", .load = load_pip};

REGISTER(registry_kinds, struct registry_kind, pip);
