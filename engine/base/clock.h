/* Time: a monotonic clock for durations and RFC 3339 for what people and machines read. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

double clock_ms(void); /* monotonic, milliseconds */
int64_t clock_unix_ms(void); /* since 1970, UTC */

enum { CLOCK_TEXT = 32 };
void clock_text(char out[CLOCK_TEXT]); /* now, UTC: 2026-11-21T02:45:00.123Z */
void clock_text_at(int64_t unix_ms, char out[CLOCK_TEXT]);

#endif
