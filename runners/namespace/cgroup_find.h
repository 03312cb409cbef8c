/* Where on this host a control group of ours can be made: cgroup v1, v2, or a mix of them. */
#ifndef NAMESPACE_CGROUP_FIND_H
#define NAMESPACE_CGROUP_FIND_H

#include <limits.h>
#include <stdbool.h>

enum cgroup_controller { CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU, CGROUP_CONTROLLERS };

extern const char *const cgroup_controller_names[CGROUP_CONTROLLERS];

/* The group that this process is in. */
struct cgroup_place {
	bool found;
	bool v2;
	char dir[PATH_MAX]; /* the group's folder */
	char mount[PATH_MAX]; /* the hierarchy's */
};

/*
 * Finds one controller from the text of /proc/self/mountinfo and /proc/self/cgroup (proc(5),
 * cgroups(7)). Both texts are left as they were. A v1 hierarchy wins: a controller lives in one
 * only.
 */
void cgroup_find(const char *mountinfo, const char *cgroup, enum cgroup_controller controller,
		 struct cgroup_place *out);

#endif
