/*
 * An environment: a template (templates/<name>/template.json) met with what this host offers. It
 * says which toolchain runs, what is mounted, which registries an install may reach.
 */
#ifndef RUNNERS_ENVIRONMENT_H
#define RUNNERS_ENVIRONMENT_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct environment {
	const char *name; /* "python-3.11" */
	const char *language; /* "python" */
	const char *tool; /* what the toolchain says of itself: "Python 3.11.7" */
	const char *tool_path; /* the real executable on the host, "/usr/local/go/bin/go" */
	const char *const
		*mounts; /* host folders to mount read-only at the same path; NULL-term. */
	const char *const *env; /* "PATH=...", "LANG=C.UTF-8", ...; NULL-terminated */
	const char *const *registries; /* kinds an install may reach: "pip" */
	const char *const *hosts; /* "host:port" beyond the registries' own */
	struct limits limits;
	const char *note; /* how the host differs from the template: another version; or NULL */
};

/*
 * Loads the template and finds its toolchain. state_dir keeps what was learnt of a toolchain, so
 * that its version command runs once and not for every job; NULL keeps nothing. Fails with
 * ERROR_NOT_FOUND (no such environment; the message lists the known ones), ERROR_INPUT (template
 * error with file and line) or ERROR_UNAVAILABLE (toolchain missing; the message says how to get
 * it).
 */
int environment_load(struct arena *arena, const char *name, const char *state_dir,
		     struct environment *out, struct error *err);

/* Names of all templates, NULL-terminated. */
int environment_names(struct arena *arena, const char *const **out, struct error *err);

/*
 * How an install reaches the registries of one kind ("npm", "pip", "go"): the client's own
 * configuration on this host is asked, so a company mirror is honoured.
 */
struct registry {
	const char *const *hosts; /* "host:port" the proxy must let through; NULL-terminated */
	const char *const *env; /* variables for the client inside the sandbox; NULL-terminated */
	const char *const *mounts; /* certificate files the client names; NULL-terminated */
};

int registry_load(struct arena *arena, const struct environment *environment, const char *kind,
		  struct registry *out, struct error *err);

#endif
