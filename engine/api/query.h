/* The parameters of a call, from its query and its headers, as JSON that fits the route's schemas. */
#ifndef API_QUERY_H
#define API_QUERY_H

#include "engine/api/route.h"
#include "engine/api/schema.h"

/* Fills call->query in. ERROR_INPUT names the parameter in text and place. */
int query_read(struct call *call, struct schema_place *place, struct error *err);

#endif
