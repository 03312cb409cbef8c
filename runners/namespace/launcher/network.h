/* A sandbox's network: a namespace with loopback and nothing else. */
#ifndef LAUNCHER_NETWORK_H
#define LAUNCHER_NETWORK_H

#include "engine/base/error.h"

/* Brings loopback up in the namespace that the caller is in. Safe in a forked child. */
int network_up(struct error *err);

/*
 * Begins to make a new network, loopback up, beside the caller, for that takes as long as all the rest
 * of a sandbox. It is sent into socket, which may be closed at any time: MESSAGE_NETWORK, or
 * MESSAGE_FAILED. Needs root.
 */
int network_start(int socket, struct error *err);

/*
 * For an engine that goes on opening sandboxes, at a moment when it only waits: makes the next one's
 * network ahead, and network_start need not wait for it. Needs root.
 */
void network_prepare(void);

#endif
