/* Reads what is unfinished, and ends it. */
#include "engine/service/recovery.h"

#include <dirent.h>
#include <string.h>

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

void recovery_leftovers(struct service *service)
{
	const struct service_settings *settings = &service->settings;
	struct error err = {0};

	if (settings->sandbox->recover(settings->state_dir, &err) != 0)
		log_write(LOG_WARN, "what an earlier run left could not be removed: %s", err.text);
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

/* name: an execution's id, for a candidate with "-" and its number. */
static void check_logs(struct service *service, struct arena *arena, const char *name)
{
	const char *folder = arena_printf(arena, "%s/%s", service->log_dir, name);
	const char *id = arena_copy(arena, name, strcspn(name, "-"));
	const char *known;

	if (store_log_dir(service->store, arena, id, &known, NULL) != 0)
		return;
	if (!known || strcmp(known, folder) != 0)
		sweeper_logs(service, folder);
}

void recovery_logs(struct service *service)
{
	DIR *dir = opendir(service->log_dir);
	struct dirent *entry;
	struct arena arena;

	if (!dir)
		return;
	arena_init(&arena);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			check_logs(service, &arena, entry->d_name);
	}
	closedir(dir);
	arena_done(&arena);
}
