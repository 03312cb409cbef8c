/* Who wants to know of an execution: told of events while it is under way, and once of its end. */
#ifndef SERVICE_LISTENERS_H
#define SERVICE_LISTENERS_H

#include "engine/service/service.h"

struct trial;

/* Listens to a trial. replayed: somebody asked the same before. */
void listeners_add(struct trial *trial, const struct listener *listener, bool replayed,
		   struct subscription **out);

/* Is told of an end that is stored already, in the next turn. outcome is copied. */
void listeners_replay(struct service *service, const struct outcome *outcome,
		      const struct listener *listener, struct subscription **out);

/*
 * Until the acceptance is on the disk, events are kept and not told: they would give away the id of what
 * may never have been.
 */
void listeners_event(struct trial *trial, const struct event *event);
void listeners_accepted(struct trial *trial); /* tells that there may be some */
void listeners_done(struct trial *trial); /* tells all, and none is left */
void listeners_drop(struct trial *trial); /* tells nobody */

#endif
