/* What the writing tools have in common: the file as it is, and as it shall be. */
#ifndef TOOLS_TOOL_CHANGE_H
#define TOOLS_TOOL_CHANGE_H

#include "engine/base/buf.h"
#include "engine/tools/tools.h"

enum { CHANGE_MAX = 4 << 20 }; /* bytes of a file that is written */

/* Reads a whole file of at most CHANGE_MAX bytes; out is the caller's to end in any case. */
int tool_read_whole(const struct tool_call *call, const char *path, struct buf *out,
		    bool *executable, struct error *err);

/* The call changes this one file. */
void tool_change(struct tool_call *call, const struct file *file);

#endif
