/* Whether two files are the same to whoever uses a workspace: kind, mode, content. */
#ifndef OVERLAY_SAME_H
#define OVERLAY_SAME_H

#include <sys/stat.h>

#include "engine/base/error.h"

/* What a revision keeps of a mode: no set-id bits, and always readable by its owner. */
mode_t same_mode(mode_t mode);

/* Whether the descriptors' contents are equal. 1, 0, or -1 with errno. */
int same_content(int a, int b);

/*
 * One name in two folders, a file or link each; content is read only where nothing else settles it.
 * 1, 0, or -1.
 */
int same_entry(int folder_a, const struct stat *a, int folder_b, const struct stat *b,
	       const char *name, struct error *err);

#endif
