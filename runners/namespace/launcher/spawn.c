/* Processes that share our memory. */
#include "runners/namespace/launcher/spawn.h"

#include <sched.h>
#include <signal.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

pid_t spawn_sharing(int (*main)(void *arg), char *stack, size_t size, int flags, void *arg,
		    int *pidfd)
{
#ifdef __SANITIZE_ADDRESS__
	/* The last process on this stack never came back from its functions. */
	__asan_unpoison_memory_region(stack, size);
#endif
	return clone(main, stack + size, flags | CLONE_VM | SIGCHLD, arg, pidfd);
}
