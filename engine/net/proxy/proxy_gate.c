/*
 * What the proxy lets through: host list, address classes, budgets. Sockets are not its business.
 */
#include "engine/net/proxy/proxy_gate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/net/address.h"

static const char *const *copy_list(struct arena *arena, const char *const *list)
{
	size_t count = 0;
	while (list && list[count])
		count++;
	const char **copy = arena_array(arena, count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_string(arena, list[i]);
	return copy;
}

void proxy_gate_init(struct proxy_gate *gate, const struct proxy_rules *rules)
{
	memset(gate, 0, sizeof(*gate));
	arena_init(&gate->arena);
	struct proxy_rules *own = &gate->rules;
	*own = *rules;
	own->hosts = copy_list(&gate->arena, rules->hosts);
	own->private_hosts = copy_list(&gate->arena, rules->private_hosts);
	own->max_bytes = rules->max_bytes ? rules->max_bytes : (uint64_t)2 << 30;
	own->max_connections = rules->max_connections ? rules->max_connections : 32;
	own->max_requests = rules->max_requests ? rules->max_requests : 20000;
	own->head_ms = rules->head_ms ? rules->head_ms : 10 * 1000;
	own->lookup_ms = rules->lookup_ms ? rules->lookup_ms : 15 * 1000;
	own->connect_ms = rules->connect_ms ? rules->connect_ms : 5 * 1000;
	own->idle_ms = rules->idle_ms ? rules->idle_ms : 120 * 1000;
}

void proxy_gate_done(struct proxy_gate *gate)
{
	arena_done(&gate->arena);
}

static void remember(struct proxy_gate *gate, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void remember(struct proxy_gate *gate, const char *format, va_list args)
{
	vsnprintf(gate->stats.last_refusal, sizeof(gate->stats.last_refusal), format, args);
}

int proxy_gate_refuse(struct proxy_gate *gate, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	remember(gate, format, args);
	va_end(args);
	gate->stats.refused++;
	return -1;
}

void proxy_gate_failed(struct proxy_gate *gate, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	remember(gate, format, args);
	va_end(args);
}

static int refuse_bytes(struct proxy_gate *gate)
{
	return proxy_gate_refuse(
		gate, "the install moved more than the %" PRIu64 " bytes that one may move",
		gate->rules.max_bytes);
}

static bool list_has(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcasecmp(*list, word) == 0)
			return true;
	return false;
}

int proxy_gate_request(struct proxy_gate *gate, const char *host, unsigned port)
{
	gate->stats.requests++;
	char wanted[NI_MAXHOST];
	snprintf(wanted, sizeof(wanted), "%s:%u", host, port);
	if (!list_has(gate->rules.hosts, wanted))
		return proxy_gate_refuse(
			gate,
			"%s is not among the hosts that an install may reach here; where it "
			"is needed, name it under \"hosts\" in the environment's template",
			wanted);
	if (gate->stats.requests > gate->rules.max_requests)
		return proxy_gate_refuse(
			gate, "%s: the install has made the %u requests that one may make", wanted,
			gate->rules.max_requests);
	if (gate->stats.bytes_up + gate->stats.bytes_down > gate->rules.max_bytes)
		return refuse_bytes(gate);
	return 0;
}

int proxy_gate_addresses(struct proxy_gate *gate, const char *host, unsigned port,
			 const struct addrinfo *addresses)
{
	bool excepted = list_has(gate->rules.private_hosts, host);
	for (const struct addrinfo *it = addresses; it; it = it->ai_next) {
		const char *what;
		char text[ADDRESS_TEXT];
		enum address_reach reach = address_reach(it->ai_addr, &what);
		address_text(it->ai_addr, text);
		if (reach == ADDRESS_NEVER)
			return proxy_gate_refuse(
				gate, "%s:%u resolves to %s (%s), which no install may reach", host,
				port, text, what);
		if (reach == ADDRESS_PRIVATE && !excepted)
			return proxy_gate_refuse(
				gate,
				"%s:%u resolves to %s (%s), not a public address; for a "
				"mirror of your own, name the host in "
				"private_registries of the configuration or in "
				"ASSAY_PRIVATE_REGISTRIES",
				host, port, text, what);
	}
	return 0;
}

int proxy_gate_bytes(struct proxy_gate *gate, bool up, size_t count)
{
	uint64_t *counter = up ? &gate->stats.bytes_up : &gate->stats.bytes_down;
	*counter += count;
	if (gate->stats.bytes_up + gate->stats.bytes_down > gate->rules.max_bytes)
		return refuse_bytes(gate);
	return 0;
}
