/* A process's name and command line, written over. */
#include "runners/namespace/launcher/title.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Fields of /proc/self/stat, proc(5); the second ends with the last ")". */
enum { FIELD_STATE = 3, FIELD_ARG_START = 48, STAT_MAX = 2048 };

/* The two numbers from FIELD_ARG_START on; false where the kernel does not tell. */
static bool find_arguments(uintptr_t *start, uintptr_t *end)
{
	char text[STAT_MAX];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	char *at = strrchr(text, ')');
	for (int field = FIELD_STATE - 1; at && field < FIELD_ARG_START; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*start = strtoul(at, &at, 10);
	*end = strtoul(at, NULL, 10);
	return *start && *start < *end;
}

void title_set(const char *title)
{
	/* Found once for all that are forked from here. */
	static uintptr_t start, end;

	prctl(PR_SET_NAME, title);
	if (!end && !find_arguments(&start, &end))
		return;
	char *arguments = (char *)start; /* NOLINT(performance-no-int-to-ptr) */
	size_t room = end - start, len = strlen(title);
	memset(arguments, 0, room);
	memcpy(arguments, title, len < room ? len : room - 1);
}
