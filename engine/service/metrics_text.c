/* Writes metrics as Prometheus reads them. */
#include "engine/service/metrics_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/utf8.h"

static const double bounds[HISTOGRAM_BOUNDS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
						0.5,   1,      2.5,   10,   30,    60,   300, 3600};

void metrics_family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s ", name);
	for (; *help; help++) {
		if (*help == '\\')
			buf_puts(out, "\\\\");
		else if (*help == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *help);
	}
	buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void put_label_value(struct buf *out, const char *value)
{
	struct buf whole;
	buf_init(&whole, 1024);
	utf8_append_repaired(&whole, value, strlen(value));
	for (const char *c = whole.data; *c; c++) {
		if (*c == '\\' || *c == '"')
			buf_putc(out, '\\');
		if (*c == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *c);
	}
	buf_done(&whole);
}

static void put_value(struct buf *out, double value)
{
	if (isnan(value))
		buf_puts(out, "NaN");
	else if (isinf(value))
		buf_puts(out, value > 0 ? "+Inf" : "-Inf");
	else if (value == floor(value) && fabs(value) < 1e15)
		buf_printf(out, "%.0f", value);
	else
		buf_printf(out, "%.12g", value);
	buf_putc(out, '\n');
}

void metrics_sample(struct buf *out, const char *name, const char *label, const char *label_value,
		    double value)
{
	buf_puts(out, name);
	if (label) {
		buf_printf(out, "{%s=\"", label);
		put_label_value(out, label_value);
		buf_puts(out, "\"}");
	}
	buf_putc(out, ' ');
	put_value(out, value);
}

void metrics_gauge(struct buf *out, const char *name, const char *help, double value)
{
	metrics_family(out, name, "gauge", help);
	metrics_sample(out, name, NULL, NULL, value);
}

void metrics_counter(struct buf *out, const char *name, const char *help, double value)
{
	metrics_family(out, name, "counter", help);
	metrics_sample(out, name, NULL, NULL, value);
}

void histogram_add(struct histogram *histogram, double ms)
{
	if (!(ms >= 0))
		return;
	size_t i = 0;
	while (i < HISTOGRAM_BOUNDS && ms / 1000 > bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += ms / 1000;
}

static void put_bucket(struct buf *out, const char *name, const char *label,
		       const char *label_value, double bound, uint64_t count)
{
	buf_printf(out, "%s_bucket{", name);
	if (label) {
		buf_printf(out, "%s=\"", label);
		put_label_value(out, label_value);
		buf_puts(out, "\",");
	}
	if (isinf(bound))
		buf_puts(out, "le=\"+Inf\"} ");
	else
		buf_printf(out, "le=\"%g\"} ", bound);
	put_value(out, (double)count);
}

void metrics_histogram(struct buf *out, const char *name, const char *label,
		       const char *label_value, const struct histogram *histogram)
{
	char whole[128];
	uint64_t count = 0;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		count += histogram->counts[i];
		put_bucket(out, name, label, label_value,
			   i < HISTOGRAM_BOUNDS ? bounds[i] : INFINITY, count);
	}
	snprintf(whole, sizeof(whole), "%s_sum", name);
	metrics_sample(out, whole, label, label_value, histogram->sum);
	snprintf(whole, sizeof(whole), "%s_count", name);
	metrics_sample(out, whole, label, label_value, (double)count);
}
