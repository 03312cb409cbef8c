/* What `assay serve` is told, by options, by the environment and in files, and what it means for each part. */
#ifndef COMMANDS_SERVE_SETTINGS_H
#define COMMANDS_SERVE_SETTINGS_H

#include "engine/api/api.h"
#include "engine/base/arena.h"
#include "engine/base/config.h"
#include "engine/commands/options.h"

/* As typed. */
struct serve_options {
	struct option_words listen, callback_hosts;
	const char *token_file, *callback_secret_file, *rules;
	unsigned running, waiting, running_of_tenant, sandboxes, requests_per_minute, kept;
	uint64_t max_body, disk, kept_bytes, kept_ms, ttl_ms, drain_ms;
	struct limits most;
	double cost_per_hour;
};

extern const struct option_spec serve_option_specs[];
extern const struct serve_options serve_defaults;

struct serve_settings {
	struct arena arena;
	struct config config;
	struct ruleset *rules;
	const char *const *listen; /* NULL-terminated */
	struct http_settings http;
	struct service_settings service; /* without its sandbox */
	struct api_settings api; /* without its canary and metrics */
	uint64_t drain_ms;
};

/* Borrows given. serve_settings_done is needed after failure too. */
int serve_settings_read(struct serve_settings *out, const struct serve_options *given,
			struct error *err);
void serve_settings_done(struct serve_settings *settings);

#endif
