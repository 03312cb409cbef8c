/* Where on this host a control group of ours can be made: cgroup v1, v2, or a mix of them. */
#include "runners/namespace/cgroup_find.h"

#include <stdio.h>
#include <string.h>

const char *const cgroup_controller_names[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = "memory",
	[CGROUP_PIDS] = "pids",
	[CGROUP_CPU] = "cpu",
};

/* Whether a comma-separated list of len bytes holds the word. */
static bool list_has(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word);
	const char *end = list + len;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t item = (size_t)((comma ? comma : end) - list);
		if (item == word_len && memcmp(list, word, item) == 0)
			return true;
		list += item + 1;
	}
	return false;
}

/* One line of /proc/self/cgroup: "4:memory:/a/b", for v2 "0::/a/b". */
static bool own_group(const char *text, const char *controller, char out[PATH_MAX])
{
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		const char *list = memchr(line, ':', (size_t)(end - line));
		const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
		if (path) {
			size_t len = (size_t)(path - list - 1);
			if (controller ? list_has(list + 1, len, controller) : len == 0) {
				snprintf(out, PATH_MAX, "%.*s", (int)(end - path - 1), path + 1);
				return true;
			}
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

struct mount_line {
	char root[PATH_MAX], mount[PATH_MAX];
	char type[32];
	char options[512]; /* of the file system */
};

/* "36 35 98:0 /root /mount rw,noatime shared:1 - ext3 /dev/root rw,errors=continue" */
static bool parse_line(const char *line, size_t len, struct mount_line *out)
{
	char text[2 * PATH_MAX + 1024];

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	const char *dash = strstr(text, " - ");
	return dash && sscanf(text, "%*d %*d %*s %4095s %4095s", out->root, out->mount) == 2 &&
	       sscanf(dash + 3, "%31s %*s %511s", out->type, out->options) == 2;
}

/*
 * A container sees the hierarchy from its own group down: the mount's root is then the start of the
 * group's path, or the path climbs out of what is mounted ("/../x") and is of no use.
 */
static bool join(const struct mount_line *line, const char *group, char out[PATH_MAX])
{
	size_t len = strcmp(line->root, "/") == 0 ? 0 : strlen(line->root);

	if (strncmp(group, line->root, len) == 0 && (group[len] == '/' || group[len] == '\0'))
		group += len;
	else if (len > 0)
		group = "";
	if (strstr(group, "/.."))
		return false;
	int written = snprintf(out, PATH_MAX, "%s%s", line->mount, strcmp(group, "/") ? group : "");
	return written > 0 && written < PATH_MAX;
}

void cgroup_find(const char *mountinfo, const char *cgroup, enum cgroup_controller controller,
		 struct cgroup_place *out)
{
	const char *name = cgroup_controller_names[controller];
	struct mount_line parsed;
	char group[PATH_MAX];

	out->found = false;
	for (const char *line = mountinfo; *line;) {
		const char *end = strchrnul(line, '\n');
		if (parse_line(line, (size_t)(end - line), &parsed)) {
			bool v1 = strcmp(parsed.type, "cgroup") == 0 &&
				  list_has(parsed.options, strlen(parsed.options), name);
			bool v2 = strcmp(parsed.type, "cgroup2") == 0;
			if ((v1 || (v2 && !out->found)) &&
			    own_group(cgroup, v1 ? name : NULL, group) &&
			    join(&parsed, group, out->dir)) {
				out->found = true;
				out->v2 = v2;
				snprintf(out->mount, sizeof(out->mount), "%s", parsed.mount);
				if (v1)
					return;
			}
		}
		line = *end ? end + 1 : end;
	}
}
