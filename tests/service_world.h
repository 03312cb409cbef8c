/* What the tests of the service share: a state folder, a loop, a service on it, and ears. */
#ifndef TESTS_SERVICE_WORLD_H
#define TESTS_SERVICE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/service/service.h"

struct ear;

struct service_world {
	char folder[64], state[96];
	uv_loop_t loop;
	struct service *service;
	struct service_settings settings; /* for the next service_world_open */
	struct arena arena;
	struct ear *ears;
	bool closed;
};

/* For cmocka_unit_test_setup_teardown: a service on the real sandbox; on the scripted one. */
int service_world_up(void **state);
int service_world_up_scripted(void **state);
int service_world_down(void **state);

void service_world_open(struct service_world *world); /* fails the test where it cannot */
void service_world_close(struct service_world *world);

/* Runs the loop until *flag. */
void service_world_until(struct service_world *world, const bool *flag);
void service_world_turns(struct service_world *world, unsigned turns); /* without waiting */

/*
 * A process of its own that opens the service and lets `work` do what it likes. It is killed after_ms after
 * it has written its line. The service must be closed here.
 */
void service_world_kill(struct service_world *world,
			void (*work)(struct service_world *world, int out), unsigned after_ms,
			char *line, int size);

/* What one listener heard. In the world's arena. */
struct ear {
	struct service_world *world;
	const char *id;
	bool accepted, done;
	struct error refused; /* of the acceptance */
	bool replayed;
	char verdict[32];
	const char *report; /* its text */
	unsigned events, outputs, verdicts, missing;
	struct buf output; /* of all output events */
	bool told; /* at the end the events were still kept */
	uint64_t seq; /* of the last event; those after it are heard */
	struct ear *next; /* of the world */
	struct subscription *subscription;
};

/* Fails the test when it is refused; when it is not, with that code. */
struct ear *service_world_submit(struct service_world *world, const struct submission *submission);
void service_world_refused(struct service_world *world, const struct submission *submission,
			   enum error_code code);
struct ear *service_world_listen(struct service_world *world, const char *tenant, const char *id);
void service_world_hear(struct ear *ear); /* until done; fails the test where it is not accepted */
/* All of it: submitted, accepted, done; fails the test on another verdict. */
struct ear *service_world_run(struct service_world *world, const struct submission *submission,
			      const char *verdict);
/* Whether the report's text has this in it. */
bool ear_says(const struct ear *ear, const char *part);
/* Waits for the end; fails the test on another verdict, or one that does not say this. */
void ear_expect(struct ear *ear, const char *verdict, const char *part);

/* A submission of tenant "t" with this text. */
struct submission a_submission(const char *sandbox, const char *text);

/* Python with one unittest each: both pass, one fails (named test_negative). */
extern const char *const passing_text, *const failing_text;
/* Shell that prints "hello". */
extern const char *const shell_text;

/* A new sandbox's id. */
const char *service_world_sandbox(struct service_world *world, const char *tenant);

/* How one call ended: give it as ctx. */
struct end {
	bool done;
	struct error err;
	struct service_world *world;
	const char *id; /* of a row */
	struct changes changes; /* of a rollback; paths in the world's arena */
};
void end_done(void *ctx, const struct error *err);
void end_sandbox(void *ctx, const struct sandbox_row *row, const struct error *err);
void end_snapshot(void *ctx, const struct snapshot_row *row, const struct error *err);
void end_rollback(void *ctx, const struct changes *changes, const struct error *err);
void end_expect(struct end *end, enum error_code code); /* waits for it */

/* The text of a sandbox's file, "" when there is none. */
const char *service_world_file(struct service_world *world, const char *sandbox, const char *path);
unsigned service_world_entries(struct service_world *world, const char *folder); /* of the state */

#endif
