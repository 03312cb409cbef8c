/* Snapshots of a sandbox and the ways back to them, for every dialect that has them. */
#ifndef API_SNAPSHOTS_H
#define API_SNAPSHOTS_H

#include "engine/api/call.h"

/* path[0] is the sandbox, label what the dialect calls its id: "sandbox_id". Each answers the call. */
void snapshots_take(struct call *call, const char *label); /* name, description in the body */
void snapshots_list(struct call *call, const char *label);
void snapshots_remove(struct call *call); /* path[1] is its id or name */
void snapshots_rollback(struct call *call, const char *label, const char *snapshot);

#endif
