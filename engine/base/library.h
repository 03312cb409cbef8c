/*
 * A shared library that is loaded when it is first needed: its functions under their own names, each
 * passing on to the library's. Loading libcurl and libmicrohttpd with the thirty libraries behind them
 * takes five milliseconds, longer than most commands run.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

#include "engine/base/error.h"

/*
 * Loads soname, which stays until the process ends, and puts the address of names[i] into symbols[i]. It
 * may be called again, from any thread. ERROR_UNAVAILABLE when it, or one of the names, is not there.
 */
int library_load(const char *soname, const char *const *names, size_t count, void **symbols,
		 struct error *err);

/* FUNCTIONS(X) is X(name) for each function: what the macros below find their places by. */
#define LIBRARY(FUNCTIONS)                                                                         \
	enum { FUNCTIONS(LIBRARY_PLACE) PLACES };                                                  \
	static const char *const names[PLACES] = {FUNCTIONS(LIBRARY_NAME)};                        \
	static void *symbols[PLACES]
#define LIBRARY_PLACE(name) PLACE_##name,
#define LIBRARY_NAME(name) #name,

/* The library's own function; only after library_load. */
#define LIBRARY_THEIRS(name) ((typeof(name) *)symbols[PLACE_##name])

#define LIBRARY_PASS(type, name, parameters, arguments)                                            \
	type name parameters                                                                       \
	{                                                                                          \
		return LIBRARY_THEIRS(name) arguments;                                             \
	}
#define LIBRARY_PASS_VOID(name, parameter, argument)                                               \
	void name(parameter)                                                                       \
	{                                                                                          \
		LIBRARY_THEIRS(name)(argument);                                                    \
	}

#endif
