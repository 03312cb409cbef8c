/* A sandbox's network: a namespace with loopback and nothing else. */
#ifndef LAUNCHER_NETWORK_H
#define LAUNCHER_NETWORK_H

#include <sys/types.h>

#include "engine/base/error.h"

/* Brings loopback up in the namespace that the caller is in. Safe in a forked child. */
int network_up(struct error *err);

/*
 * Starts making a new network on another processor, for that takes as long as all the rest of a
 * sandbox. network_wait must follow; one at a time. Needs root.
 */
int network_start(struct error *err);

/* The network, loopback up, as a descriptor that the caller closes. */
int network_wait(int *fd, struct error *err);

#endif
