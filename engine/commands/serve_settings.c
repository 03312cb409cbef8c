/* The options of `assay serve`, and how they, the configuration and the secret files become settings. */
#include "engine/commands/serve_settings.h"

#include <string.h>
#include <unistd.h>

#include "engine/commands/prepare.h"
#include "engine/commands/serve_secrets.h"

enum { HOUR_MS = 3600 * 1000 };

const struct serve_options serve_defaults = {
	.waiting = 256,
	.sandboxes = 1000,
	.kept = 10000,
	.max_body = 16 << 20,
	.disk = UINT64_C(10) << 30,
	.kept_bytes = UINT64_C(1) << 30,
	.kept_ms = UINT64_C(30) * 24 * HOUR_MS,
	.ttl_ms = HOUR_MS,
	.drain_ms = 60 * 1000,
	/* of what one execution may ask for */
	.most = {.time_ms = HOUR_MS,
		 .memory = UINT64_C(4) << 30,
		 .disk = UINT64_C(10) << 30,
		 .cpus = 2},
};

/* clang-format off */
#define AT(member) offsetof(struct serve_options, member)
const struct option_spec serve_option_specs[] = {
	{"listen", 'l', OPTION_WORDS, AT(listen), "ADDRESS",
	 "127.0.0.1:7357 unless told; [::1]:80, unix:/path; may be given more than once", NULL},
	{"token-file", 0, OPTION_TEXT, AT(token_file), "FILE",
	 "lines tenant:token, *:token for any tenant, @metrics:token for /metrics; asked for as \"Authorization: Bearer\"", NULL},
	{"running", 0, OPTION_COUNT, AT(running), "N",
	 "executions at once, as many as processors unless told", NULL},
	{"waiting", 0, OPTION_COUNT, AT(waiting), "N",
	 "executions that wait before 429 is answered, 256 unless told", NULL},
	{"running-per-tenant", 0, OPTION_COUNT, AT(running_of_tenant), "N",
	 "executions at once of one tenant", NULL},
	{"max-body", 0, OPTION_SIZE, AT(max_body), "SIZE", "of a request, 16M unless told", NULL},
	{"max-time", 0, OPTION_DURATION, AT(most.time_ms), "TIME",
	 "the most that an execution may ask for, 1h unless told", NULL},
	{"max-memory", 0, OPTION_SIZE, AT(most.memory), "SIZE", "likewise, 4G unless told", NULL},
	{"max-disk", 0, OPTION_SIZE, AT(most.disk), "SIZE", "likewise, 10G unless told", NULL},
	{"max-cpus", 0, OPTION_NUMBER, AT(most.cpus), "N", "likewise, 2 unless told", NULL},
	{"sandboxes", 0, OPTION_COUNT, AT(sandboxes), "N",
	 "that one tenant may have, 1000 unless told", NULL},
	{"disk", 0, OPTION_SIZE, AT(disk), "SIZE",
	 "of one tenant's sandboxes, 10G unless told; a run that would keep more is rejected", NULL},
	{"requests-per-minute", 0, OPTION_COUNT, AT(requests_per_minute), "N",
	 "of one tenant, a tenth of them at once; no bound unless told", NULL},
	{"ttl", 0, OPTION_DURATION, AT(ttl_ms), "TIME",
	 "how long a sandbox lives that nobody uses, 1h unless told", NULL},
	{"retention", 0, OPTION_DURATION, AT(kept_ms), "TIME",
	 "how long executions are remembered, 720h unless told", NULL},
	{"retention-count", 0, OPTION_COUNT, AT(kept), "N",
	 "executions remembered of one tenant, 10000 unless told", NULL},
	{"retention-bytes", 0, OPTION_SIZE, AT(kept_bytes), "SIZE",
	 "reports and whole outputs remembered of one tenant, 1G unless told; the oldest go", NULL},
	{"callback-secret-file", 0, OPTION_TEXT, AT(callback_secret_file), "FILE",
	 "key that signs callbacks; without it they are refused", NULL},
	{"callback-host", 0, OPTION_WORDS, AT(callback_hosts), "HOST",
	 "callbacks may go there though it is private or loopback; may be given more than once", NULL},
	{"rules", 0, OPTION_TEXT, AT(rules), "FILE", "more rules, on top of the built-in ones", NULL},
	{"drain", 0, OPTION_DURATION, AT(drain_ms), "TIME",
	 "how long SIGTERM lets executions go on, 1m unless told", NULL},
	{"cost-per-hour", 0, OPTION_NUMBER, AT(cost_per_hour), "N",
	 "of a sandbox, for the estimate in its status", NULL},
	{.name = NULL},
};
#undef AT
/* clang-format on */

/* ---- what they mean ---- */

static const char *const default_listen[] = {"127.0.0.1:7357", NULL};

/* No port is open to others without a token. */
static int check_listeners(const char *const *listen, bool guarded, struct error *err)
{
	bool local;

	for (const char *const *each = listen; *each; each++) {
		if (http_listener_is_local(*each, &local, err) != 0)
			return error_wrap(err, "--listen");
		if (!local && !guarded)
			return error_set(
				err, ERROR_USAGE,
				"--listen %s is open to other machines: give --token-file, "
				"or listen on 127.0.0.1 or unix:/path",
				*each);
	}
	return 0;
}

static unsigned processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count > 0 ? (unsigned)count : 1;
}

static int read_files(struct serve_settings *settings, const struct serve_options *given,
		      struct error *err)
{
	struct api_token *tokens = NULL;
	size_t count = 0;

	if (config_load(&settings->arena, &settings->config, err) != 0)
		return -1;
	if (given->token_file &&
	    serve_tokens(&settings->arena, given->token_file, &tokens, &count, err) != 0)
		return -1;
	settings->api.tokens = tokens;
	settings->api.token_count = count;
	if (given->callback_secret_file &&
	    serve_secret(&settings->arena, given->callback_secret_file,
			 &settings->service.callback_secret, err) != 0)
		return -1;
	return prepare_rules(&settings->arena, &settings->rules, given->rules, err);
}

static void fill_service(struct serve_settings *settings, const struct serve_options *given)
{
	struct service_settings *to = &settings->service;

	to->state_dir = settings->config.state_dir;
	to->layers_disk = settings->config.layers_disk;
	to->rules = settings->rules;
	to->check_limits = prepare_check_limits();
	to->egress.private_hosts = settings->config.private_registries;
	to->queue.running = given->running ? given->running : processors();
	to->queue.waiting = given->waiting;
	to->quota = (struct service_quota){.sandboxes = given->sandboxes,
					   .disk = given->disk,
					   .running = given->running_of_tenant};
	to->limits = given->most;
	to->max_deadline_ms = given->most.time_ms;
	to->default_ttl_ms = given->ttl_ms;
	to->retention = (struct store_retention){.executions = given->kept,
						 .bytes = given->kept_bytes,
						 .before_ms = (int64_t)given->kept_ms};
	to->callback_hosts = given->callback_hosts.count ? given->callback_hosts.items : NULL;
}

int serve_settings_read(struct serve_settings *out, const struct serve_options *given,
			struct error *err)
{
	memset(out, 0, sizeof(*out));
	arena_init(&out->arena);
	out->listen = given->listen.count ? given->listen.items : default_listen;
	if (check_listeners(out->listen, given->token_file != NULL, err) != 0 ||
	    read_files(out, given, err) != 0)
		return -1;
	out->http.max_body = given->max_body;
	out->drain_ms = given->drain_ms;
	out->api.requests_per_minute = given->requests_per_minute;
	out->api.cost_per_hour = given->cost_per_hour;
	fill_service(out, given);
	return 0;
}

void serve_settings_done(struct serve_settings *settings)
{
	ruleset_free(settings->rules);
	arena_done(&settings->arena);
}
