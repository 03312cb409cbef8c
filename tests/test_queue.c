/*
 * Admission: order, bounds, keys and owners on small cases, then many random sequences against a model
 * that says after every step who must be running.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/pipeline/queue.h"

/* ---- small cases ---- */

struct client {
	struct queue_entry entry; /* first: start gets it */
	unsigned started;
	bool leaves_at_once;
	struct queue *also; /* where follower enters as soon as this one starts */
	struct client *follower;
};

static void on_start(struct queue_entry *entry)
{
	struct client *client = (struct client *)entry;
	struct client *follower = client->follower;

	client->started++;
	if (follower)
		assert_int_equal(queue_enter(client->also, &follower->entry, NULL), 0);
	if (client->leaves_at_once) {
		queue_leave(entry);
		memset(entry, 0xAB, sizeof(*entry)); /* the queue must not look at it again */
	}
}

static struct client client(const char *owner, const char *key)
{
	return (struct client){.entry = {.owner = owner, .key = key, .start = on_start}};
}

static void enter(struct queue *queue, struct client *it)
{
	struct error err = {0};

	if (queue_enter(queue, &it->entry, &err) != 0)
		fail_msg("%s", err.text);
}

static void the_first_to_come_is_the_first_to_run(void **state)
{
	const struct queue_limits limits = {.running = 1, .waiting = 2};
	struct queue *queue = queue_new(&limits);
	struct client a = client("t", NULL), b = client("t", NULL), c = client("t", NULL),
		      d = client("t", NULL);
	struct queue_state look;
	struct error err = {0};
	(void)state;

	enter(queue, &a);
	assert_int_equal(a.started, 1);
	enter(queue, &b);
	enter(queue, &c);
	assert_int_equal(queue_enter(queue, &d.entry, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	queue_look(queue, &look);
	assert_int_equal(look.running, 1);
	assert_int_equal(look.waiting, 2);
	assert_int_equal(look.refused, 1);
	assert_in_range(look.retry_after_s, 1, 60);

	queue_leave(&a.entry);
	assert_int_equal(b.started, 1);
	assert_int_equal(c.started, 0);
	queue_leave(&b.entry);
	assert_int_equal(c.started, 1);
	queue_leave(&c.entry);
	assert_int_equal(d.started, 0);
	queue_free(queue);
}

static void one_key_runs_once_and_keeps_its_order(void **state)
{
	const struct queue_limits limits = {.running = 4, .waiting = 8};
	struct queue *queue = queue_new(&limits);
	struct client a = client("t", "s"), b = client("t", "s"), c = client("t", "s"),
		      other = client("t", "r"), none = client("t", NULL);
	(void)state;

	enter(queue, &a);
	enter(queue, &b);
	enter(queue, &c);
	enter(queue, &other);
	enter(queue, &none);
	assert_int_equal(b.started + c.started, 0);
	assert_int_equal(other.started + none.started, 2);
	queue_leave(&b.entry); /* does not want to wait any longer */
	queue_leave(&a.entry);
	assert_int_equal(b.started, 0);
	assert_int_equal(c.started, 1);
	queue_leave(&c.entry);
	queue_leave(&other.entry);
	queue_leave(&none.entry);
	queue_free(queue);
}

/* One that came with many finds that the others have their turns and their places all the same. */
static void owners_take_turns(void **state)
{
	const struct queue_limits limits = {.running = 1, .waiting = 3};
	struct queue *queue = queue_new(&limits);
	struct client many[5], b = client("b", NULL), more = client("b", NULL);
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		many[i] = client("a", NULL);
	for (size_t i = 0; i < 4; i++)
		enter(queue, &many[i]);
	assert_int_equal(queue_enter(queue, &many[4].entry, &err), -1);
	enter(queue, &b);
	assert_int_equal(queue_enter(queue, &more.entry, &err), -1);
	queue_leave(&many[0].entry);
	assert_int_equal(many[1].started, 1);
	queue_leave(&many[1].entry);
	assert_int_equal(b.started, 1);
	assert_int_equal(many[2].started, 0);
	queue_leave(&b.entry);
	assert_int_equal(many[2].started, 1);
	queue_leave(&many[2].entry);
	queue_leave(&many[3].entry);
	queue_free(queue);
}

static void one_owner_leaves_room_for_others(void **state)
{
	const struct queue_limits limits = {.running = 3, .waiting = 8, .running_of_owner = 2};
	struct queue *queue = queue_new(&limits);
	struct client mine[4] = {client("a", NULL), client("a", NULL), client("a", NULL),
				 client("a", NULL)};
	struct client other = client("b", NULL);
	(void)state;

	for (size_t i = 0; i < 4; i++)
		enter(queue, &mine[i]);
	assert_int_equal(mine[1].started, 1);
	assert_int_equal(mine[2].started, 0);
	enter(queue, &other);
	assert_int_equal(other.started, 1);
	queue_leave(&other.entry);
	assert_int_equal(mine[2].started, 0);
	queue_leave(&mine[0].entry);
	assert_int_equal(mine[2].started, 1);
	assert_int_equal(mine[3].started, 0);
	for (size_t i = 1; i < 4; i++)
		queue_leave(&mine[i].entry);
	assert_int_equal(mine[3].started, 1);
	queue_free(queue);
}

/* Thousands that leave as soon as they start: no recursion, no entry looked at after it left. */
static void start_may_leave_and_enter(void **state)
{
	enum { MANY = 20000 };
	const struct queue_limits limits = {.running = 1, .waiting = MANY};
	struct queue *queue = queue_new(&limits);
	struct client gate = client("t", NULL), last = client("t", NULL);
	struct client *many = calloc(MANY, sizeof(*many));
	struct queue_state look;
	(void)state;

	assert_non_null(many);
	enter(queue, &gate);
	for (size_t i = 0; i < MANY - 1; i++) {
		many[i] = client("t", "k");
		many[i].leaves_at_once = true;
		enter(queue, &many[i]);
	}
	many[MANY - 1] = client("t", "k");
	many[MANY - 1].follower = &last;
	many[MANY - 1].also = queue;
	enter(queue, &many[MANY - 1]);
	queue_leave(&gate.entry);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(many[i].started, 1);
	assert_int_equal(last.started, 0);
	queue_look(queue, &look);
	assert_int_equal(look.running, 1);
	assert_int_equal(look.waiting, 1);
	queue_leave(&many[MANY - 1].entry);
	assert_int_equal(last.started, 1);
	queue_leave(&last.entry);
	free(many);
	queue_free(queue);
}

/* ---- random sequences ---- */

enum { ENTRIES = 24, STEPS = 400, ROUNDS = 300 };

struct member {
	struct queue_entry entry;
	bool in, runs; /* as the model has it */
	unsigned order, round;
	unsigned started, expected;
};

struct model {
	struct queue_limits limits;
	struct member members[ENTRIES];
	unsigned clock, round;
};

static void member_started(struct queue_entry *entry)
{
	((struct member *)entry)->started++;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static unsigned count(const struct model *model, bool runs)
{
	unsigned n = 0;

	for (size_t i = 0; i < ENTRIES; i++)
		n += model->members[i].in && model->members[i].runs == runs;
	return n;
}

static bool fits(const struct model *model, const struct member *member)
{
	unsigned of_owner = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		const struct member *it = &model->members[i];
		if (!it->in || !it->runs)
			continue;
		if (same(it->entry.key, member->entry.key))
			return false;
		of_owner += same(it->entry.owner, member->entry.owner);
	}
	return count(model, true) < model->limits.running &&
	       (!model->limits.running_of_owner || of_owner < model->limits.running_of_owner);
}

/* Of one owner: how many wait, and the last round that one of them has. */
static unsigned look_at(const struct model *model, const char *owner, unsigned *last)
{
	unsigned waiting = 0;

	*last = model->round;
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct member *it = &model->members[i];
		if (!it->in || !same(it->entry.owner, owner))
			continue;
		waiting += !it->runs;
		if (it->round > *last)
			*last = it->round;
	}
	return waiting;
}

static bool is_before(const struct member *a, const struct member *b)
{
	return a->round != b->round ? a->round < b->round : a->order < b->order;
}

/* The oldest of the first round that fits, again and again. */
static void settle(struct model *model)
{
	for (;;) {
		struct member *oldest = NULL;
		for (size_t i = 0; i < ENTRIES; i++) {
			struct member *it = &model->members[i];
			if (it->in && !it->runs && fits(model, it) &&
			    (!oldest || is_before(it, oldest)))
				oldest = it;
		}
		if (!oldest)
			return;
		oldest->runs = true;
		if (oldest->round > model->round)
			model->round = oldest->round;
		oldest->expected++;
	}
}

static void step(struct model *model, struct queue *queue, unsigned *seed)
{
	static const char *const names[] = {"a", "b", "c"};
	struct member *member = &model->members[(unsigned)rand_r(seed) % ENTRIES];
	struct error err = {0};

	if (member->in) {
		member->in = member->runs = false;
		settle(model);
		queue_leave(&member->entry);
		return;
	}
	unsigned key = (unsigned)rand_r(seed) % 6;
	member->entry = (struct queue_entry){.owner = names[(unsigned)rand_r(seed) % 3],
					     .key = key < 3 ? names[key] : NULL,
					     .start = member_started};
	unsigned last, most = model->limits.waiting, waiting = count(model, false);
	unsigned of_owner = look_at(model, member->entry.owner, &last);
	bool room = fits(model, member) || waiting < most || (waiting < 2 * most && !of_owner);
	if (room) {
		member->in = true;
		member->round = last + 1;
		member->order = ++model->clock;
		settle(model);
	}
	assert_int_equal(queue_enter(queue, &member->entry, &err), room ? 0 : -1);
	assert_int_equal(err.code, room ? ERROR_NONE : ERROR_BUSY);
}

static void check(const struct model *model, const struct queue *queue)
{
	struct queue_state look;

	queue_look(queue, &look);
	assert_int_equal(look.running, count(model, true));
	assert_int_equal(look.waiting, count(model, false));
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(model->members[i].started, model->members[i].expected);
}

static void random_sequences_follow_the_model(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned seed = round;
		struct model model = {.limits = {.running = 1 + round % 7,
						 .waiting = 1 + round % 11,
						 .running_of_owner = round % 4}};
		struct queue *queue = queue_new(&model.limits);
		for (unsigned i = 0; i < STEPS; i++) {
			step(&model, queue, &seed);
			check(&model, queue);
		}
		for (size_t i = 0; i < ENTRIES; i++) {
			if (model.members[i].in)
				queue_leave(&model.members[i].entry);
			model.members[i].in = false;
		}
		queue_free(queue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_to_come_is_the_first_to_run),
		cmocka_unit_test(one_key_runs_once_and_keeps_its_order),
		cmocka_unit_test(owners_take_turns),
		cmocka_unit_test(one_owner_leaves_room_for_others),
		cmocka_unit_test(start_may_leave_and_enter),
		cmocka_unit_test(random_sequences_follow_the_model),
	};
	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
