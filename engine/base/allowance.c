/* One signed counter, changed without a lock. */
#include "engine/base/allowance.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

struct allowance {
	int64_t left; /* below 0 where more is kept than may be */
	unsigned references;
	char of[];
};

struct allowance *allowance_new(const char *of)
{
	size_t size = strlen(of) + 1;
	struct allowance *allowance = memory_zeroed(sizeof(*allowance) + size);

	allowance->references = 1;
	memcpy(allowance->of, of, size);
	return allowance;
}

struct allowance *allowance_hold(struct allowance *allowance)
{
	__atomic_add_fetch(&allowance->references, 1, __ATOMIC_RELAXED);
	return allowance;
}

void allowance_release(struct allowance *allowance)
{
	if (allowance && __atomic_sub_fetch(&allowance->references, 1, __ATOMIC_ACQ_REL) == 0)
		free(allowance);
}

const char *allowance_of(const struct allowance *allowance)
{
	return allowance->of;
}

bool allowance_take(struct allowance *allowance, uint64_t bytes)
{
	int64_t left = __atomic_load_n(&allowance->left, __ATOMIC_RELAXED);

	do {
		if (left < 0 || (uint64_t)left < bytes)
			return false;
	} while (!__atomic_compare_exchange_n(&allowance->left, &left, left - (int64_t)bytes, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

void allowance_give(struct allowance *allowance, int64_t bytes)
{
	__atomic_add_fetch(&allowance->left, bytes, __ATOMIC_RELAXED);
}
