/* Who wants to know of an execution: told once that it is accepted, of its events, and once of its end. */
#ifndef SERVICE_LISTENERS_H
#define SERVICE_LISTENERS_H

#include "engine/service/service.h"

struct trial;

/* Listens to a trial. replayed: somebody asked the same before. */
void listeners_add(struct trial *trial, const struct listener *listener, bool replayed,
		   struct subscription **out);

/* Is told of an end that is stored already, in the next turns. outcome is copied. */
void listeners_replay(struct service *service, const struct outcome *outcome,
		      const struct listener *listener, struct subscription **out);

/*
 * Until the acceptance is on the disk, events are kept and not told: they would give away the id of what
 * may never have been.
 */
void listeners_event(struct trial *trial, const struct event *event);
void listeners_accepted(struct trial *trial); /* tells that, and that there may be some */
void listeners_refused(struct trial *trial, const struct error *err); /* and none is left */
void listeners_done(struct trial *trial); /* likewise */

#endif
