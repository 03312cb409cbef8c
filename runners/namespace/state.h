/* The folders in the state folder, and names in them that a dead engine's are told by. */
#ifndef NAMESPACE_STATE_H
#define NAMESPACE_STATE_H

#include "engine/base/error.h"

/* Makes path a folder that the sandbox's own uid passes through; the one above keeps others out. */
int state_make(const char *path, struct error *err);

/* Opens <state_dir>/<kind>, made if need be. Any thread. */
int state_open(const char *state_dir, const char *kind, int *fd, struct error *err);

enum { STATE_NAME = 96 };

/* A name in `building` that nobody has; the next recovery removes it once this engine is gone. */
int state_name(const char *state_dir, char name[STATE_NAME], struct error *err);

#endif
