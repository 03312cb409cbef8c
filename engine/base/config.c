/* The administrator's settings: files first, variables last, every mistake told with its place. */
#include "engine/base/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/quantity.h"

enum { CONFIG_MAX = 1 << 20 };

static const uint64_t LAYERS_DISK = UINT64_C(10) << 30;

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* ---- values, checked; place is "file:line" or the name of a variable ---- */

static int set_state_dir(struct arena *arena, struct config *out, const char *value,
			 const char *place, struct error *err)
{
	if (value[0] != '/')
		return error_set(err, ERROR_INPUT,
				 "%s: state_dir must be an absolute path, not \"%s\"", place,
				 value);
	out->state_dir = arena_string(arena, value);
	return 0;
}

static int set_sandbox(struct arena *arena, struct config *out, const char *value,
		       const char *place, struct error *err)
{
	if (!*value)
		return error_set(err, ERROR_INPUT, "%s: sandbox must name a backend", place);
	out->sandbox = arena_string(arena, value);
	return 0;
}

static int set_layers_disk(struct config *out, const char *value, const char *place,
			   struct error *err)
{
	if (quantity_size(value, &out->layers_disk) != 0 || out->layers_disk == 0)
		return error_set(err, ERROR_INPUT,
				 "%s: layers_disk must be a size such as 512M or 10G, not \"%s\"",
				 place, value);
	return 0;
}

/* A name or an IPv4 address: an exception for a host holds whatever the port. */
static int check_host(const char *host, const char *place, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	if (*host && strspn(host, allowed) == strlen(host))
		return 0;
	return error_set(err, ERROR_INPUT,
			 "%s: private_registries takes host names, without scheme, port or path, "
			 "not \"%s\"",
			 place, host);
}

static int set_registries_from_text(struct arena *arena, struct config *out, const char *text,
				    const char *place, struct error *err)
{
	const char **list = arena_array(arena, strlen(text) + 2, sizeof(*list));
	size_t count = 0;
	char *rest = arena_string(arena, text), *save = NULL;
	for (char *item = strtok_r(rest, ", \t\n", &save); item;
	     item = strtok_r(NULL, ", \t\n", &save)) {
		if (check_host(item, place, err) != 0)
			return -1;
		list[count++] = item;
	}
	out->private_registries = list;
	return 0;
}

/* ---- files ---- */

struct source {
	const char *path;
	const char *text;
	struct arena *arena;
};

/*
 * "path:line" of the first place where the JSON string stands. The parser keeps no places; a
 * setting that is written twice is pointed at where it stands first.
 */
static const char *place_of(const struct source *source, const char *string)
{
	const char *quoted = arena_printf(source->arena, "\"%s\"", string);
	const char *at = strstr(source->text, quoted);
	size_t line = 1;
	for (const char *c = source->text; at && c < at; c++)
		line += *c == '\n';
	return arena_printf(source->arena, "%s:%zu", source->path, line);
}

static int set_registries(const struct source *source, struct config *out, const struct json *value,
			  struct error *err)
{
	const char *place = place_of(source, "private_registries");
	if (!json_is_array(value))
		return error_set(err, ERROR_INPUT,
				 "%s: private_registries must be a list of host names", place);
	const char **list = arena_array(source->arena, json_count(value) + 1, sizeof(*list));
	size_t count = 0;
	JSON_EACH (item, value) {
		const char *host = json_string(item, NULL);
		if (!host)
			return error_set(err, ERROR_INPUT,
					 "%s: private_registries must be a list of host names",
					 place);
		if (check_host(host, place_of(source, host), err) != 0)
			return -1;
		list[count++] = arena_string(source->arena, host);
	}
	out->private_registries = list;
	return 0;
}

static int set_member(const struct source *source, struct config *out, const struct json *member,
		      struct error *err)
{
	const char *key = json_key(member);
	const char *place = place_of(source, key);
	if (strcmp(key, "private_registries") == 0)
		return set_registries(source, out, member, err);
	bool state_dir = strcmp(key, "state_dir") == 0;
	bool layers_disk = strcmp(key, "layers_disk") == 0;
	if (!state_dir && !layers_disk && strcmp(key, "sandbox") != 0)
		return error_set(err, ERROR_INPUT,
				 "%s: unknown field \"%s\" (known: state_dir, sandbox, "
				 "layers_disk, private_registries)",
				 place, key);
	const char *value = json_string(member, NULL);
	if (!value)
		return error_set(err, ERROR_INPUT, "%s: %s must be a string", place, key);
	if (layers_disk)
		return set_layers_disk(out, value, place, err);
	return state_dir ? set_state_dir(source->arena, out, value, place, err)
			 : set_sandbox(source->arena, out, value, place, err);
}

static int load_text(const struct source *source, size_t len, struct config *out, struct error *err)
{
	struct json *root = json_parse(source->text, len, source->path, err);
	if (!root)
		return -1;
	int rc = 0;
	if (!json_is_object(root))
		rc = error_set(err, ERROR_INPUT, "%s:1: expected an object", source->path);
	JSON_EACH (member, root) {
		if (rc == 0)
			rc = set_member(source, out, member, err);
	}
	json_free(root);
	return rc;
}

static int load_file(struct arena *arena, const char *path, bool must_exist, struct config *out,
		     struct error *err)
{
	if (!must_exist && !file_exists(path))
		return 0; /* also when a folder above it is closed to us: somebody else's HOME */
	struct buf text;
	buf_init(&text, CONFIG_MAX);
	int rc = file_read(path, &text, err);
	if (rc == 0) {
		struct source source = {path, text.data, arena};
		rc = load_text(&source, text.len, out, err);
	} else {
		error_wrap(err, "configuration");
	}
	buf_done(&text);
	return rc;
}

static int load_files(struct arena *arena, struct config *out, struct error *err)
{
	if (load_file(arena, "/etc/assay/config.json", false, out, err) != 0)
		return -1;
	const char *home = variable("HOME"), *base = variable("XDG_CONFIG_HOME");
	const char *own = NULL;
	if (base && base[0] == '/') /* the specification says to ignore relative ones */
		own = arena_printf(arena, "%s/assay/config.json", base);
	else if (home)
		own = arena_printf(arena, "%s/.config/assay/config.json", home);
	if (own && load_file(arena, own, false, out, err) != 0)
		return -1;
	const char *named = variable("ASSAY_CONFIG");
	return named ? load_file(arena, arena_string(arena, named), true, out, err) : 0;
}

static int load_variables(struct arena *arena, struct config *out, struct error *err)
{
	const char *value = variable("ASSAY_STATE_DIR");
	if (value && set_state_dir(arena, out, value, "ASSAY_STATE_DIR", err) != 0)
		return -1;
	value = variable("ASSAY_SANDBOX");
	if (value && set_sandbox(arena, out, value, "ASSAY_SANDBOX", err) != 0)
		return -1;
	value = variable("ASSAY_LAYERS_DISK");
	if (value && set_layers_disk(out, value, "ASSAY_LAYERS_DISK", err) != 0)
		return -1;
	/* set but empty is meaningful here: no exceptions, whatever the files say */
	value = getenv("ASSAY_PRIVATE_REGISTRIES");
	if (value)
		return set_registries_from_text(arena, out, value, "ASSAY_PRIVATE_REGISTRIES", err);
	return 0;
}

static int default_state_dir(struct arena *arena, struct config *out, struct error *err)
{
	const char *base = variable("XDG_STATE_HOME"), *home = variable("HOME");
	if (geteuid() == 0)
		out->state_dir = "/var/lib/assay";
	else if (base && base[0] == '/')
		out->state_dir = arena_printf(arena, "%s/assay", base);
	else if (home && home[0] == '/')
		out->state_dir = arena_printf(arena, "%s/.local/state/assay", home);
	else
		return error_set(err, ERROR_UNAVAILABLE,
				 "no place for the state: HOME is not set; set ASSAY_STATE_DIR");
	return 0;
}

int config_load(struct arena *arena, struct config *out, struct error *err)
{
	static const char *const none[] = {NULL};
	*out = (struct config){
		.sandbox = "namespace",
		.layers_disk = LAYERS_DISK,
		.private_registries = none,
	};
	if (load_files(arena, out, err) != 0 || load_variables(arena, out, err) != 0)
		return -1;
	return out->state_dir ? 0 : default_state_dir(arena, out, err);
}
