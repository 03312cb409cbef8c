/* The tables of the store, and the steps from each version of them to the next. */
#include "engine/store/store_schema.h"

#include <sqlite3.h>

enum {
	SCHEMA_VERSION = 3, /* PRAGMA user_version; 0: a new file */
	WAL_WAIT_MS = 2000,
};

/* What `assay run` leaves: the newest runs of each workspace, with the status of their tests. */
static const char version_1[] =
	"CREATE TABLE executions ("
	"  number INTEGER PRIMARY KEY," /* newest is highest */
	"  id TEXT NOT NULL,"
	"  workspace TEXT NOT NULL,"
	"  at TEXT NOT NULL,"
	"  verdict TEXT NOT NULL,"
	"  reason TEXT,"
	"  environment TEXT,"
	"  runner TEXT," /* NULL: no results */
	"  complete INTEGER NOT NULL,"
	"  wall_ms REAL NOT NULL);"
	"CREATE INDEX executions_of_workspace ON executions (workspace, number);"
	"CREATE TABLE tests ("
	"  execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,"
	"  place INTEGER NOT NULL,"
	"  suite TEXT,"
	"  name TEXT,"
	"  status INTEGER NOT NULL," /* enum test_status */
	"  PRIMARY KEY (execution, place)) WITHOUT ROWID;";

/*
 * The service: its executions take over the name, those of version 1 are called runs. Rows keep
 * their place when they change, so a table's own order is that of making.
 */
static const char version_2[] =
	"ALTER TABLE executions RENAME TO runs;"
	"DROP INDEX executions_of_workspace;"
	"CREATE INDEX runs_of_workspace ON runs (workspace, number);"
	"CREATE TABLE sandboxes ("
	"  id TEXT NOT NULL UNIQUE,"
	"  tenant TEXT NOT NULL,"
	"  agent TEXT,"
	"  environment TEXT,"
	"  head TEXT," /* a revision, NULL: empty */
	"  last_success TEXT," /* a revision */
	"  succeeded INTEGER NOT NULL,"
	"  executions INTEGER NOT NULL,"
	"  ttl_ms INTEGER NOT NULL,"
	"  created_ms INTEGER NOT NULL,"
	"  used_ms INTEGER NOT NULL,"
	"  expires_ms INTEGER NOT NULL);"
	"CREATE TABLE revisions ("
	"  id TEXT PRIMARY KEY,"
	"  parent TEXT,"
	"  tenant TEXT NOT NULL,"
	"  bytes INTEGER NOT NULL,"
	"  created_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE snapshots ("
	"  id TEXT NOT NULL UNIQUE,"
	"  sandbox TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE,"
	"  name TEXT NOT NULL,"
	"  description TEXT,"
	"  revision TEXT,"
	"  created_ms INTEGER NOT NULL,"
	"  UNIQUE (sandbox, name));"
	"CREATE TABLE executions ("
	"  number INTEGER PRIMARY KEY," /* in the order of acceptance */
	"  id TEXT NOT NULL UNIQUE,"
	"  tenant TEXT NOT NULL,"
	"  sandbox TEXT," /* stays when the sandbox goes */
	"  agent TEXT,"
	"  state INTEGER NOT NULL," /* enum execution_state */
	"  callback_url TEXT,"
	"  accepted_ms INTEGER NOT NULL,"
	"  started_ms INTEGER NOT NULL,"
	"  finished_ms INTEGER NOT NULL,"
	"  verdict TEXT,"
	"  reason TEXT,"
	"  environment TEXT,"
	"  wall_ms REAL NOT NULL,"
	"  log_dir TEXT,"
	"  report_bytes INTEGER NOT NULL,"
	"  report TEXT);" /* last: lists need not walk over it */
	/* with all that lists are filtered by: few among many are found in the index alone */
	"CREATE INDEX executions_of_tenant ON executions (tenant, number, agent, verdict);"
	"CREATE INDEX executions_of_sandbox ON executions "
	"  (sandbox, number, tenant, agent, verdict);"
	"CREATE INDEX executions_unfinished ON executions (number) WHERE state = 0;"
	"CREATE INDEX executions_finished ON executions (finished_ms) WHERE state = 1;"
	"CREATE TABLE idempotency ("
	"  tenant TEXT NOT NULL,"
	"  key TEXT NOT NULL,"
	"  request TEXT NOT NULL,"
	"  execution TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,"
	"  created_ms INTEGER NOT NULL,"
	"  PRIMARY KEY (tenant, key)) WITHOUT ROWID;"
	"CREATE INDEX idempotency_of_execution ON idempotency (execution);"
	"CREATE TABLE deliveries ("
	"  execution TEXT PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,"
	"  tenant TEXT NOT NULL,"
	"  url TEXT NOT NULL,"
	"  attempts INTEGER NOT NULL,"
	"  next_ms INTEGER NOT NULL,"
	"  last_error TEXT) WITHOUT ROWID;"
	"CREATE INDEX deliveries_soonest ON deliveries (next_ms);"
	/* what each tenant has, so that a quota is one look and not a sum over all */
	"CREATE TABLE usage ("
	"  tenant TEXT PRIMARY KEY,"
	"  sandboxes INTEGER NOT NULL DEFAULT 0,"
	"  revision_bytes INTEGER NOT NULL DEFAULT 0,"
	"  executions INTEGER NOT NULL DEFAULT 0,"
	"  report_bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE TRIGGER sandbox_made AFTER INSERT ON sandboxes BEGIN"
	"  INSERT INTO usage (tenant, sandboxes) VALUES (new.tenant, 1)"
	"    ON CONFLICT (tenant) DO UPDATE SET sandboxes = sandboxes + 1; END;"
	"CREATE TRIGGER sandbox_gone AFTER DELETE ON sandboxes BEGIN"
	"  UPDATE usage SET sandboxes = sandboxes - 1 WHERE tenant = old.tenant; END;"
	"CREATE TRIGGER revision_made AFTER INSERT ON revisions BEGIN"
	"  INSERT INTO usage (tenant, revision_bytes) VALUES (new.tenant, new.bytes)"
	"    ON CONFLICT (tenant) DO UPDATE SET revision_bytes = revision_bytes + new.bytes; END;"
	"CREATE TRIGGER revision_gone AFTER DELETE ON revisions BEGIN"
	"  UPDATE usage SET revision_bytes = revision_bytes - old.bytes"
	"    WHERE tenant = old.tenant; END;"
	"CREATE TRIGGER execution_made AFTER INSERT ON executions BEGIN"
	"  INSERT INTO usage (tenant, executions, report_bytes)"
	"    VALUES (new.tenant, 1, new.report_bytes)"
	"    ON CONFLICT (tenant) DO UPDATE SET executions = executions + 1,"
	"      report_bytes = report_bytes + new.report_bytes; END;"
	"CREATE TRIGGER execution_reported AFTER UPDATE OF report_bytes ON executions BEGIN"
	"  UPDATE usage SET report_bytes = report_bytes - old.report_bytes + new.report_bytes"
	"    WHERE tenant = new.tenant; END;"
	"CREATE TRIGGER execution_gone AFTER DELETE ON executions BEGIN"
	"  UPDATE usage SET executions = executions - 1,"
	"    report_bytes = report_bytes - old.report_bytes WHERE tenant = old.tenant; END;";

static const char version_3[] = "ALTER TABLE sandboxes ADD COLUMN quarantined TEXT;";

/* steps[n] leads from version n to n + 1. */
static const char *const steps[SCHEMA_VERSION] = {version_1, version_2, version_3};

static int read_version(struct database *database, int *version)
{
	struct sqlite3_stmt *statement = statement_get(database, "PRAGMA user_version");
	int rc = statement_step(statement);
	if (rc > 0)
		*version = (int)statement_int(statement, 0);
	statement_end(statement);
	return rc > 0 ? 0 : -1;
}

/* Within a transaction: whoever comes second finds it done. */
static int migrate(struct database *database, struct error *err)
{
	int version;
	if (database_run(database, "BEGIN IMMEDIATE") != 0)
		return database_fail(database, "prepare", err);
	if (read_version(database, &version) != 0)
		goto undo;
	for (; version < SCHEMA_VERSION; version++)
		if (database_run(database, steps[version]) != 0)
			goto undo;
	char pragma[64];
	sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %d", SCHEMA_VERSION);
	if (database_run(database, pragma) != 0 || database_run(database, "COMMIT") != 0)
		goto undo;
	return 0;
undo:
	database_fail(database, "prepare", err);
	database_run(database, "ROLLBACK");
	return -1;
}

/*
 * Changing to WAL asks for the whole file at once, and SQLite answers "locked" without asking the
 * busy handler when two try it together: so it is tried again for as long as one would wait.
 */
static int set_wal(struct database *database)
{
	int rc = -1;
	for (int waited = 0; rc != 0 && waited <= WAL_WAIT_MS; waited += 10) {
		rc = database_run(database, "PRAGMA journal_mode = WAL");
		if (rc == 0 || !database_is_busy(database))
			break;
		sqlite3_sleep(10);
	}
	return rc;
}

int schema_prepare(struct database *database, struct error *err)
{
	int version;
	if (read_version(database, &version) != 0)
		return database_fail(database, "open", err);
	if (version > SCHEMA_VERSION)
		return error_set(
			err, ERROR_UNAVAILABLE,
			"store: open %s: it was made by a newer assay (schema %d, this one "
			"knows %d)",
			database->path, version, SCHEMA_VERSION);
	if (version == SCHEMA_VERSION)
		return 0;
	if (set_wal(database) != 0)
		return database_fail(database, "prepare", err);
	return migrate(database, err);
}
