/* A strict reader of Prometheus' text format 0.0.4, written apart from the writer. */
#ifndef TESTS_METRICS_CHECK_H
#define TESTS_METRICS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Fails the test with the line that is wrong. */
void metrics_check(const char *text);

/* The value of one series, written as it stands there: `a_total{b="c"}`. Fails the test without it. */
double metrics_value(const char *text, const char *series);

/* Whether a sample of that name is there, whatever its labels. */
bool metrics_has(const char *text, const char *name, size_t len);

#endif
