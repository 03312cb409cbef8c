/* Turns what was typed into what a job takes, and says early what cannot be meant. */
#include "engine/commands/prepare.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/nearest.h"
#include "engine/commands/streams.h"
#include "runners/environment.h"
#include "runners/language.h"

static const size_t REPLY_BYTES = 64 << 20;

static const char *string_at(const void *ctx, size_t index)
{
	return ((const char *const *)ctx)[index];
}

static const char *language_at(const void *ctx, size_t index)
{
	const struct language *language = ((const struct language *const *)ctx)[index];

	return language ? language->name : NULL;
}

typedef const char *(*word_fn)(const void *ctx, size_t index);

/* ERROR_USAGE unless word is one of those that at() gives. */
static int check_word(const char *option, const char *word, const void *ctx, word_fn at,
		      struct error *err)
{
	struct buf known;

	buf_init(&known, sizeof(err->text) / 2);
	for (size_t i = 0; at(ctx, i); i++) {
		if (strcmp(at(ctx, i), word) == 0) {
			buf_done(&known);
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", at(ctx, i));
	}
	const char *near = nearest_word(word, ctx, at);
	if (near)
		error_set(err, ERROR_USAGE, "--%s \"%.60s\" is not known; did you mean \"%s\"?",
			  option, word, near);
	else
		error_set(err, ERROR_USAGE, "--%s \"%.60s\" is not known; choose one of: %s",
			  option, word, known.data);
	buf_done(&known);
	return -1;
}

static int check_words(struct arena *arena, const struct reply_settings *settings,
		       struct error *err)
{
	const char *const *environments;
	const struct language *const *languages = language_all(arena);

	if (settings->environment) {
		if (environment_names(arena, &environments, err) != 0)
			return -1;
		if (check_word("env", settings->environment, environments, string_at, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < settings->languages.count; i++) {
		if (check_word("allow-language", settings->languages.items[i], languages,
			       language_at, err) != 0)
			return -1;
	}
	return 0;
}

/* Absolute and without links, so that history finds it again. It need not exist, its parent must. */
static int find_workspace(struct arena *arena, const char *dir, const char **out, struct error *err)
{
	char path[PATH_MAX];
	struct stat info;

	if (realpath(dir, path)) {
		if (stat(path, &info) != 0)
			return error_errno(err, errno, "--workspace %s", dir);
		if (!S_ISDIR(info.st_mode))
			return error_set(err, ERROR_USAGE, "--workspace %s is not a folder", dir);
		if (strcmp(path, "/") == 0)
			return error_set(err, ERROR_USAGE,
					 "--workspace / is the whole system: name a folder in it");
		*out = arena_string(arena, path);
		return 0;
	}
	if (errno != ENOENT)
		return error_errno(err, errno, "--workspace %s", dir);
	if (lstat(dir, &info) == 0)
		return error_set(err, ERROR_USAGE,
				 "--workspace %s is a symbolic link that leads nowhere", dir);
	const char *name = basename(arena_string(arena, dir));
	const char *parent = dirname(arena_string(arena, dir));
	if (!realpath(parent, path))
		return error_set(err, ERROR_USAGE, "--workspace %s: there is no folder %s", dir,
				 parent);
	*out = arena_printf(arena, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
	return 0;
}

struct check_limits prepare_check_limits(void)
{
	return (struct check_limits){
		.reply_bytes = REPLY_BYTES,
		.block_bytes = 8 << 20,
		.block_lines = 200000,
		.blocks = 10000,
		.files = 1000,
	};
}

int prepare_rules(struct arena *arena, struct ruleset **out, const char *extra, struct error *err)
{
	return ruleset_load(out, extra, err) != 0 ||
			       ruleset_check_languages(*out, language_all(arena), err) != 0
		       ? -1
		       : 0;
}

int prepare(struct prepared *prepared, const struct reply_settings *settings, const char *file,
	    struct error *err)
{
	struct job_options *options = &prepared->options;
	struct arena *arena = &prepared->arena;

	memset(prepared, 0, sizeof(*prepared));
	arena_init(arena);
	buf_init(&prepared->text, 0);
	if (config_load(arena, &prepared->config, err) != 0 ||
	    check_words(arena, settings, err) != 0)
		return -1;
	if (settings->workspace &&
	    find_workspace(arena, settings->workspace, &options->workspace, err) != 0)
		return -1;
	if (prepare_rules(arena, &prepared->rules, settings->rules, err) != 0)
		return -1;
	options->environment = settings->environment;
	options->no_install = settings->no_install;
	options->state_dir = prepared->config.state_dir;
	options->layers_disk = prepared->config.layers_disk;
	options->rules = prepared->rules;
	options->check_limits = prepare_check_limits();
	options->check_limits.languages = settings->languages.count ? settings->languages.items
								    : NULL;
	return streams_read(file, "a reply", REPLY_BYTES, &prepared->text, err);
}

void prepared_done(struct prepared *prepared)
{
	ruleset_free(prepared->rules);
	buf_done(&prepared->text);
	arena_done(&prepared->arena);
}
