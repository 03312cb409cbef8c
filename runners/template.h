/* templates/<name>/template.json as a struct: what an environment asks of a host. */
#ifndef RUNNERS_TEMPLATE_H
#define RUNNERS_TEMPLATE_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/resource.h"
#include "engine/model.h"

/* Arrays end with NULL and are never NULL themselves. */
struct template
{
	const char *name;
	const char *language;
	const char *version; /* "3.11": another one on the host is worth a note; or NULL */
	const char *title; /* put before what the tool says of itself; or NULL */
	const char *const *tools; /* names of its executable, best first */
	const char *const *version_args; /* make it print its version */
	const char *missing; /* how to get it: "apt-get install golang-go" */
	const char *const *path; /* folders before the toolchain's on PATH */
	const char *const *env; /* "NAME=value" */
	const char *const *mounts; /* host folders besides the toolchain's */
	const char *const *registries;
	const char *const *hosts;
	struct limits limits; /* every field is set */
};

/*
 * Reads resource, which names itself in messages: ERROR_INPUT with file and line. Strings are
 * copied into arena.
 */
int template_parse(struct arena *arena, const char *name, const struct resource *resource,
		   struct template *out, struct error *err);

#endif
