/* Snapshots of a sandbox and the ways back to them, for every dialect that has them. */
#ifndef API_SNAPSHOTS_H
#define API_SNAPSHOTS_H

#include "engine/api/call.h"

/* label is what the dialect calls a sandbox's id in answers: "sandbox_id". Each answers the call. */
void snapshots_take(struct call *call,
		    const char *label); /* path[0]; name and description in the body */
void snapshots_list(struct call *call, const char *label);
void snapshots_remove(struct call *call); /* path[0], path[1] */
void snapshots_rollback(struct call *call, const char *label, const char *snapshot);

#endif
