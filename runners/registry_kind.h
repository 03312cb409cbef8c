/* A way to fetch packages: each runners/registry_<kind>.c asks its client how it is set up. */
#ifndef RUNNERS_REGISTRY_KIND_H
#define RUNNERS_REGISTRY_KIND_H

#include "engine/base/registry.h"
#include "runners/environment.h"
#include "runners/words.h"

/* What a kind adds to; registry_load makes the lists and gives them away. */
struct registry_builder {
	struct arena *arena;
	const struct environment *environment;
	struct words hosts, env, mounts;
};

struct registry_kind {
	const char *name; /* "npm" */
	int (*load)(struct registry_builder *b, struct error *err);
};

REGISTRY(registry_kinds, struct registry_kind);

/*
 * Adds the "host:port" of an http or https URL (RFC 3986). Anything else, such as a path on this
 * host, adds nothing. Gives the URL without a user name and password: credentials stay outside.
 */
const char *registry_add_url(struct registry_builder *b, const char *url);

/* Adds variables that name a certificate file, and a mount where it needs one. NULL: nothing. */
void registry_add_certificates(struct registry_builder *b, const char *file,
			       const char *const *variables);

#endif
