/* The plan of a JavaScript or TypeScript reply; both languages share it. */
#ifndef RUNNERS_NODE_PLAN_H
#define RUNNERS_NODE_PLAN_H

#include "runners/language.h"

int node_plan(const struct plan_request *request, struct plan *plan, struct error *err);

#endif
