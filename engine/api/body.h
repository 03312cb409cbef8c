/* The body of a request as the route's schema wants it, read where it holds nobody up. */
#ifndef API_BODY_H
#define API_BODY_H

#include "engine/api/route.h"

/*
 * Sets call->body and calls done, at once or, for a large body, after a thread has read it. One that is no
 * good has been refused, and done is not called; nor is it when the client has left meanwhile.
 */
void body_read(struct call *call, void (*done)(struct call *call));

#endif
