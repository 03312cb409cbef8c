/* The plan object of `assay check` and of a run's report. */
#include "engine/report/plan_json.h"

#include <string.h>

/* What is shown is plain words, so a space parts them; flags that were injected are left out. */
static void write_command(struct json_writer *w, const struct command *command)
{
	json_array_begin(w, NULL);
	for (const char *at = command->shown; at && *at;) {
		size_t len = strcspn(at, " ");
		if (len)
			json_put_bytes(w, NULL, at, len);
		at += len + (at[len] == ' ');
	}
	for (const char *const *word = command->argv; !command->shown && *word; word++)
		json_put_string(w, NULL, *word);
	json_array_end(w);
}

static void write_commands(struct json_writer *w, const char *key, const struct command *commands,
			   size_t count)
{
	json_array_begin(w, key);
	for (size_t i = 0; i < count; i++)
		write_command(w, &commands[i]);
	json_array_end(w);
}

void plan_write_json(struct json_writer *w, const char *key, const struct plan *plan)
{
	if (!plan) {
		json_put_null(w, key);
		return;
	}
	json_object_begin(w, key);
	json_put_string(w, "environment", plan->environment);
	json_put_string(w, "language", plan->language ? plan->language->name : NULL);
	json_array_begin(w, "files");
	for (size_t i = 0; i < plan->file_count; i++)
		json_put_string(w, NULL, plan->files[i].path);
	json_array_end(w);
	write_commands(w, "install", plan->dependencies.commands, plan->dependencies.command_count);
	write_commands(w, "test", plan->commands, plan->command_count);
	json_array_begin(w, "notes");
	for (const char *const *note = plan->notes; note && *note; note++)
		json_put_string(w, NULL, *note);
	json_array_end(w);
	json_object_end(w);
}
