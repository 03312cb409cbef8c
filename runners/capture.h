/*
 * One stream of a command as it arrives: head and tail in memory, the whole in a file if wanted. Never
 * loses count, never grows past its budget.
 */
#ifndef RUNNERS_CAPTURE_H
#define RUNNERS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct capture {
	char *head;
	size_t head_len, head_room, head_max;
	char *tail; /* a ring, made when the head is full */
	size_t tail_max, tail_at;
	uint64_t bytes;
	uint64_t max; /* of the whole stream */
	int spool; /* -1: none */
	int spool_error; /* errno of the first write that failed */
};

/*
 * budget: bytes kept in memory, half head and half tail. max: bytes of the whole stream after which
 * capture_add says so, 0: no end. spool: file for the whole stream (made or emptied), or NULL.
 */
int capture_init(struct capture *capture, size_t budget, uint64_t max, const char *spool,
		 struct error *err);
void capture_done(struct capture *capture);

/* Returns false once the stream is longer than max; what is past max is counted but not spooled. */
bool capture_add(struct capture *capture, const char *data, size_t len);

/* The stream in arena; the spool file is complete afterwards. */
void capture_finish(struct capture *capture, struct arena *arena, struct stream *out);

#endif
