/* Whole outputs on disk: a folder a job, gone again when the report tells all of it anyway. */
#ifndef PIPELINE_SPOOL_H
#define PIPELINE_SPOOL_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

/* Drops the oldest folders of log_dir: with one more, the newest 50 are left. */
void spool_make_room(struct arena *arena, const char *log_dir);

/* Makes log_dir/<id>. */
int spool_open(struct arena *arena, const char *log_dir, const char *id, const char **folder,
	       struct error *err);

/*
 * Whether whole outputs still go there: once an execution's commands have written 512 MiB, only the head and
 * tail of what follows is kept.
 */
bool spool_has_room(const struct execution *execution);

/* Removes the folder unless a stream of the execution was cut. Returns how many bytes it kept; 0: none. */
uint64_t spool_close(const char *folder, const struct execution *execution);

#endif
