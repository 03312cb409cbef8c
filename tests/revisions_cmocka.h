/* What tests of revisions share: steps of a chain, and what a chain must add up to. */
#ifndef TESTS_REVISIONS_CMOCKA_H
#define TESTS_REVISIONS_CMOCKA_H

#include <dirent.h>

#include "tests/drive_cmocka.h"

#define CHAIN(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE ((const char *const[]){NULL})

static inline void open_chain(struct drive *d, const char *const *chain, const char *revision,
			      bool flatten)
{
	drive_close(d);
	if (drive_open_chain(d, chain, revision, flatten))
		fail_msg("open %s: %s", revision ? revision : "", d->err.text);
}

static inline void commit(struct drive *d)
{
	if (drive_commit(d))
		fail_msg("%s", d->err.text);
}

/* One more revision on a chain: what line does to it. */
static inline void step(struct drive *d, const char *const *chain, const char *revision,
			const char *line)
{
	open_chain(d, chain, revision, false);
	shell(d, line);
	if (d->out.exit_code != 0)
		fail_msg("%s: %s", line, d->out.err.text);
	commit(d);
	assert_true(d->changes.revised);
	drive_close(d);
}

static inline char changed(const struct drive *d, const char *path)
{
	for (size_t i = 0; i < d->changes.count; i++) {
		if (strcmp(d->changes.items[i].path, path) == 0)
			return d->changes.items[i].what;
	}
	return '-';
}

/*
 * What a sandbox on this chain sees: files with mode and lines, links, then folders. Through a
 * descriptor of the same chain it must look alike.
 */
static const char list_all[] =
	"{ find . -type f | sort | while IFS= read -r f; do printf '%s|%s|' \"$f\" "
	"\"$(stat -c %a \"$f\")\"; tr '\\n' '|' <\"$f\"; echo; done;"
	" find . -type l -printf '%p->%l\\n' | sort; } | sort;"
	" find . -mindepth 1 -type d -printf '%p/ %m\\n' | sort";

static inline void view_holds(struct drive *d, const char *const *chain, const char *expected)
{
	char line[1024], text[8192];
	int dir;

	if (d->ops->view(d->state, chain, &dir, &d->err))
		fail_msg("view: %s", d->err.text);
	snprintf(line, sizeof(line), "cd /proc/%d/fd/%d && %s", (int)getpid(), dir, list_all);
	FILE *pipe = popen(line, "r");
	size_t len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	pclose(pipe);
	close(dir);
	assert_string_equal(text, expected);
}

static inline void holds(struct drive *d, const char *const *chain, const char *expected)
{
	open_chain(d, chain, NULL, false);
	says(d, list_all, expected);
	drive_close(d);
	view_holds(d, chain, expected);
}

static inline size_t entries(const struct drive *d, const char *kind)
{
	char path[256];
	struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/%s", d->state, kind);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static inline void stat_of(const struct drive *d, const char *revision, const char *name,
			   struct stat *st)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/revisions/%s/%s", d->state, revision, name);
	assert_int_equal(lstat(path, st), 0);
}

static inline int link_elsewhere(const struct drive *d, const char *revision, const char *name)
{
	char from[512], to[512];

	snprintf(from, sizeof(from), "%s/revisions/%s/%s", d->state, revision, name);
	snprintf(to, sizeof(to), "%s/linked", d->folder);
	return link(from, to);
}

/* Mounts that this process sees and that have to do with the state folder. */
static inline size_t mounts_of(const struct drive *d)
{
	struct buf text;
	size_t count = 0;

	buf_init(&text, 1 << 24);
	assert_int_equal(file_read("/proc/self/mountinfo", &text, NULL), 0);
	for (const char *at = text.data; (at = strstr(at, d->folder)); at++)
		count++;
	buf_done(&text);
	return count;
}

#endif
