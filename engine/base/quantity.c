/* Sizes and durations as people write them. */
#include "engine/base/quantity.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* A whole number and one of the units; strtoull would take "-1" and " 1". */
static int read_scaled(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t value = 0;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return -1;
	}
	if (at == text)
		return -1;
	for (; units->name; units++) {
		if (strcasecmp(at, units->name) == 0)
			return __builtin_mul_overflow(value, units->factor, out) ? -1 : 0;
	}
	return -1;
}

int quantity_size(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{"", 1},
		{"b", 1},
		{"k", UINT64_C(1) << 10},
		{"kb", UINT64_C(1) << 10},
		{"kib", UINT64_C(1) << 10},
		{"m", UINT64_C(1) << 20},
		{"mb", UINT64_C(1) << 20},
		{"mib", UINT64_C(1) << 20},
		{"g", UINT64_C(1) << 30},
		{"gb", UINT64_C(1) << 30},
		{"gib", UINT64_C(1) << 30},
		{NULL, 0},
	};
	return read_scaled(text, units, out);
}

int quantity_duration(const char *text, uint64_t *out_ms)
{
	static const struct unit units[] = {
		{"", 1000},         {"ms", 1},          {"s", 1000}, {"m", 60 * 1000},
		{"min", 60 * 1000}, {"h", 3600 * 1000}, {NULL, 0},
	};
	return read_scaled(text, units, out_ms);
}

int quantity_count(const char *text, uint64_t *out)
{
	static const struct unit units[] = {{"", 1}, {NULL, 0}};

	return read_scaled(text, units, out);
}

const char *quantity_text(uint64_t bytes, char out[QUANTITY_TEXT])
{
	static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(out, QUANTITY_TEXT, "%u bytes", (unsigned)bytes);
		return out;
	}
	for (; value >= 1024; unit++)
		value /= 1024;
	snprintf(out, QUANTITY_TEXT,
		 value < 10 && value != (double)(int)value ? "%.1f %s" : "%.0f %s", value,
		 names[unit]);
	return out;
}
