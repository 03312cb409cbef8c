/*
 * The open files that the process may have, shared out: clients who hold all of them by doing nothing would
 * have every execution end in "too many open files".
 */
#include "engine/commands/serve_descriptors.h"

#include <sys/resource.h>

#include "engine/base/log.h"

enum {
	OF_SERVICE = 64, /* the store, the loop, the stem, callbacks, tools */
	OF_RUN =
		128, /* of one execution: its sandbox, pipes, outputs, and the connections of an install */
	CONNECTIONS_MOST = 12000, /* for their memory */
};

void serve_descriptors_raise(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_write(LOG_WARN, "the limit of open files stays as it is");
	}
}

/* At least one: 0 would be as many as usual. */
static unsigned within(rlim_t count, unsigned most)
{
	return count < 1 ? 1 : count < most ? (unsigned)count : most;
}

/* Where there are few, the clients have half: two thirds of it to connect, the rest to be watched. */
void serve_descriptors_share(unsigned running, size_t listeners, struct http_settings *out)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
		return;
	rlim_t work = OF_SERVICE + (rlim_t)OF_RUN * running;
	if (work > files.rlim_cur / 2)
		work = files.rlim_cur / 2;
	rlim_t third = (files.rlim_cur - work) / 3;
	out->max_connections = within(2 * third / listeners, CONNECTIONS_MOST);
	out->max_watches = within(third, CONNECTIONS_MOST);
}
