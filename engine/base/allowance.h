/*
 * Bytes that several may take from side by side, on any thread, and together no more than there are.
 * Counted references, for a thread may hold on to one longer than whoever made it.
 */
#ifndef BASE_ALLOWANCE_H
#define BASE_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct allowance;

/* of: whose it is, for messages: "this tenant's 512 MiB of disk"; copied. Nothing is in it yet. */
struct allowance *allowance_new(const char *of);
struct allowance *allowance_hold(struct allowance *allowance); /* one more reference */
void allowance_release(struct allowance *allowance); /* NULL: nothing */

const char *allowance_of(const struct allowance *allowance);

/* All of the bytes, or none and false. */
bool allowance_take(struct allowance *allowance, uint64_t bytes);

/* More to take from; less when negative, then also below what is left: nothing can be taken until it is made up. */
void allowance_give(struct allowance *allowance, int64_t bytes);

#endif
