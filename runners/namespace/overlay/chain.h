/*
 * A chain of revisions: folders of <state>/revisions, newest first, each what one commit changed in
 * the ones behind it. Nobody writes to a revision that has its name.
 */
#ifndef OVERLAY_CHAIN_H
#define OVERLAY_CHAIN_H

#include <stddef.h>

#include "engine/base/error.h"
#include "runners/sandbox.h"

enum { CHAIN_ID = 65 };

struct chain {
	int folder; /* <state>/revisions */
	int fds[SANDBOX_CHAIN_MAX];
	char ids[SANDBOX_CHAIN_MAX][CHAIN_ID];
	size_t count;
};

/* An id becomes a file name and a word of mount options: 1 to 64 of 0-9 A-Z a-z _ -. */
int chain_check_id(const char *id, struct error *err);

/* Holds every revision; ERROR_NOT_FOUND, ERROR_TOO_LARGE, ERROR_USAGE for a bad id. */
int chain_open(struct chain *chain, const char *state_dir, const char *const *revisions,
	       struct error *err);
void chain_close(struct chain *chain);

#endif
