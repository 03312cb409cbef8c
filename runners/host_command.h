/* Asks a tool of the host one question: runs it, bounded in time and output. */
#ifndef RUNNERS_HOST_COMMAND_H
#define RUNNERS_HOST_COMMAND_H

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* For a question that an idle machine answers in half a second, and a busy one in many times that. */
enum { HOST_COMMAND_MS = 20000 };

/*
 * Runs argv (argv[0] is a path, or looked up on PATH) in the root folder with our own environment,
 * no input and a deadline, and waits for it: only for tools of the host, never for what a reply
 * wrote. Its standard output goes to out, cut at out->max. Fails with ERROR_UNAVAILABLE when it
 * cannot start, does not end in time (it is killed then, with all its children) or does not exit
 * with 0; the message has its first line of standard error.
 */
int host_command(const char *const *argv, unsigned deadline_ms, struct buf *out, struct error *err);

#endif
