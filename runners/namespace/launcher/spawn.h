/*
 * Processes that share our memory (CLONE_VM): cheap to start, for no page table is copied, and so
 * bound to rules. They allocate nothing, share errno with us, and end by returning from main or by
 * an exec.
 */
#ifndef LAUNCHER_SPAWN_H
#define LAUNCHER_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * As clone(2) with CLONE_VM and SIGCHLD added to flags; pidfd may be NULL without CLONE_PIDFD. What
 * main returns is the exit status.
 */
pid_t spawn_sharing(int (*main)(void *arg), char *stack, size_t size, int flags, void *arg,
		    int *pidfd);

#endif
