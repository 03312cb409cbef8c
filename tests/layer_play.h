/* Dependency layers that tests make, use and let go; each function fails the test where it fails. */
#ifndef TESTS_LAYER_PLAY_H
#define TESTS_LAYER_PLAY_H

#include <time.h>

#include "tests/drive.h"

/* Of an entry of a folder of the state folder; valid until the next call. */
const char *layer_play_path(const struct drive *d, const char *kind, const char *name);
size_t layer_play_entries(const struct drive *d, const char *kind);

bool layer_play_is_kept(const struct drive *d, const char *key);
void layer_play_set_used(const struct drive *d, const char *key, time_t when);

/* Opens the sandbox with a bound for all layers, 0: none. -1 with d->err. */
int layer_play_open(struct drive *d, uint64_t layers_disk);

/* In the sandbox that is open: begins a layer; makes one of some MiB, in two files; uses one that is kept. */
void layer_play_begin(struct drive *d, const char *key);
void layer_play_build(struct drive *d, const char *key, unsigned mib);
bool layer_play_use(struct drive *d, const char *key);

/* The same in a sandbox of its own. */
void layer_play_make(struct drive *d, const char *key, unsigned mib);

struct layers_kept layer_play_trim(struct drive *d, uint64_t most);
/* The removal is a thread's, in its own time. */
void layer_play_wait_until_none(const struct drive *d, const char *kind);

#endif
