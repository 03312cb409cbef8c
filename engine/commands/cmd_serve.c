/* assay serve: the pipeline as a service, over HTTP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/api/api.h"
#include "engine/base/log.h"
#include "engine/commands/backend.h"
#include "engine/commands/commands.h"
#include "engine/commands/prepare.h"
#include "engine/commands/serve_memory.h"
#include "engine/commands/serve_secrets.h"
#include "engine/commands/streams.h"

enum {
	SIGNALS = 2,
	SETTLE_MS = 20, /* between two looks whether the last answers are sent */
	SETTLE_LOOKS = 250,
	HOUR_MS = 3600 * 1000,
};

struct settings {
	struct option_words listen, callback_hosts;
	const char *token_file, *callback_secret_file, *rules;
	unsigned running, waiting, running_of_tenant, sandboxes, requests_per_minute, kept;
	uint64_t max_body, disk, kept_bytes, kept_ms, ttl_ms, drain_ms;
	struct limits most;
	double cost_per_hour;
};

/* The most that a run may ask for, unless told otherwise. */
static const struct settings defaults = {
	.waiting = 256,
	.sandboxes = 1000,
	.kept = 10000,
	.max_body = 16 << 20,
	.disk = UINT64_C(10) << 30,
	.kept_bytes = UINT64_C(1) << 30,
	.kept_ms = UINT64_C(30) * 24 * HOUR_MS,
	.ttl_ms = HOUR_MS,
	.drain_ms = 60 * 1000,
	.most = {.time_ms = HOUR_MS,
		 .memory = UINT64_C(4) << 30,
		 .disk = UINT64_C(10) << 30,
		 .cpus = 2},
};

struct serve {
	const struct settings *settings;
	struct arena arena;
	struct config config;
	struct ruleset *rules;
	struct service_settings service_settings;
	struct api_settings api_settings;
	uv_loop_t loop;
	uv_signal_t signals[SIGNALS];
	uv_timer_t settle, memory;
	unsigned looks;
	struct service *service;
	struct api *api;
	struct http *http;
	bool started, stopping, closing;
};

/* ---- before the loop ---- */

static const char *const default_listen[] = {"127.0.0.1:7357", NULL};

static const char *const *listeners(const struct settings *settings)
{
	return settings->listen.count ? settings->listen.items : default_listen;
}

/* No port is open to others without a token. */
static int check_listeners(const struct settings *settings, struct error *err)
{
	bool local;

	for (const char *const *each = listeners(settings); *each; each++) {
		if (http_listener_is_local(*each, &local, err) != 0)
			return error_wrap(err, "--listen");
		if (!local && !settings->token_file)
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

static int read_settings(struct serve *serve, struct error *err)
{
	const struct settings *given = serve->settings;
	struct service_settings *to = &serve->service_settings;
	struct api_token *tokens = NULL;
	size_t count = 0;

	if (check_listeners(given, err) != 0 ||
	    config_load(&serve->arena, &serve->config, err) != 0)
		return -1;
	if (given->token_file &&
	    serve_tokens(&serve->arena, given->token_file, &tokens, &count, err) != 0)
		return -1;
	if (given->callback_secret_file && serve_secret(&serve->arena, given->callback_secret_file,
							&to->callback_secret, err) != 0)
		return -1;
	if (prepare_rules(&serve->arena, &serve->rules, given->rules, err) != 0 ||
	    backend_choose(&serve->config, &to->sandbox, err) != 0)
		return -1;
	to->state_dir = serve->config.state_dir;
	to->layers_disk = serve->config.layers_disk;
	to->rules = serve->rules;
	to->check_limits = prepare_check_limits();
	to->egress.private_hosts = serve->config.private_registries;
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
	serve->api_settings = (struct api_settings){
		.tokens = tokens,
		.token_count = count,
		.requests_per_minute = given->requests_per_minute,
		.cost_per_hour = given->cost_per_hour,
	};
	return 0;
}

/* Every connection and every command under way has descriptors. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_write(LOG_WARN, "the limit of open files stays as it is");
	}
}

/* Only before the first thread: the environment belongs to nobody later. */
static void set_environment(void)
{
	setenv("UV_THREADPOOL_SIZE", "16", 0);
	setenv("ASSAY_LOG_FORMAT", "json", 0);
}

/* ---- the end ---- */

static void on_service_closed(void *ctx)
{
	struct serve *serve = ctx;

	api_free(serve->api);
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&serve->signals[i], NULL);
	uv_close((uv_handle_t *)&serve->settle, NULL);
	uv_close((uv_handle_t *)&serve->memory, NULL);
}

static void on_given_up(void *ctx)
{
	struct serve *serve = ctx;

	if (serve->api)
		api_free(serve->api);
}

static void close_service(void *ctx)
{
	struct serve *serve = ctx;

	metrics_free(serve->api_settings.metrics);
	service_close(serve->service, serve->started ? on_service_closed : on_given_up, serve);
}

/* What threads still do for clients that left, they do with the service. */
static void on_last_calls(uv_timer_t *timer)
{
	struct serve *serve = timer->data;

	if (!api_is_idle(serve->api))
		return;
	uv_timer_stop(timer);
	canary_close(serve->api_settings.canary, close_service, serve);
}

static void on_http_stopped(void *ctx)
{
	struct serve *serve = ctx;

	api_set_server(serve->api, NULL);
	uv_timer_start(&serve->settle, on_last_calls, 0, SETTLE_MS);
}

/* The last executions are over, but their answers may still be on the way to the clients. */
static void on_settle(uv_timer_t *timer)
{
	struct serve *serve = timer->data;
	struct http_counts counts;

	http_count(serve->http, &counts);
	if (counts.requests_open > 0 && serve->looks++ < SETTLE_LOOKS)
		return;
	uv_timer_stop(timer);
	http_stop(serve->http, on_http_stopped, serve);
}

static void on_drained(void *ctx)
{
	struct serve *serve = ctx;

	serve->closing = true;
	uv_timer_start(&serve->settle, on_settle, 0, SETTLE_MS);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct serve *serve = signal->data;

	(void)number;
	if (serve->closing)
		return;
	if (!serve->stopping)
		http_refuse(serve->http);
	/* The second time, what still runs is cancelled. */
	service_drain(serve->service, serve->stopping ? 0 : serve->settings->drain_ms, on_drained,
		      serve);
	serve->stopping = true;
}

/* ---- the loop ---- */

static void announce(struct serve *serve)
{
	const char *const *each = listeners(serve->settings);

	for (size_t i = 0; each[i]; i++) {
		const char *at = http_listener(serve->http, i);
		fprintf(stderr, "assay serve: listening on %s%s\n",
			strncmp(at, "unix:", 5) == 0 ? "" : "http://", at);
	}
}

static int start(struct serve *serve, struct error *err)
{
	static const int numbers[SIGNALS] = {SIGTERM, SIGINT};
	const struct http_settings settings = {.max_body = serve->settings->max_body};
	struct http_handlers handlers;

	if (service_open(&serve->service, &serve->loop, &serve->service_settings, err) != 0)
		return -1;
	const struct canary_settings canary = {.service = &serve->service_settings,
					       .store = service_store(serve->service)};
	serve->api_settings.canary = canary_new(&serve->loop, &canary);
	serve->api_settings.metrics = metrics_new(serve->service);
	if (api_new(&serve->api, &serve->loop, serve->service, &serve->api_settings, err) != 0)
		return -1;
	handlers = api_handlers(serve->api);
	if (http_start(&serve->http, &serve->loop, listeners(serve->settings), &settings, &handlers,
		       err) != 0)
		return -1;
	api_set_server(serve->api, serve->http);
	uv_timer_init(&serve->loop, &serve->settle);
	serve->settle.data = serve;
	serve_memory_start(&serve->memory, &serve->loop);
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&serve->loop, &serve->signals[i]);
		serve->signals[i].data = serve;
		uv_signal_start(&serve->signals[i], on_signal, numbers[i]);
	}
	serve->started = true;
	announce(serve);
	return 0;
}

/* What was opened before the start failed is closed again in order. */
static void give_up(void *ctx)
{
	struct serve *serve = ctx;

	canary_close(serve->api_settings.canary, close_service, serve);
}

static int drive(struct serve *serve, struct error *err)
{
	if (uv_loop_init(&serve->loop) != 0)
		return error_set(err, ERROR_NO_SPACE, "cannot make an event loop");
	backend_start_threads(&serve->loop);
	int rc = start(serve, err);
	if (rc != 0 && serve->service)
		service_drain(serve->service, 0, give_up, serve);
	uv_run(&serve->loop, UV_RUN_DEFAULT);
	uv_loop_close(&serve->loop);
	return rc;
}

static int run(const void *given, const char *operand)
{
	struct serve serve = {.settings = given};
	struct error err = {0};

	(void)operand;
	arena_init(&serve.arena);
	set_environment();
	raise_limits();
	int rc = read_settings(&serve, &err);
	if (rc == 0 && serve.service_settings.sandbox->prepare)
		rc = serve.service_settings.sandbox->prepare(&err);
	if (rc == 0)
		rc = drive(&serve, &err);
	if (serve.service_settings.sandbox && serve.service_settings.sandbox->retire)
		serve.service_settings.sandbox->retire();
	if (rc != 0)
		streams_complain("serve", err.text);
	ruleset_free(serve.rules);
	arena_done(&serve.arena);
	return rc == 0 ? EXIT_OK : err.code == ERROR_USAGE ? EXIT_USAGE : EXIT_CANNOT;
}

/* ---- the command line ---- */

/* clang-format off */
#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
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

const struct subcommand cmd_serve = {
	.name = "serve",
	.summary = "Answers over HTTP: executions, sandboxes that last, a history",
	.details =
		"curl --data-binary @reply.md -H 'Content-Type: text/plain' "
		"http://127.0.0.1:7357/execute\n\n"
		"ASSAY_STATE_DIR is where everything is kept, ASSAY_LAYERS_DISK (10G) the most "
		"that installed\ndependencies take there: the least recently used go. "
		"ASSAY_LOG=info logs each request as a\nline of JSON. SIGTERM lets what runs go on for a while, a second one "
		"cancels it.\n\n"
		"Of what clients send, and of what they do not read, it holds at most 1G: 512M of "
		"bodies on their\nway (or four times --max-body), 256M of answers and 256M of event "
		"streams. Beyond that it\nanswers 503, or ends the stream that is furthest behind.\n\n"
		"Exit status: 0 stopped by a signal; 2 usage; 4 could not run.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.run = run,
};
