/* What the writing tools have in common. */
#include "engine/tools/tool_change.h"

#include <unistd.h>

#include "engine/base/file.h"
#include "engine/tools/tool_path.h"

int tool_read_whole(const struct tool_call *call, const char *path, struct buf *out,
		    bool *executable, struct error *err)
{
	struct stat status;
	buf_init(out, CHANGE_MAX);
	int fd = tool_open_file(call->workspace, path, &status, err);
	if (fd < 0)
		return -1;
	*executable = status.st_mode & S_IXUSR;
	int result = file_read_fd(fd, path, out, err);
	close(fd);
	return result;
}

void tool_change(struct tool_call *call, const struct file *file)
{
	call->files = arena_alloc(call->arena, sizeof(*file));
	call->files[0] = *file;
	call->file_count = 1;
}
