/*
 * Report formats: each engine/report/format_<name>.c registers one. To add a format, copy
 * engine/report/format_tap.c.
 */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "engine/base/buf.h"
#include "engine/base/registry.h"
#include "engine/model.h"

struct report_input {
	const struct results *results; /* never NULL */
	const struct execution *execution; /* NULL for `assay report`: there are only results */
	const char *at; /* when the report is written: RFC 3339, UTC */
	bool colour;
};

struct report_format {
	const char *name; /* "junit" */
	const char *title; /* for --help: "JUnit XML" */
	void (*write)(const struct report_input *input, struct buf *out);
};

REGISTRY(report_formats, struct report_format);

const struct report_format *report_format_find(const char *name); /* NULL: no such format */

/* The names, one after the other; NULL past the last. */
const char *report_format_name(size_t index);

#endif
