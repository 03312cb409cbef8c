/* Reads what is unfinished, and ends it. */
#include "engine/service/recovery.h"

#include "engine/base/log.h"
#include "engine/service/instance.h"
#include "engine/service/trial.h"

/* Where the store cannot be asked, nothing is removed. */
static bool is_wanted(void *ctx, const char *revision)
{
	struct service *service = ctx;
	bool exists = true;

	if (store_revision_exists(service->store, revision, &exists, NULL) != 0)
		return true;
	return exists;
}

int recovery_revisions(struct service *service, struct error *err)
{
	const struct service_settings *settings = &service->settings;

	return settings->sandbox->keep_only(settings->state_dir, is_wanted, service, err);
}

void recovery_executions(struct service *service)
{
	struct execution_row *rows;
	struct error err = {0};
	struct arena arena;
	size_t count;

	arena_init(&arena);
	if (store_unfinished(service->store, &arena, &rows, &count, &err) != 0) {
		log_write(LOG_ERROR, "what was interrupted is not known: %s", err.text);
		count = 0;
	}
	for (size_t i = 0; i < count; i++)
		trial_recover(service, &rows[i]);
	if (count > 0)
		log_write(LOG_WARN, "%zu executions were interrupted when the service stopped",
			  count);
	arena_done(&arena);
}
