/* What go.mod and go.work say of folders beside them. */
#ifndef RUNNERS_GO_MODULES_H
#define RUNNERS_GO_MODULES_H

#include "runners/words.h"

/* Whether go.mod replaces a module by a folder: replace example.org/x => ./x */
bool go_replaces_locally(const char *go_mod);

/* Adds a package pattern for each module that go.work uses: ./api/... */
void go_work_patterns(const char *go_work, struct words *out);

#endif
