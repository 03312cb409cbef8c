/* The two clocks. */
#include "engine/base/clock.h"

#include <stdio.h>
#include <time.h>

double clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int64_t clock_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_text_at(int64_t unix_ms, char out[CLOCK_TEXT])
{
	time_t whole = (time_t)(unix_ms / 1000);
	struct tm utc;
	char seconds[24];

	gmtime_r(&whole, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out, CLOCK_TEXT, "%s.%03dZ", seconds, (int)(unix_ms % 1000));
}

void clock_text(char out[CLOCK_TEXT])
{
	clock_text_at(clock_unix_ms(), out);
}
