/* assay doctor: what this host offers and lacks, each lack with its remedy. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/commands/commands.h"
#include "engine/commands/reach.h"
#include "engine/commands/streams.h"
#include "engine/report/clean.h"
#include "runners/environment.h"
#include "runners/sandbox.h"

enum { REACH_MS = 4000 };

struct settings {
	const char *format, *output, *colour;
	bool offline;
};

static const struct settings defaults = {.format = "text"};

struct entry {
	const char *group; /* "sandbox", "environment", "registry" */
	struct host_check check;
};

struct findings_list {
	struct arena arena;
	struct config config;
	struct entry *entries;
	size_t count;
	struct reach *hosts; /* of all registries, each once */
	const char **kinds; /* beside hosts: "npm" */
	size_t host_count;
	struct environment *environments; /* that can run here */
	size_t environment_count;
};

static void add(struct findings_list *list, const char *group, struct host_check check)
{
	struct entry *entry = arena_grow(&list->arena, &list->entries, list->count,
					 sizeof(*list->entries));

	*entry = (struct entry){group, check};
	list->count++;
}

static const char *keep(struct findings_list *list, const char *text)
{
	return arena_string(&list->arena, text);
}

/* ---- what is looked at ---- */

/* Whether there is one, for without it no sandbox can be tried. */
static bool look_at_state(struct findings_list *list)
{
	const char *dir = list->config.state_dir;
	struct host_check check = {.what = "state folder", .required = true, .found = dir};
	struct error err = {0};

	check.ok = file_make_dirs(dir, 0700, &err) == 0 && access(dir, W_OK) == 0;
	if (!check.ok) {
		check.found = error_is_set(&err)
				      ? keep(list, err.text)
				      : arena_printf(&list->arena, "%s cannot be written", dir);
		check.remedy = "set ASSAY_STATE_DIR to a folder on a disk that can be written";
	}
	add(list, "host", check);
	return check.ok;
}

static void look_at_sandbox(struct findings_list *list, bool has_state)
{
	const struct sandbox_ops *sandbox = sandbox_find(list->config.sandbox);
	struct host_check *checks, failure = {.what = list->config.sandbox, .required = true};
	struct error err = {0};
	size_t count;

	if (!sandbox) {
		failure.found = "there is no such backend";
		failure.remedy = "set ASSAY_SANDBOX=namespace";
		add(list, "sandbox", failure);
	} else if (!has_state) {
		failure.found = "not tried without a state folder";
		add(list, "sandbox", failure);
	} else if (sandbox->probe(&list->arena, list->config.state_dir, &checks, &count, &err) !=
		   0) {
		failure.found = keep(list, err.text);
		add(list, "sandbox", failure);
	} else {
		for (size_t i = 0; i < count; i++)
			add(list, "sandbox", checks[i]);
	}
}

static void add_host(struct findings_list *list, const char *kind, const char *host)
{
	for (size_t i = 0; i < list->host_count; i++) {
		if (strcmp(list->hosts[i].target, host) == 0)
			return;
	}
	struct reach *item = arena_grow(&list->arena, &list->hosts, list->host_count,
					sizeof(*list->hosts));
	item->target = host;
	const char **slot = arena_grow(&list->arena, &list->kinds, list->host_count,
				       sizeof(*list->kinds));
	*slot = kind;
	list->host_count++;
}

static void look_at_registries(struct findings_list *list, const struct environment *environment)
{
	const char *const *kind = environment->registries;

	for (; kind && *kind; kind++) {
		struct registry registry = {0};
		struct error err = {0};
		if (registry_load(&list->arena, environment, *kind, &registry, &err) != 0) {
			add(list, "registry",
			    (struct host_check){
				    .what = *kind,
				    .found = keep(list, err.text),
				    .remedy = "correct the client's own configuration"});
			continue;
		}
		for (const char *const *host = registry.hosts; host && *host; host++)
			add_host(list, *kind, *host);
	}
}

static void look_at_environments(struct findings_list *list)
{
	const char *const *names;
	struct error err = {0};

	if (environment_names(&list->arena, &names, &err) != 0) {
		add(list, "environment",
		    (struct host_check){.what = "templates",
					.required = true,
					.found = keep(list, err.text),
					.remedy = "correct or remove the override in ASSAY_SHARE"});
		return;
	}
	for (; *names; names++) {
		struct environment environment = {0};
		struct host_check check = {.what = *names};
		err = (struct error){0};
		check.ok = environment_load(&list->arena, *names, list->config.state_dir,
					    &environment, &err) == 0;
		if (check.ok) {
			check.found = arena_printf(&list->arena, "%s (%s)", environment.tool,
						   environment.tool_path);
			struct environment *slot = arena_grow(&list->arena, &list->environments,
							      list->environment_count,
							      sizeof(*slot));
			*slot = environment;
			list->environment_count++;
		} else {
			check.found = "cannot run here";
			check.remedy = keep(list, err.text);
		}
		add(list, "environment", check);
	}
}

/* ---- registries ---- */

static bool is_exception(const struct config *config, const char *host, size_t len)
{
	const char *const *name = config->private_registries;

	for (; name && *name; name++) {
		if (strlen(*name) == len && strncasecmp(*name, host, len) == 0)
			return true;
	}
	return false;
}

static struct host_check registry_check(struct findings_list *list, size_t index)
{
	const struct reach *item = &list->hosts[index];
	struct arena *arena = &list->arena;
	const char *colon = strrchr(item->target, ':');
	size_t len = colon ? (size_t)(colon - item->target) : strlen(item->target);
	struct host_check check = {
		.what = arena_printf(arena, "%s %s", list->kinds[index], item->target)};

	if (item->state == REACH_UNRESOLVED) {
		check.found = arena_printf(arena, "cannot be resolved: %s", item->why);
		check.remedy = "check the resolver (/etc/resolv.conf) and the client's own "
			       "registry configuration; installs fail until then";
	} else if (item->kind == ADDRESS_NEVER) {
		check.found = arena_printf(arena, "resolves to %s (%s)", item->address,
					   item->kind_word);
		check.remedy = "no setting allows that address: name another registry in the "
			       "client's own configuration";
	} else if (item->kind == ADDRESS_PRIVATE &&
		   !is_exception(&list->config, item->target, len)) {
		check.found = arena_printf(arena,
					   "resolves to %s (%s), which installs may not reach",
					   item->address, item->kind_word);
		check.remedy = arena_printf(
			arena,
			"where this is your own mirror, the administrator allows it with "
			"{\"private_registries\": [\"%.*s\"]} in /etc/assay/config.json, or with "
			"ASSAY_PRIVATE_REGISTRIES=%.*s",
			(int)len, item->target, (int)len, item->target);
	} else if (item->state != REACH_OK) {
		check.found = arena_printf(arena, "no connection to %s: %s", item->address,
					   item->why);
		check.remedy = "check the network and its firewall; installs fail until then";
	} else {
		check.ok = true;
		check.found = item->kind == ADDRESS_PRIVATE
				      ? arena_printf(
						arena,
						"reached at %s (%s, allowed by private_registries)",
						item->address, item->kind_word)
				      : arena_printf(arena, "reached at %s", item->address);
	}
	return check;
}

static void examine(struct findings_list *list, const struct settings *settings)
{
	look_at_sandbox(list, look_at_state(list));
	look_at_environments(list);
	if (!list->environment_count)
		add(list, "environment",
		    (struct host_check){.what = "any toolchain",
					.required = true,
					.found = "none of the environments can run here",
					.remedy = "install one of the toolchains above"});
	for (size_t i = 0; i < list->environment_count; i++)
		look_at_registries(list, &list->environments[i]);
	if (settings->offline)
		return;
	reach_all(list->hosts, list->host_count, REACH_MS);
	for (size_t i = 0; i < list->host_count; i++)
		add(list, "registry", registry_check(list, i));
}

/* ---- what is told ---- */

static bool can_run(const struct findings_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i].check.required && !list->entries[i].check.ok)
			return false;
	}
	return true;
}

static void write_json(const struct findings_list *list, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, false);
	json_object_begin(&w, NULL);
	json_put_bool(&w, "ok", can_run(list));
	json_array_begin(&w, "checks");
	for (size_t i = 0; i < list->count; i++) {
		const struct host_check *check = &list->entries[i].check;
		json_object_begin(&w, NULL);
		json_put_string(&w, "group", list->entries[i].group);
		json_put_string(&w, "what", check->what);
		json_put_bool(&w, "ok", check->ok);
		json_put_bool(&w, "required", check->required);
		json_put_string(&w, "found", check->found);
		json_put_string(&w, "remedy", check->remedy);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	buf_putc(out, '\n');
}

static void put(struct buf *out, const char *text)
{
	clean_terminal(out, text, strlen(text), "            ");
}

static void write_text(const struct findings_list *list, bool colour, struct buf *out)
{
	const char *group = "";

	for (size_t i = 0; i < list->count; i++) {
		const struct host_check *check = &list->entries[i].check;
		const char *word = check->ok ? "ok" : check->required ? "LACKS" : "lacks";
		const char *paint = check->ok         ? "\033[32m"
				    : check->required ? "\033[31m"
						      : "\033[33m";

		if (strcmp(group, list->entries[i].group) != 0)
			buf_printf(out, "%s%s\n", *group ? "\n" : "", list->entries[i].group);
		group = list->entries[i].group;
		buf_printf(out, "  %s%-6s%s  ", colour ? paint : "", word, colour ? "\033[0m" : "");
		put(out, check->what);
		if (check->found) {
			buf_puts(out, ": ");
			put(out, check->found);
		}
		buf_putc(out, '\n');
		if (!check->ok && check->remedy) {
			buf_puts(out, "          -> ");
			put(out, check->remedy);
			buf_putc(out, '\n');
		}
	}
	buf_puts(out, can_run(list)
			      ? "\nassay run works here.\n"
			      : "\nassay run does not work here until what is marked LACKS is "
				"there.\n");
}

static int run(const void *given, const char *operand)
{
	const struct settings *settings = given;
	struct findings_list list = {0};
	struct error err = {0};
	struct buf out;

	(void)operand;
	arena_init(&list.arena);
	buf_init(&out, 0);
	int rc = config_load(&list.arena, &list.config, &err);
	if (rc == 0) {
		examine(&list, settings);
		if (strcmp(settings->format, "json") == 0)
			write_json(&list, &out);
		else
			write_text(&list, !settings->output && streams_colour(settings->colour, 1),
				   &out);
		rc = streams_write(settings->output, out.data, out.len, &err);
	}
	int status = rc == 0 && can_run(&list) ? EXIT_OK : EXIT_CANNOT;
	if (rc != 0)
		streams_complain("doctor", err.text);
	buf_done(&out);
	arena_done(&list.arena);
	return status;
}

static const char *format_choice(size_t index)
{
	static const char *const words[] = {"text", "json"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const struct option_spec options[] = {
	{"format", 'f', OPTION_CHOICE, offsetof(struct settings, format), "FORMAT",
	 "text unless told", format_choice},
	{"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE",
	 "write there instead of to standard output", NULL},
	{"offline", 0, OPTION_FLAG, offsetof(struct settings, offline), NULL,
	 "do not try to reach the registries", NULL},
	{"colour", 0, OPTION_CHOICE, offsetof(struct settings, colour), "WHEN", "colours in text",
	 streams_colour_choice},
	{.name = NULL},
};

const struct subcommand cmd_doctor = {
	.name = "doctor",
	.summary = "Says what this host offers and lacks, each lack with its remedy",
	.details = "Exit status: 0 when assay run works here (perhaps not for every environment), "
		   "2 usage,\n4 when it does not.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.run = run,
};
