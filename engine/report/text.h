/* The parts of the text report: what a person at a terminal reads, first things first. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "engine/base/arena.h"
#include "engine/report/format.h"

enum paint { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

struct text {
	struct buf *out;
	struct arena *arena;
	bool colour;
};

/* From a stranger, made harmless and painted; further lines begin with indent. NULL: nothing. */
void text_put(struct text *text, enum paint paint, const char *string, const char *indent);
void text_put_bytes(struct text *text, enum paint paint, const char *data, size_t len,
		    const char *indent);
/* Ours. */
void text_printf(struct text *text, enum paint paint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "0.4 ms", "310 ms", "2.1 s"; "23 MiB". */
const char *text_ms(struct arena *arena, double ms);
const char *text_bytes(struct arena *arena, uint64_t bytes);

/* Each writes its section, or nothing when there is nothing to say. */
void text_findings(struct text *text, const struct execution *execution);
/* reason: what the headline has said, NULL: nothing. */
void text_failures(struct text *text, const struct results *results, const char *reason);
void text_problems(struct text *text, const struct results *results);
void text_command(struct text *text, const struct execution *execution);
void text_ignored(struct text *text, const struct blocks *blocks);
void text_workspace(struct text *text, const struct execution *execution);
void text_delta(struct text *text, const struct delta *delta);
void text_times(struct text *text, const struct execution *execution);
void text_next(struct text *text, const struct execution *execution);

#endif
