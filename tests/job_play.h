/*
 * One job on the scripted sandbox (a reply with a bash program), and a witness of its events. For every
 * job: events without gaps, one verdict, done once, no handle left on the loop, every sandbox closed.
 */
#ifndef TESTS_JOB_PLAY_H
#define TESTS_JOB_PLAY_H

#include "engine/pipeline/job.h"
#include "tests/scripted_sandbox.h"

/* What the events of one job said. */
struct witness {
	/* given */
	const char *cancel_at; /* stage during which job_cancel is called */
	bool cancel_inside; /* from the event itself, not a moment later */
	enum { SETTLE_NEVER, CHOSEN, NOT_CHOSEN, CHOSEN_LATER } settle;
	/* seen */
	struct job *job;
	uint64_t seq;
	const char *open_stage; /* started and not ended */
	enum verdict verdict;
	unsigned verdicts, finished, judged;
	uv_timer_t timer;
};

/* Copies, for the job is gone. */
struct outcome {
	enum verdict verdict;
	enum workspace_outcome workspace;
	bool quarantined;
	bool revised;
	unsigned judged;
	unsigned reruns;
	size_t flaky, outputs;
	bool rerun_recorded; /* there was such a stage */
	char reason[256];
	char note[256]; /* the last */
};

/* options.on_judged set (to anything): the witness settles. */
struct outcome job_play(struct job_options options, struct witness witness);
void job_play_judged(void *ctx, struct job *job); /* for options.on_judged */

/*
 * For cmocka_run_group_tests: what every job needs, also one that a test starts by itself in another sandbox.
 * The folder is made by set_up and removed by tear_down, with all that is in it.
 */
extern struct ruleset *job_play_rules;
extern char job_play_state_dir[];
int job_play_set_up(void **state);
int job_play_tear_down(void **state);

#endif
