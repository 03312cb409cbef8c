/* Finds the sandbox backend, and starts threads at a good moment. */
#include "engine/commands/backend.h"

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/base/log.h"

static int unknown(const char *name, struct error *err)
{
	struct buf names;

	buf_init(&names, 0);
	REGISTRY_EACH (sandboxes, struct sandbox_ops, it)
		buf_printf(&names, "%s%s", names.len ? ", " : "", (*it)->name);
	error_set(err, ERROR_UNAVAILABLE,
		  "there is no sandbox backend \"%.60s\" (ASSAY_SANDBOX); choose one of: %s", name,
		  names.data);
	buf_done(&names);
	return -1;
}

int backend_choose(const struct config *config, const struct sandbox_ops **out, struct error *err)
{
	struct error recovery = {0};

	*out = sandbox_find(config->sandbox);
	if (!*out)
		return unknown(config->sandbox, err);
	if (file_make_dirs(config->state_dir, 0700, err) != 0) {
		error_wrap(err, "state folder (ASSAY_STATE_DIR)");
		err->code = ERROR_UNAVAILABLE; /* whatever it is, it is the host's */
		return -1;
	}
	if ((*out)->recover(config->state_dir, &recovery) != 0)
		log_write(LOG_WARN, "what an earlier run left could not be removed: %s",
			  recovery.text);
	return 0;
}

static void no_work(uv_work_t *work)
{
	(void)work;
}

void backend_start_threads(uv_loop_t *loop)
{
	uv_work_t first;

	if (uv_queue_work(loop, &first, no_work, NULL) == 0)
		uv_run(loop, UV_RUN_DEFAULT);
}
