/* What outlives a run: executions and the status of their tests; the only user of SQLite. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct store;

/* path ":memory:" for tests. Makes or migrates the schema. */
int store_open(struct store **out, const char *path, struct error *err);
void store_close(struct store *store);

/*
 * The results of the newest execution of workspace that has any: only name, suite and status of each
 * test are kept. *id is NULL when there is none.
 */
int store_last_results(struct store *store, const char *workspace, struct arena *arena,
		       const char **id, struct results *out, struct error *err);

/* Adds an execution and drops all but the newest `keep` of that workspace. One transaction. */
int store_record(struct store *store, const char *workspace, const struct execution *execution,
		 unsigned keep, struct error *err);

#endif
