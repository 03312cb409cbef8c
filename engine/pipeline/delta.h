/*
 * What changed between two attempts, test by test: pure, from two results to the lists of a delta.
 */
#ifndef PIPELINE_DELTA_H
#define PIPELINE_DELTA_H

#include "engine/base/arena.h"
#include "engine/model.h"

/*
 * against is the id of the earlier execution. before NULL or without a runner means that there is
 * nothing to compare with: against becomes NULL and every list is empty, never NULL.
 *
 * A test is the same test when suite and name are the same; of several alike, the first is compared
 * with the first, the second with the second. A test that is new and fails is newly failing. Tests
 * are called vanished only when the later run came to its own end: otherwise nobody knows. Commands that
 * are judged as a whole do not vanish: another one was asked for.
 */
void delta_compute(struct arena *arena, const char *against, const struct results *before,
		   const struct results *now, struct delta *out);

enum { DELTA_UNPAIRED = -1 };

/*
 * For each test of now, the place of its earlier self in before, or DELTA_UNPAIRED; found (one for each
 * test of before, cleared) marks those that have one.
 */
ptrdiff_t *delta_pair(struct arena *arena, const struct results *before, const struct results *now,
		      bool *found);

/* "suite > name", or the name alone: how a test is called wherever people read it. */
const char *delta_test_label(struct arena *arena, const struct test *test);

#endif
