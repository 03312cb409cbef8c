/* assay serve: the pipeline as a service, over HTTP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/api/api.h"
#include "engine/base/log.h"
#include "engine/commands/backend.h"
#include "engine/commands/commands.h"
#include "engine/commands/serve_descriptors.h"
#include "engine/commands/serve_memory.h"
#include "engine/commands/serve_settings.h"
#include "engine/commands/streams.h"

enum {
	SIGNALS = 2,
	SETTLE_MS = 20, /* between two looks whether the last answers are sent */
	SETTLE_LOOKS = 250,
};

struct serve {
	struct serve_settings settings;
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

	metrics_free(serve->settings.api.metrics);
	service_close(serve->service, serve->started ? on_service_closed : on_given_up, serve);
}

/* What threads still do for clients that left, they do with the service. */
static void on_last_calls(uv_timer_t *timer)
{
	struct serve *serve = timer->data;

	if (!api_is_idle(serve->api))
		return;
	uv_timer_stop(timer);
	canary_close(serve->settings.api.canary, close_service, serve);
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
	service_drain(serve->service, serve->stopping ? 0 : serve->settings.drain_ms, on_drained,
		      serve);
	serve->stopping = true;
}

/* ---- the loop ---- */

static void announce(struct serve *serve)
{
	const char *const *each = serve->settings.listen;

	for (size_t i = 0; each[i]; i++) {
		const char *at = http_listener(serve->http, i);
		fprintf(stderr, "assay serve: listening on %s%s\n",
			strncmp(at, "unix:", 5) == 0 ? "" : "http://", at);
	}
}

static int start(struct serve *serve, struct error *err)
{
	static const int numbers[SIGNALS] = {SIGTERM, SIGINT};
	struct serve_settings *settings = &serve->settings;
	struct http_handlers handlers;
	size_t count = 0;

	while (settings->listen[count])
		count++;
	serve_descriptors_share(settings->service.queue.running, count, &settings->http);
	if (service_open(&serve->service, &serve->loop, &settings->service, err) != 0)
		return -1;
	const struct canary_settings canary = {.service = &settings->service,
					       .store = service_store(serve->service)};
	settings->api.canary = canary_new(&serve->loop, &canary);
	settings->api.metrics = metrics_new(serve->service);
	if (api_new(&serve->api, &serve->loop, serve->service, &settings->api, err) != 0)
		return -1;
	handlers = api_handlers(serve->api);
	if (http_start(&serve->http, &serve->loop, settings->listen, &settings->http, &handlers,
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

	canary_close(serve->settings.api.canary, close_service, serve);
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
	struct serve serve = {.started = false};
	struct error err = {0};

	(void)operand;
	set_environment();
	serve_descriptors_raise();
	int rc = serve_settings_read(&serve.settings, given, &err);
	const struct sandbox_ops **sandbox = &serve.settings.service.sandbox;
	if (rc == 0)
		rc = backend_choose(&serve.settings.config, sandbox, &err);
	if (rc == 0 && (*sandbox)->prepare)
		rc = (*sandbox)->prepare(&err);
	if (rc == 0)
		rc = drive(&serve, &err);
	if (*sandbox && (*sandbox)->retire)
		(*sandbox)->retire();
	if (rc != 0)
		streams_complain("serve", err.text);
	serve_settings_done(&serve.settings);
	return rc == 0 ? EXIT_OK : err.code == ERROR_USAGE ? EXIT_USAGE : EXIT_CANNOT;
}

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
		"streams, and one\ntenant's bodies or answers at most as much as they leave free. Beyond that it "
		"answers 503, or ends\nthe stream that is furthest behind.\n\n"
		"Exit status: 0 stopped by a signal; 2 usage; 4 could not run.\n",
	.options = serve_option_specs,
	.settings_size = sizeof(struct serve_options),
	.defaults = &serve_defaults,
	.run = run,
};
