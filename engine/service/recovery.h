/* What a service that died left behind is brought to its end. */
#ifndef SERVICE_RECOVERY_H
#define SERVICE_RECOVERY_H

#include "engine/base/error.h"

struct service;

/*
 * What killed engines left in the state folder goes; their commits to ordinary folders are carried out. What
 * resists is logged: no sandbox of the service stands on it.
 */
void recovery_leftovers(struct service *service);

/* Layers on the disk that no row knows go: nothing was promised about them. */
int recovery_revisions(struct service *service, struct error *err);

/*
 * What was accepted and never ended becomes final, as interrupted. No head of a sandbox has moved for
 * it. With the store attached, so that they are one transaction and not one each.
 */
void recovery_executions(struct service *service);

/* Whole outputs of executions that were interrupted, or of candidates that were not chosen. */
void recovery_logs(struct service *service);

#endif
