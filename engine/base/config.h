/*
 * The administrator's settings: /etc/assay/config.json, then $XDG_CONFIG_HOME/assay/config.json, then
 * the file ASSAY_CONFIG names, then single ASSAY_ variables; later ones win.
 *
 *     {"state_dir": "/var/lib/assay", "sandbox": "namespace", "layers_disk": "10G",
 *      "private_registries": ["npm.corp"]}
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct config {
	const char *state_dir; /* ASSAY_STATE_DIR; default $XDG_STATE_HOME/assay, for root
				  /var/lib/assay */
	const char *sandbox; /* ASSAY_SANDBOX; default "namespace" */
	uint64_t layers_disk; /* ASSAY_LAYERS_DISK; bytes that installed dependencies may take
				  together before the least recently used go; default 10 GiB */
	/* ASSAY_PRIVATE_REGISTRIES (comma-separated): registry hosts that may resolve to a private
	   or special-purpose address; NULL-terminated */
	const char *const *private_registries;
};

int config_load(struct arena *arena, struct config *out, struct error *err);

#endif
