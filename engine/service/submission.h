/* What a client asked for, checked and copied, so that it outlives the call that brought it. */
#ifndef SERVICE_SUBMISSION_H
#define SERVICE_SUBMISSION_H

#include "engine/service/service.h"

enum { CANDIDATES_MOST = 16, RERUNS_MOST = 10 };

/* What can be said without looking at anything but the settings. */
int submission_check(const struct service *service, const struct submission *submission,
		     struct error *err);

/* ERROR_NOT_FOUND, and the message lists those that there are. */
int submission_check_environment(const struct service *service, const char *name,
				 struct error *err);

/* ERROR_NO_SPACE: the disk takes no results. */
int submission_check_disk(const struct service *service, struct error *err);
/* The same, and ERROR_DENIED: the tenant's sandboxes are as large as they may be. */
int submission_check_quota(struct service *service, const char *tenant, struct error *err);

/*
 * A deep copy in arena, its deadline within the service's. inputs: the candidates, or the one.
 */
void submission_copy(struct arena *arena, const struct service_settings *settings,
		     const struct submission *from, struct submission *to,
		     const struct job_input **inputs, size_t *count);

#endif
