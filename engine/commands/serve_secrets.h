/* Secrets that `assay serve` reads from files: bearer tokens, and the key of callbacks. */
#ifndef COMMANDS_SERVE_SECRETS_H
#define COMMANDS_SERVE_SECRETS_H

#include "engine/api/api.h"
#include "engine/base/arena.h"

/*
 * Lines `tenant:token`, `*:token` (for whichever tenant X-Tenant-ID names) or `@metrics:token` (for
 * /metrics alone); empty ones and those that start with # are skipped. *out and *count start as NULL
 * and 0, and what they become is in the arena. ERROR_USAGE names the line. A file that others may read
 * is worth a warning.
 */
int serve_tokens(struct arena *arena, const char *path, struct api_token **out, size_t *count,
		 struct error *err);

/* The file's first line without its end, at least 16 bytes, in the arena. */
int serve_secret(struct arena *arena, const char *path, const char **out, struct error *err);

#endif
