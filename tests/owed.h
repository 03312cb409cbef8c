/*
 * Answers that are owed to a receiver: a store with rows, a loop, the callbacks on both, and what the receiver
 * got. Its paths say how they answer: /ok and any other 204; /twice fails twice, /later says when to come
 * back, /broken fails always, /gone is gone, /silent never answers, /held fails once `released` is set.
 */
#ifndef TESTS_OWED_H
#define TESTS_OWED_H

#include "engine/service/callback.h"
#include "tests/receiver.h"

#define OWED_SECRET "not much of a secret"

enum { OWED_GOT_MAX = 64 };

struct got { /* one request that the receiver had */
	char path[32], execution[64], attempt[16], timestamp[32], signature[128], type[64];
	char body[256];
	double at; /* clock_ms */
};

extern struct owed {
	struct receiver receiver;
	struct got got[OWED_GOT_MAX]; /* under the receiver's lock, as are the next two */
	unsigned got_count;
	bool released;
	char folder[32];
	uv_loop_t loop;
	struct store *store;
	struct callbacks *callbacks;
	struct callback_settings settings; /* for the next owed_start */
	int64_t next_ms; /* of what is added: not before */
	unsigned pending; /* writes of the test's own, of which owed_written tells */
} owed;

/* For cmocka_unit_test_setup_teardown: started, with short waits. */
int owed_set_up(void **state);
int owed_tear_down(void **state);

/* The life of one process: the store is opened and the callbacks begin; both end, wherever they are. */
void owed_start(void);
void owed_stop(void);

/* An execution that is over and whose answer is owed to this URL, or to the receiver's path. */
void owed_add_url(const char *id, const char *tenant, const char *url);
void owed_add(const char *id, const char *path);
void owed_written(void *ctx, const struct error *err);

/* Until so many answers were taken or given up, and nothing is owed any more. */
void owed_run_until(uint64_t ended);

unsigned owed_requests(void); /* that the receiver had */
size_t owed_rows(struct arena *arena, struct delivery_row **rows); /* of the store */
size_t owed_rows_left(void);

#endif
