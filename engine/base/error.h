/* What went wrong, as a value: a code for programs and one sentence for people. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

enum error_code {
	ERROR_NONE,
	ERROR_USAGE, /* the caller asked for something that makes no sense */
	ERROR_INPUT, /* text from outside is malformed */
	ERROR_NOT_FOUND, /* a name that does not exist: an environment, a file, a snapshot */
	ERROR_TOO_LARGE, /* over a limit of ours */
	ERROR_UNAVAILABLE, /* the host lacks it: a toolchain, a kernel feature, a permission */
	ERROR_NO_SPACE, /* disk, memory or descriptors ran out */
	ERROR_IO, /* the host refused to read or write */
	ERROR_CANCELLED, /* somebody asked us to stop */
	ERROR_BUSY, /* a bound is reached now: the same may succeed a little later */
	ERROR_CONFLICT, /* what is there already does not go with what was asked */
	ERROR_DENIED, /* the asker may not, or not so much: a token, a quota */
	ERROR_INTERNAL, /* a promise of our own was broken */
};

enum { ERROR_TEXT = 512 };

struct error {
	enum error_code code;
	char text[ERROR_TEXT]; /* longer ones are cut */
};

/*
 * Sets err and returns -1, so that `return error_set(err, ...)` is the whole failure path. err may
 * be NULL. Messages have no full stop and no capital: they are wrapped on the way up.
 */
int error_set(struct error *err, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_set, with ": " and the words for errno_value at the end; the code is chosen from it. */
int error_errno(struct error *err, int errno_value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "<context>: " in front of what err says already. Returns -1. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline bool error_is_set(const struct error *err)
{
	return err->code != ERROR_NONE;
}

#endif
