/* A chain of revisions: folders of <state>/revisions, newest first. */
#include "runners/namespace/overlay/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runners/namespace/state.h"

int chain_check_id(const char *id, struct error *err)
{
	size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

	if (len == 0 || len >= CHAIN_ID || id[len])
		return error_set(
			err, ERROR_USAGE,
			"\"%.80s\" is no revision: an id has 1 to %d letters, digits, _ and -", id,
			CHAIN_ID - 1);
	return 0;
}

static int add(struct chain *chain, const char *id, struct error *err)
{
	if (chain->count == SANDBOX_CHAIN_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d revisions in a chain",
				 SANDBOX_CHAIN_MAX);
	if (chain_check_id(id, err))
		return -1;
	int fd = openat(chain->folder, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT
			       ? error_set(err, ERROR_NOT_FOUND, "there is no revision %s", id)
			       : error_errno(err, errno, "open revision %s", id);
	memcpy(chain->ids[chain->count], id, strlen(id) + 1);
	chain->fds[chain->count++] = fd;
	return 0;
}

int chain_open(struct chain *chain, const char *state_dir, const char *const *revisions,
	       struct error *err)
{
	chain->count = 0;
	if (state_open(state_dir, "revisions", &chain->folder, err))
		return -1;
	for (const char *const *it = revisions; *it; it++) {
		if (add(chain, *it, err)) {
			chain_close(chain);
			return -1;
		}
	}
	return 0;
}

void chain_close(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		close(chain->fds[i]);
	if (chain->folder >= 0)
		close(chain->folder);
	chain->folder = -1;
	chain->count = 0;
}
