/* Who wants to hear, once, whether something is on the disk. */
#ifndef SERVICE_WAITERS_H
#define SERVICE_WAITERS_H

#include "engine/service/deferred.h"
#include "engine/store/store.h"

struct waiter;

/* fn NULL: nobody. */
void waiters_add(struct waiter **list, store_done_fn fn, void *ctx);
void waiters_call(struct waiter **list, const struct error *err); /* and none is left */

/* It is there already: fn is called in the next turn, without an error. */
void waiters_replay(struct deferred *deferred, store_done_fn fn, void *ctx);

#endif
