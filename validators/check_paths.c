/* May a file of this name be placed in the workspace? Each path by itself; collisions: next file. */
#include <string.h>

#include "engine/base/utf8.h"
#include "validators/check.h"

enum { PATH_BYTES = 1024, PART_BYTES = 255 };

struct path_check {
	struct check *check;
	const struct block *block;
	const char *path;
};

static void refuse(struct path_check *pc, const char *rule, const char *cwe, const char *message,
		   const char *remedy)
{
	struct finding *finding = check_add(pc->check, pc->block, rule, SEVERITY_HIGH,
					    ACTION_BLOCK);

	finding->cwe = cwe;
	finding->excerpt = check_excerpt(pc->check->arena, pc->path, strlen(pc->path), 0);
	finding->message = message;
	finding->remedy = remedy;
}

static void advise(struct path_check *pc, const char *rule, const char *message, const char *remedy)
{
	refuse(pc, rule, NULL, message, remedy);
	struct finding *last = &pc->check->findings->items[pc->check->findings->count - 1];
	last->severity = SEVERITY_LOW;
	last->action = ACTION_WARN;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_hidden(const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (path[i] == '\t' || check_hidden(path + i, len - i))
			return true;
	return utf8_valid_prefix(path, len) != len;
}

static void check_whole(struct path_check *pc)
{
	const char *path = pc->path;
	size_t len = strlen(path);

	if (len == 0)
		refuse(pc, "path-empty", NULL, "the file name is empty", "name the file");
	if (len > PATH_BYTES)
		refuse(pc, "path-long", NULL, "the path is longer than 1024 bytes",
		       "use a shorter path");
	if (path[0] == '/')
		refuse(pc, "path-absolute", "CWE-22", "the path is absolute",
		       "give paths relative to the project's folder");
	if (path[0] == '~')
		refuse(pc, "path-absolute", "CWE-22", "the path starts at a home folder",
		       "give paths relative to the project's folder");
	if (letter(path[0]) && path[1] == ':')
		refuse(pc, "path-drive", "CWE-22", "the path names a drive",
		       "give paths relative to the project's folder");
	if (strchr(path, '\\'))
		refuse(pc, "path-backslash", "CWE-22", "the path holds a backslash",
		       "separate folders with /");
	if (has_hidden(path, len))
		refuse(pc, "path-control", "CWE-451",
		       "the path holds invisible characters or is not UTF-8",
		       "use visible characters only");
}

/* The stem is compared without what follows the first dot: "aux.py" is the device too. */
static bool windows_device(const char *part, size_t len)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul"};
	const char *dot = memchr(part, '.', len);
	size_t stem = dot ? (size_t)(dot - part) : len;

	for (size_t i = 0; i < 4; i++)
		if (stem == 3 && strncasecmp(part, devices[i], 3) == 0)
			return true;
	return stem == 4 && part[3] >= '1' && part[3] <= '9' &&
	       (strncasecmp(part, "com", 3) == 0 || strncasecmp(part, "lpt", 3) == 0);
}

static bool git_folder(const char *part, size_t len)
{
	return (len == 4 && strncasecmp(part, ".git", 4) == 0) ||
	       (len == 5 && strncasecmp(part, "git~1", 5) == 0);
}

/* Windows drops a dot or a space at the end of a name; "." and ".." are no names. */
static bool ends_badly(const char *part, size_t len)
{
	if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
		return false;
	return part[len - 1] == '.' || part[len - 1] == ' ';
}

static void check_part(struct path_check *pc, const char *part, size_t len)
{
	if (len == 2 && memcmp(part, "..", 2) == 0)
		refuse(pc, "path-climbs", "CWE-22", "the path climbs out with ..",
		       "give paths below the project's folder");
	if (len > PART_BYTES)
		refuse(pc, "path-long", NULL, "a name in the path is longer than 255 bytes",
		       "use shorter names");
	if (git_folder(part, len))
		refuse(pc, "path-git", "CWE-94",
		       "the path lies in .git, where files are run as hooks",
		       "leave version control to the user");
	if (windows_device(part, len))
		advise(pc, "path-reserved", "the path holds a name that Windows keeps for a device",
		       "use another name");
	else if (ends_badly(part, len))
		advise(pc, "path-reserved", "a name in the path ends in a dot or a space",
		       "leave it out");
}

static void check_path(struct path_check *pc)
{
	const char *part = pc->path;
	bool empty = false;

	check_whole(pc);
	for (;;) {
		size_t len = strcspn(part, "/");
		/* The edges are reported as absolute or as a folder. */
		empty |= len == 0 && part != pc->path && part[0];
		check_part(pc, part, len);
		if (!part[len])
			break;
		part += len + 1;
	}
	if (empty)
		refuse(pc, "path-empty-part", NULL, "the path holds an empty name (//)",
		       "separate folders with one /");
	if (*pc->path && (!*part || strcmp(part, ".") == 0))
		refuse(pc, "path-directory", NULL, "the path names a folder, not a file",
		       "name the file");
}

void check_paths(struct check *check)
{
	for (size_t i = 0; i < check->blocks->count; i++) {
		const struct block *block = &check->blocks->items[i];
		struct path_check pc = {.check = check, .block = block, .path = block->path};
		if (block->used && block->path)
			check_path(&pc);
	}
}
