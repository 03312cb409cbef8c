/* The way out of a sandbox as jobs know it, done by the allow-list proxy. */
#include "engine/net/proxy/egress.h"

#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/net/proxy/proxy.h"

struct egress {
	struct proxy *proxy;
	struct egress_settings *settings;
	struct proxy_stats stats; /* keeps the text that egress_refusal gave out */
	void (*stopped)(void *ctx);
	void *ctx;
};

static int egress_start(void *ctx, uv_loop_t *loop, int listen_fd, const char *const *hosts,
			void **handle, struct error *err)
{
	struct egress_settings *settings = ctx;
	struct egress *egress = memory_zeroed(sizeof(*egress));
	struct proxy_rules rules = {
		.hosts = hosts,
		.private_hosts = settings->private_hosts,
		.max_bytes = settings->max_bytes,
		.max_connections = settings->max_connections,
		.max_requests = settings->max_requests,
	};
	if (proxy_start(&egress->proxy, loop, listen_fd, &rules, err) != 0) {
		free(egress);
		return error_wrap(err, "egress");
	}
	egress->settings = settings;
	*handle = egress;
	return 0;
}

static const char *egress_refusal(void *handle)
{
	struct egress *egress = handle;
	proxy_stats(egress->proxy, &egress->stats);
	return egress->stats.last_refusal[0] ? egress->stats.last_refusal : NULL;
}

static void count(struct egress_totals *totals, const struct proxy_stats *stats)
{
	totals->installs++;
	totals->requests += stats->requests;
	totals->refused += stats->refused;
	totals->bytes_up += stats->bytes_up;
	totals->bytes_down += stats->bytes_down;
}

static void on_stopped(void *ctx)
{
	struct egress *egress = ctx;
	void (*stopped)(void *ctx) = egress->stopped;
	void *stopped_ctx = egress->ctx;
	free(egress);
	stopped(stopped_ctx);
}

static void egress_stop(void *handle, void (*stopped)(void *ctx), void *ctx)
{
	struct egress *egress = handle;
	proxy_stats(egress->proxy, &egress->stats);
	count(&egress->settings->totals, &egress->stats);
	egress->stopped = stopped;
	egress->ctx = ctx;
	proxy_stop(egress->proxy, on_stopped, egress);
}

const struct egress_ops egress_proxy = {egress_start, egress_refusal, egress_stop};
