/*
 * One job: reply text in, verdict out, through the stage table in job.c. A job is driven by its loop
 * and calls done exactly once.
 */
#ifndef PIPELINE_JOB_H
#define PIPELINE_JOB_H

#include <uv.h>

#include "engine/base/error.h"
#include "engine/model.h"
#include "engine/pipeline/event.h"
#include "runners/sandbox.h"
#include "validators/validators.h"

struct job;

/*
 * The way out of the sandbox during an install, as a job sees it; engine/net/egress.c fills it in with the
 * proxy. start owns listen_fd.
 */
struct egress_ops {
	int (*start)(void *ctx, uv_loop_t *loop, int listen_fd, const char *const *hosts,
		     void **handle, struct error *err);
	const char *(*refusal)(void *handle); /* the last host refused and why, or NULL */
	void (*stop)(void *handle, void (*stopped)(void *ctx), void *ctx);
};

/* A file that somebody gives instead of a reply; checked and planned like a block of one. */
struct job_file {
	const char *path; /* NULL: named as a bare block of that language would be */
	const char *language; /* a tag, "py"; NULL: from the path */
	const char *data;
	size_t len;
};

/* What a job is made from: a reply's text, or files and commands. Borrowed until job_free. */
struct job_input {
	const char *text; /* NULL: files and commands */
	size_t len;
	const struct job_file *files;
	size_t file_count;
	const char *const *commands; /* shell lines, in order, the first that fails ends them; NULL
					or empty: what the files ask for. NULL-terminated */
};

enum on_failure { ON_FAILURE_ROLLBACK, ON_FAILURE_KEEP };

struct job_options {
	const char *id; /* NULL: made */
	const char *environment; /* NULL: from the language of the blocks */
	const char *workspace; /* absolute; NULL: a new one that is forgotten */
	const char *const *revisions; /* instead of workspace: see struct sandbox_spec */
	const char *revision;
	bool flatten;
	struct allowance *allowance; /* likewise, and held until the sandbox is closed */
	const char *state_dir;
	uint64_t layers_disk; /* bytes for all dependency layers; 0: no bound */
	enum on_failure on_failure;
	bool no_install;
	bool stop_after_plan; /* `assay check`: nothing is touched */
	struct limits limits; /* zero fields: the environment's */
	const struct limits *most; /* over which none of them may be; zero fields: the
				      environment's; NULL: as much as is asked for */
	uint64_t deadline_ms; /* for the whole job, 0: none */
	uint64_t patience_ms; /* for an operation to answer, and again once it was killed; 0: the
				    stage table's times */
	const char *log_dir; /* folder that gets a folder <id> with the whole output of each command
				    of which the report holds only head and tail; NULL: not kept. Who
				    owns it removes the old ones */
	size_t feedback_bytes;
	unsigned rerun_failures; /* how often failed tests run again from the snapshot; 0: never */
	/*
	 * Called once, when the tests are judged and nothing is committed or rolled back: the job then
	 * waits for job_settle. NULL: it goes on by itself. Jobs that end earlier never call it.
	 */
	void (*on_judged)(void *ctx, struct job *job);
	void *on_judged_ctx;
	const struct ruleset *rules;
	struct check_limits check_limits;
	const struct sandbox_ops *sandbox;
	const struct egress_ops *egress;
	void *egress_ctx;
	const struct results *previous; /* of the last attempt, for the delta; NULL: none */
	const char *previous_id;
	event_fn on_event;
	void *on_event_ctx;
};

typedef void (*job_done_fn)(void *ctx, struct job *job);

/*
 * input and options are copied, what they point at is borrowed until job_free. Returns 0 and later calls
 * done, or -1 and never does.
 */
int job_start(struct job **out, uv_loop_t *loop, const struct job_options *options,
	      const struct job_input *input, job_done_fn done, void *ctx, struct error *err);

/*
 * After on_judged, and in it: goes on to commit (a pass, or a failure that on_failure keeps) or, when
 * chosen is false, rolls back whatever the verdict, which stays. A cancel or the deadline ends the wait
 * too: all is rolled back, a pass becomes cancelled or timed_out, and any other verdict stands.
 */
void job_settle(struct job *job, bool chosen);

/*
 * Ends the job early: what runs is killed, the workspace is rolled back, and the verdict is cancelled unless
 * there was one already: of tests that had failed, and are only run again or wait to be chosen.
 */
void job_cancel(struct job *job);

/* Complete once done was called; lives until job_free. */
const struct execution *job_execution(const struct job *job);

/* Only after done was called. */
void job_free(struct job *job);

#endif
