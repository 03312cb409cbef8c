/*
 * The inside of a job, for the job*.c and stage_<verb>.c files only.
 *
 * A stage's enter function returns STEP_DONE (go on), STEP_WAIT (an operation is under way; it ends in
 * job_resume), STEP_FAIL (err is set, or job_judge gave a verdict) or STEP_STOP (all went well and
 * nothing more is wanted). It never changes the stage and never writes the job's error: job.c does
 * both, and the first cause wins.
 */
#ifndef PIPELINE_STAGE_H
#define PIPELINE_STAGE_H

#include "engine/pipeline/edits.h"
#include "engine/pipeline/job.h"
#include "engine/pipeline/judge.h"
#include "engine/pipeline/reachable.h"

enum step { STEP_DONE, STEP_WAIT, STEP_FAIL, STEP_STOP };

enum stage_id {
	STAGE_EXTRACT,
	STAGE_VALIDATE,
	STAGE_PLAN,
	STAGE_OPEN,
	STAGE_SNAPSHOT,
	STAGE_PLACE,
	STAGE_INSTALL,
	STAGE_TEST,
	STAGE_PARSE,
	STAGE_RERUN, /* only of jobs with rerun_failures */
	STAGE_SETTLE, /* only of jobs with on_judged */
	STAGE_COMMIT,
	STAGE_ROLLBACK,
	STAGE_CLOSE,
	STAGE_REPORT,
	STAGE_END, /* not a stage: the job is over */
};

typedef enum step (*step_fn)(struct job *job, struct error *err);

/* What a runner left in SANDBOX_OUT, by the index of its command among the plan's. */
struct report_file {
	bool found;
	const char *data;
	size_t len;
};

struct job {
	/* given */
	struct job_options options;
	uv_loop_t *loop;
	struct job_input input;
	size_t given_bytes; /* of its text, or of all files */
	job_done_fn done;
	void *done_ctx;

	/* made by the stages, in this order */
	struct arena arena;
	struct execution execution;
	struct edits edits; /* of all blocks that edit */
	struct environment environment;
	struct plan plan;
	struct limits limits;
	struct sandbox *sandbox;
	void *egress; /* handle of options.egress while an install runs; who stops it takes it */
	struct reachable reachable; /* for an install; empty where a kept layer serves */
	bool install_failed;
	size_t command; /* index of the command under way, within its stage */
	struct report_file *reports;
	size_t first_output; /* of the newest run of the plan's commands */
	step_fn tested; /* what follows that run; NULL: the stage is done */
	const char *tested_snapshot; /* from which failed tests run again; NULL: they do not */
	struct changes undone; /* before a re-run */
	const char *spool; /* folder for whole outputs, NULL: not kept */

	/* how it goes on; job.c only */
	enum stage_id stage;
	step_fn next; /* what follows the operation under way; NULL: the stage is done */
	struct operation *operation;
	double stage_started, started;
	const char *detail; /* of the stage under way, for its event */
	bool skipped; /* the stage found nothing to do */
	struct error error; /* the first cause */
	bool cancelled, timed_out, kill_sent, ended;
	bool overdue; /* the operation under way was killed for not answering */
	bool abandoned; /* an operation never answered: the sandbox may not be used again */
	bool unsettled; /* waits for job_settle */
	bool let_go; /* not chosen: what is rolled back even where a failure would be kept */
	bool unkept; /* it was to be kept, which failed: it is rolled back after all */
	uint64_t seq;
	unsigned refs;
	uv_timer_t tick, deadline, watchdog;
	unsigned open_handles;
};

/* ---- for the stages ---- */

/*
 * Starts waiting: returns the context to give to an asynchronous operation whose callback is
 * job_resume. next is what to do when it ended well (NULL: the stage is done). If the operation refuses
 * to start, call job_refused.
 */
void *job_wait(struct job *job, step_fn next);
enum step job_refused(void *operation);
void job_resume(void *operation, const struct error *err); /* a sandbox_done_fn */
void job_resumed(void *operation); /* a sandbox_closed_fn */

/*
 * The same for work on a thread: for what computes, reads files, or asks tools of the host. next (NULL: the
 * stage is done) follows on the loop where work returned STEP_DONE; work returns anything but STEP_WAIT.
 *
 * Until then the job is the thread's: its arena, plan and execution; the loop only raises flags. There is no
 * watchdog, because a thread cannot be given up while it writes to the job, so all that runs there has bounds
 * of its own: steps of patterns and of the Markdown reader, sizes of files, seconds for tools of the host.
 *
 * What it calls holds no state of the process that is not made for it: parsers, validators and runners have
 * constants only, but for the regex JIT (compiled once, under a lock), libcmark's memory (a state for each
 * thread, markdown_memory.c; libcmark itself has no globals that change) and what reachable.c keeps (under a
 * lock). Tools of the host are started with posix_spawn and waited for by their pid. getenv needs nobody to
 * call setenv once there are threads.
 */
enum step job_work(struct job *job, step_fn work, step_fn next);

/* Gives the verdict (job_cause.c) unless there is one already, with the current stage as its phase. */
void job_judge(struct job *job, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Gives the verdict `rejected` when a finding blocks. */
bool job_rejected(struct job *job);

/* On the loop: tells the verdict to whoever listens; the last event but the end of `report`. */
void job_verdict_event(struct job *job);

/* Passes on what a command printed. */
void job_output(struct job *job, int fd, const char *data, size_t len);

/*
 * The same from a ruling, which brings the exit code and signal that decided; phase is the stage whose
 * command did.
 */
void job_rule(struct job *job, enum stage_id phase, const struct ruling *ruling);

/* A verdict on failed tests is taken back for one on all their runs. */
void job_rejudge(struct job *job, const struct ruling *ruling);

/* ---- between the job*.c files ---- */

/* Goes through stages until one has to wait or the job is over; err may be NULL. */
void job_go(struct job *job, enum step step, const struct error *err);
bool job_is_stopping(const struct job *job); /* cancelled, or past its deadline */
bool job_is_large(const struct job *job); /* too large to be read while the loop waits */
bool job_may_stop(const struct job *job); /* the stage under way may be cut short */
uint64_t job_patience(const struct job *job); /* with one operation of it, in ms */
/* Ends what is under way, if it may be ended; job_is_stopping is true already. */
void job_stop(struct job *job);

/* Why the stage under way failed, and that it was cut short. */
void job_blame(struct job *job, const struct error *err);
void job_blame_stop(struct job *job);

/* Whether a failed attempt becomes the workspace, for the caller asked so. */
bool job_wants_keep(const struct job *job);

/* Whether shell lines say what runs. */
bool job_has_lines(const struct job *job);

/* Whether the plan has dependencies and the caller lets them be installed. */
bool job_wants_install(const struct job *job);

/* On a thread: how the clients of the plan's registries are set up on this host. */
enum step job_ask_clients(struct job *job, struct error *err);

/* One more line for execution.notes. */
void job_note(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Runs one command of the plan in the sandbox (stage_exec.c) and adds its output to the execution's;
 * next finds it as the last one. extra is more environment, or NULL.
 */
enum step job_exec(struct job *job, const struct command *command, const char *const *extra,
		   step_fn next, struct error *err);

/* Runs the plan's commands in order, and then goes on with then (NULL: the stage is done). */
enum step job_run_tests(struct job *job, step_fn then, struct error *err);

/* Reads and judges what the newest run of the plan's commands gave. */
struct ruling job_read_run(struct job *job, struct results *results);

/* ---- the stages ---- */

enum step stage_extract(struct job *job, struct error *err);
enum step stage_validate(struct job *job, struct error *err);
enum step stage_plan(struct job *job, struct error *err);
enum step stage_open(struct job *job, struct error *err);
enum step stage_snapshot(struct job *job, struct error *err);
enum step stage_place(struct job *job, struct error *err);
enum step stage_install(struct job *job, struct error *err);
enum step stage_test(struct job *job, struct error *err);
enum step stage_parse(struct job *job, struct error *err);
enum step stage_rerun(struct job *job, struct error *err);
enum step stage_settle(struct job *job, struct error *err);
enum step stage_commit(struct job *job, struct error *err);
enum step stage_rollback(struct job *job, struct error *err);
enum step stage_close(struct job *job, struct error *err);
enum step stage_report(struct job *job, struct error *err);

#endif
