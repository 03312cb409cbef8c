/* Name look-ups and connections side by side on a loop of their own. */
#include "engine/commands/reach.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "engine/base/container.h"
#include "engine/base/memory.h"

struct probe {
	struct reach *item;
	uv_getaddrinfo_t lookup;
	uv_tcp_t socket;
	uv_connect_t connect;
	bool looking_up, socket_open;
	char host[256], port[8];
};

struct batch {
	uv_loop_t loop;
	uv_timer_t deadline;
	struct probe *probes;
	size_t count, waiting;
};

static void settle(struct probe *probe, enum reach_state state, const char *why)
{
	struct batch *batch = probe->lookup.data;

	probe->item->state = state;
	snprintf(probe->item->why, sizeof(probe->item->why), "%s", why ? why : "");
	if (probe->socket_open) {
		probe->socket_open = false;
		uv_close((uv_handle_t *)&probe->socket, NULL);
	}
	if (--batch->waiting == 0)
		uv_close((uv_handle_t *)&batch->deadline, NULL);
}

static void on_connect(uv_connect_t *request, int status)
{
	struct probe *probe = request->data;

	if (probe->socket_open) /* else the deadline has settled it */
		settle(probe, status == 0 ? REACH_OK : REACH_REFUSED,
		       status == 0 ? NULL : uv_strerror(status));
}

static void judge_address(struct reach *item, const struct addrinfo *found)
{
	for (const struct addrinfo *it = found; it; it = it->ai_next) {
		const char *word = NULL;
		enum address_reach kind = address_reach(it->ai_addr, &word);
		if (it != found && kind <= item->kind)
			continue;
		item->kind = kind;
		item->kind_word = word;
		address_text(it->ai_addr, item->address);
	}
}

static void on_lookup(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct probe *probe = CONTAINER(request, struct probe, lookup);
	struct batch *batch = request->data;

	if (!probe->looking_up) { /* the deadline has settled it */
		uv_freeaddrinfo(found);
		return;
	}
	probe->looking_up = false;
	if (status != 0 || !found) {
		settle(probe, REACH_UNRESOLVED, status ? uv_strerror(status) : "no address");
		uv_freeaddrinfo(found);
		return;
	}
	judge_address(probe->item, found);
	if (probe->item->kind == ADDRESS_NEVER) { /* nor do we: it may be a metadata service */
		uv_freeaddrinfo(found);
		settle(probe, REACH_REFUSED, "not tried");
		return;
	}
	uv_tcp_init(&batch->loop, &probe->socket);
	probe->socket_open = true;
	probe->connect.data = probe;
	int rc = uv_tcp_connect(&probe->connect, &probe->socket, found->ai_addr, on_connect);
	uv_freeaddrinfo(found);
	if (rc != 0)
		settle(probe, REACH_REFUSED, uv_strerror(rc));
}

static void on_deadline(uv_timer_t *timer)
{
	struct batch *batch = timer->data;

	for (size_t i = 0; i < batch->count; i++) {
		struct probe *probe = &batch->probes[i];
		if (probe->looking_up) {
			probe->looking_up = false;
			uv_cancel((uv_req_t *)&probe->lookup);
			settle(probe, REACH_UNRESOLVED, "the resolver does not answer");
		} else if (probe->socket_open) {
			settle(probe, REACH_SLOW, "no answer");
		}
	}
}

static void begin(struct batch *batch, struct probe *probe)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const char *target = probe->item->target;
	const char *colon = strrchr(target, ':');
	size_t len = colon ? (size_t)(colon - target) : strlen(target);

	/* [::1]:4873 */
	if (len > 2 && target[0] == '[' && target[len - 1] == ']') {
		target++;
		len -= 2;
	}
	snprintf(probe->host, sizeof(probe->host), "%.*s", (int)len, target);
	snprintf(probe->port, sizeof(probe->port), "%.7s", colon ? colon + 1 : "443");
	probe->lookup.data = batch;
	probe->looking_up = true;
	int rc = uv_getaddrinfo(&batch->loop, &probe->lookup, on_lookup, probe->host, probe->port,
				&hints);
	if (rc != 0) {
		probe->looking_up = false;
		settle(probe, REACH_UNRESOLVED, uv_strerror(rc));
	}
}

void reach_all(struct reach *items, size_t count, unsigned within_ms)
{
	struct batch *batch = memory_zeroed(sizeof(*batch));

	if (!count || uv_loop_init(&batch->loop) != 0) {
		for (size_t i = 0; i < count; i++)
			items[i].state = REACH_UNRESOLVED;
		free(batch);
		return;
	}
	/* A look-up under way cannot be cancelled, and the loop waits for it: see resolv.conf(5). */
	setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	batch->probes = memory_zeroed(count * sizeof(*batch->probes));
	batch->count = batch->waiting = count;
	uv_timer_init(&batch->loop, &batch->deadline);
	batch->deadline.data = batch;
	uv_timer_start(&batch->deadline, on_deadline, within_ms, 0);
	for (size_t i = 0; i < count; i++) {
		batch->probes[i].item = &items[i];
		begin(batch, &batch->probes[i]);
	}
	uv_run(&batch->loop, UV_RUN_DEFAULT);
	uv_loop_close(&batch->loop);
	free(batch->probes);
	free(batch);
}
