/* Which system calls a command may make; the only user of libseccomp. */
#ifndef LAUNCHER_SECCOMP_H
#define LAUNCHER_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "engine/base/error.h"

/*
 * The filter as the kernel takes it, compiled once for each process and kept: building it costs
 * more than a sandbox. Not thread-safe: called from the loop.
 */
int seccomp_filter(struct sock_fprog *out, struct error *err);

/* Puts this thread and what it starts under the filter; needs no_new_privs. errno on failure. */
int seccomp_enter(const struct sock_fprog *filter);

#endif
