/*
 * Writes metrics as Prometheus reads them: text format 0.0.4,
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef SERVICE_METRICS_TEXT_H
#define SERVICE_METRICS_TEXT_H

#include <stdint.h>

#include "engine/base/buf.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A family begins; its samples follow. type: "counter", "gauge", "histogram". */
void metrics_family(struct buf *out, const char *name, const char *type, const char *help);

/* label NULL: none. The value of a label may be any bytes. */
void metrics_sample(struct buf *out, const char *name, const char *label, const char *label_value,
		    double value);

/* A family of one sample without label. */
void metrics_gauge(struct buf *out, const char *name, const char *help, double value);
void metrics_counter(struct buf *out, const char *name, const char *help, double value);

/* Times, from a millisecond to an hour. */
enum { HISTOGRAM_BOUNDS = 16 };

struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* not cumulative; the last is beyond all bounds */
	double sum; /* seconds */
};

void histogram_add(struct histogram *histogram, double ms); /* NAN and less than 0: not counted */

/* Its samples; the family has begun. */
void metrics_histogram(struct buf *out, const char *name, const char *label,
		       const char *label_value, const struct histogram *histogram);

#endif
