/* Processor time of this process: what a bound on work is measured in, for a busy machine does not lengthen it. */
#ifndef TESTS_CPU_H
#define TESTS_CPU_H

#include <time.h>

static inline double cpu_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

#endif
