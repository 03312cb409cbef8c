/* A strict reader of Prometheus' text format 0.0.4. */
#include "tests/metrics_check.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_MAX_BYTES = 2048, SERIES_MAX = 4096 };

struct reading {
	char family[128], type[16];
	bool typed;
	char *families[512], *series[SERIES_MAX];
	size_t family_count, series_count;
	/* of the histogram at hand */
	char labels[512];
	double bound, count, sum;
	bool in_buckets, ended, counted;
	const char *line;
};

static void wrong(const struct reading *reading, const char *what)
{
	fail_msg("%s: %.*s", what, (int)strcspn(reading->line, "\n"), reading->line);
}

/* One that was not there yet. */
static void remember(const struct reading *reading, char **list, size_t *count, size_t max,
		     const char *text, size_t len)
{
	if (*count == max)
		wrong(reading, "too many");
	for (size_t i = 0; i < *count; i++)
		if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
			wrong(reading, "twice");
	list[(*count)++] = strndup(text, len);
}

static size_t name_length(const char *text, bool colons)
{
	size_t len = 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_' ||
	       (colons && text[len] == ':'))
		len++;
	return isdigit((unsigned char)*text) ? 0 : len;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	return len >= strlen(end) && memcmp(text + len - strlen(end), end, strlen(end)) == 0;
}

/* ---- comments ---- */

static void begin_family(struct reading *reading, const char *text)
{
	size_t len = name_length(text, true);
	if (len == 0 || len >= sizeof(reading->family) || text[len] != ' ')
		wrong(reading, "no name");
	if (reading->in_buckets || (strcmp(reading->type, "histogram") == 0 && !reading->counted))
		wrong(reading, "a histogram before it has no end");
	remember(reading, reading->families, &reading->family_count, 512, text, len);
	snprintf(reading->family, sizeof(reading->family), "%.*s", (int)len, text);
	reading->typed = false;
	for (const char *c = text + len; *c && *c != '\n'; c++)
		if (*c == '\\' && c[1] != '\\' && c[1] != 'n')
			wrong(reading, "a bad escape");
		else if (*c == '\\')
			c++;
}

static void read_type(struct reading *reading, const char *text)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	size_t len = strlen(reading->family);
	if (strncmp(text, reading->family, len) != 0 || text[len] != ' ' || reading->typed)
		wrong(reading, "a type of something else");
	size_t type_len = strcspn(text + len + 1, "\n");
	bool known = false;
	for (size_t i = 0; i < 3; i++)
		known |= strlen(types[i]) == type_len &&
			 memcmp(types[i], text + len + 1, type_len) == 0;
	if (!known)
		wrong(reading, "no known type");
	snprintf(reading->type, sizeof(reading->type), "%.*s", (int)type_len, text + len + 1);
	if ((strcmp(reading->type, "counter") == 0) !=
	    ends_with(reading->family, strlen(reading->family), "_total"))
		wrong(reading, "counters, and they alone, end in _total");
	reading->typed = true;
	reading->counted = false;
}

/* ---- samples ---- */

/* Behind {...}; le is the bound of a bucket, NAN without one. Other labels go to `others`. */
static const char *read_labels(const struct reading *reading, const char *text, double *le,
			       char others[512])
{
	*le = NAN;
	*others = '\0';
	if (*text != '{')
		return text;
	for (text++; *text != '}'; text += *text == ',') {
		size_t len = name_length(text, false);
		const char *value = text + len + 2, *end = value;
		if (len == 0 || text[len] != '=' || text[len + 1] != '"')
			wrong(reading, "a bad label");
		for (; *end != '"'; end++) {
			if (*end == '\n' || !*end)
				wrong(reading, "a label without end");
			if (*end == '\\' && !strchr("\\\"n", *++end))
				wrong(reading, "a bad escape");
		}
		if (len == 2 && memcmp(text, "le", 2) == 0)
			*le = strncmp(value, "+Inf\"", 5) == 0 ? INFINITY : strtod(value, NULL);
		else
			snprintf(others + strlen(others), 512 - strlen(others), "%.*s,",
				 (int)(end - text), text);
		text = end + 1;
		if (*text != ',' && *text != '}')
			wrong(reading, "a bad label");
	}
	return text + 1;
}

static void read_bucket(struct reading *reading, double le, const char *labels, double value)
{
	if (isnan(le))
		wrong(reading, "a bucket without le");
	if (!reading->in_buckets) {
		reading->in_buckets = true;
		reading->bound = -INFINITY;
		reading->count = 0;
		snprintf(reading->labels, sizeof(reading->labels), "%s", labels);
	}
	if (strcmp(reading->labels, labels) != 0 || le <= reading->bound || value < reading->count)
		wrong(reading, "buckets out of order");
	reading->bound = le;
	reading->count = value;
	reading->ended = isinf(le);
}

static void read_histogram(struct reading *reading, const char *suffix, size_t len, double le,
			   const char *labels, double value)
{
	if (len == 7 && memcmp(suffix, "_bucket", 7) == 0) {
		read_bucket(reading, le, labels, value);
		return;
	}
	if (!reading->in_buckets || !reading->ended || strcmp(reading->labels, labels) != 0)
		wrong(reading, "buckets without +Inf");
	if (len == 6 && memcmp(suffix, "_count", 6) == 0) {
		if (value != reading->count)
			wrong(reading, "_count is not the last bucket");
		reading->in_buckets = false;
		reading->counted = true;
	} else if (len != 4 || memcmp(suffix, "_sum", 4) != 0) {
		wrong(reading, "not of this histogram");
	}
}

static void read_sample(struct reading *reading, const char *text)
{
	char labels[512], *end;
	double le;
	size_t len = name_length(text, true), family_len = strlen(reading->family);
	const char *rest = read_labels(reading, text + len, &le, labels);
	if (*rest != ' ')
		wrong(reading, "no space before the value");
	double value = strtod(rest + 1, &end);
	if (end == rest + 1 || *end != '\n')
		wrong(reading, "no value");
	remember(reading, reading->series, &reading->series_count, SERIES_MAX, text,
		 (size_t)(rest - text));
	if (!reading->typed || len < family_len || memcmp(text, reading->family, family_len) != 0)
		wrong(reading, "not of this family");
	if (strcmp(reading->type, "histogram") == 0)
		read_histogram(reading, text + family_len, len - family_len, le, labels, value);
	else if (len != family_len || !isnan(le))
		wrong(reading, "not of this family");
	else if (strcmp(reading->type, "counter") == 0 && !(value >= 0))
		wrong(reading, "a counter below 0");
}

void metrics_check(const char *text)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	size_t len = strlen(text);
	assert_true(len > 0 && text[len - 1] == '\n');
	reading->counted = true;
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		reading->line = line;
		if (strcspn(line, "\n") > LINE_MAX_BYTES)
			wrong(reading, "too long");
		if (strncmp(line, "# HELP ", 7) == 0)
			begin_family(reading, line + 7);
		else if (strncmp(line, "# TYPE ", 7) == 0)
			read_type(reading, line + 7);
		else
			read_sample(reading, line);
	}
	assert_false(reading->in_buckets);
	for (size_t i = 0; i < reading->family_count; i++)
		free(reading->families[i]);
	for (size_t i = 0; i < reading->series_count; i++)
		free(reading->series[i]);
	free(reading);
}

double metrics_value(const char *text, const char *series)
{
	size_t len = strlen(series);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, series, len) == 0 && line[len] == ' ')
			return strtod(line + len, NULL);
	fail_msg("there is no %s", series);
	return 0;
}

bool metrics_has(const char *text, const char *name, size_t len)
{
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == '{'))
			return true;
	return false;
}
