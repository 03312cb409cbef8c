/* What a folder takes on the disk. */
#ifndef NAMESPACE_MEASURE_H
#define NAMESPACE_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* Folders within folders that are followed; no package comes near it. */
enum { MEASURE_DEPTH = 200 };

struct measure {
	uint64_t bytes;
	bool hidden; /* there is more: a folder lies too deep, or lets its own owner not in */
};

/*
 * Adds to out what lies in the folder `name` of parent, which may change meanwhile, and stops once it is
 * more than most (0: never). A file with several names counts once if all of them are in there. Any thread.
 */
void measure_add(int parent, const char *name, uint64_t most, struct measure *out);

#endif
