/*
 * The jobs of one execution: one, or candidates side by side from one state, of which the best is kept.
 * The best has passed; or else ran tests, more of them passed, fewer failed; or else has fewer
 * findings; or else comes first.
 */
#ifndef SERVICE_CANDIDATES_H
#define SERVICE_CANDIDATES_H

#include "engine/pipeline/job.h"
#include "engine/service/deferred.h"

struct trial;

enum candidate_state {
	CANDIDATE_WAITING, /* for one before it to be judged: so many run at once and no more */
	CANDIDATE_RUNNING,
	CANDIDATE_HELD, /* judged, and neither committed nor rolled back */
	CANDIDATE_SETTLED, /* being committed or rolled back */
	CANDIDATE_OVER,
};

struct candidate {
	struct trial *trial;
	size_t index;
	enum candidate_state state;
	bool timed_out; /* the execution's time was up */
	struct job *job; /* NULL: it never came to that */
	struct execution execution; /* once it is over */
};

struct candidates {
	struct candidate *items;
	size_t count;
	struct candidate *chosen; /* NULL: not yet */
	bool cancelled, expired;
	struct deferred_call call;
	uv_timer_t *deadline; /* of all together, when there are several */

	struct share *share; /* that what is committed comes from; NULL: no bound, or no sandbox */

	/* what all of them start from */
	const char *const *chain; /* NULL: no sandbox */
	bool flatten; /* so long that the next revision stands alone */
	struct results previous;
	const char *previous_id;
};

/* Ends in trial_end; also when none could be started. */
void candidates_start(struct trial *trial);
void candidates_cancel(struct trial *trial);

/* Once the trial's end is told: the jobs and what they hold. */
void candidates_free(struct trial *trial);

#endif
