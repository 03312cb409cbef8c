/* JSON: the object of `assay run --format json`, or the results alone for `assay report --to json`. */
#include "engine/report/blocks_json.h"
#include "engine/report/execution_json.h"
#include "engine/report/findings_json.h"
#include "engine/report/format.h"
#include "engine/report/results_json.h"

static void put_strings(struct json_writer *w, const char *key, const char *const *strings)
{
	json_array_begin(w, key);
	for (; strings && *strings; strings++)
		json_put_string(w, NULL, *strings);
	json_array_end(w);
}

static void write_environment(struct json_writer *w, const struct execution *e)
{
	const struct isolation *walls = &e->isolation;
	bool known = walls->backend != NULL;

	json_object_begin(w, "environment");
	json_put_string(w, "name", e->environment);
	json_put_string(w, "tool", e->tool);
	json_object_end(w);

	json_object_begin(w, "isolation");
	json_put_string(w, "backend", walls->backend);
	json_put_known(w, "uid", known, walls->uid);
	json_put_string(w, "cgroup", walls->cgroup);
	if (known)
		json_put_bool(w, "seccomp", walls->seccomp);
	else
		json_put_null(w, "seccomp");
	json_put_known(w, "landlock", known, walls->landlock);
	json_put_string(w, "network", walls->network);
	json_object_end(w);
}

static void write_stages(struct json_writer *w, const struct execution *e)
{
	json_array_begin(w, "stages");
	for (size_t i = 0; i < e->stage_count; i++) {
		const struct stage_record *stage = &e->stages[i];
		json_object_begin(w, NULL);
		json_put_string(w, "name", stage->name);
		json_put_string(w, "status", stage_status_name(stage->status));
		json_put_number(w, "ms", stage->status == STAGE_SKIPPED ? NAN : stage->ms);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_usage(struct json_writer *w, const struct execution *e)
{
	bool ran = e->output_count > 0;

	json_object_begin(w, "usage");
	json_put_known(w, "peak_memory", e->peak_memory > 0, (int64_t)e->peak_memory);
	json_put_number(w, "cpu_ms", ran ? e->cpu_ms : NAN);
	json_put_number(w, "wall_ms", e->wall_ms);
	json_put_known(w, "processes", e->processes > 0, e->processes);
	json_object_end(w);
}

static void write_stream(struct json_writer *w, const char *key, const struct stream *stream)
{
	json_object_begin(w, key);
	json_put_bytes(w, "text", stream->text ? stream->text : "", stream->len);
	json_put_int(w, "bytes", (int64_t)stream->bytes);
	json_put_int(w, "dropped", (int64_t)stream->dropped);
	json_object_end(w);
}

static void write_command(struct json_writer *w, const struct output *output)
{
	const struct command *command = output->command;
	bool install = command && command->kind == COMMAND_INSTALL;

	json_object_begin(w, NULL);
	json_put_string(w, "stage", install ? "install" : "test");
	json_put_string(w, "kind", command ? command_kind_name(command->kind) : NULL);
	json_put_string(w, "shown", command ? command->shown : NULL);
	put_strings(w, "argv", command ? command->argv : NULL);
	json_put_known(w, "exit_code", output->exit_code >= 0, output->exit_code);
	json_put_known(w, "signal", output->signal > 0, output->signal);
	json_put_string(w, "ended_by", ended_by_name(output->ended_by));
	json_put_number(w, "ms", output->wall_ms);
	json_put_number(w, "cpu_ms", output->cpu_ms);
	json_put_known(w, "peak_memory", output->peak_memory > 0, (int64_t)output->peak_memory);
	json_put_bool(w, "pipe_kept", output->pipe_kept);
	write_stream(w, "stdout", &output->out);
	write_stream(w, "stderr", &output->err);
	json_object_end(w);
}

static const char *change_word(char what)
{
	return what == 'A' ? "added" : what == 'D' ? "deleted" : "modified";
}

static void write_workspace(struct json_writer *w, const struct execution *e)
{
	bool touched = e->outcome != WORKSPACE_UNTOUCHED;
	bool undone = e->outcome == WORKSPACE_ROLLED_BACK;

	json_object_begin(w, "workspace");
	json_put_string(w, "path", e->workspace);
	json_put_string(w, "snapshot", e->snapshot);
	json_put_string(w, "revision", e->revision);
	json_put_string(w, "outcome", touched ? workspace_outcome_name(e->outcome) : NULL);
	json_array_begin(w, "reverted");
	for (size_t i = 0; undone && i < e->changes.count; i++)
		json_put_string(w, NULL, e->changes.items[i].path);
	json_array_end(w);
	if (touched)
		json_put_bool(w, "verified", e->changes.verified);
	else
		json_put_null(w, "verified");
	json_array_begin(w, "changes");
	for (size_t i = 0; i < e->changes.count; i++) {
		json_object_begin(w, NULL);
		json_put_string(w, "path", e->changes.items[i].path);
		json_put_string(w, "change", change_word(e->changes.items[i].what));
		json_object_end(w);
	}
	json_array_end(w);
	json_put_known(w, "killed", touched, (int64_t)e->changes.killed);
	json_put_string(w, "quarantined", e->quarantined);
	json_object_end(w);
}

static void write_delta(struct json_writer *w, const struct delta *delta)
{
	json_object_begin(w, "delta");
	json_put_string(w, "against", delta->against);
	put_strings(w, "newly_failing", delta->newly_failing);
	put_strings(w, "fixed", delta->fixed);
	put_strings(w, "still_failing", delta->still_failing);
	put_strings(w, "vanished", delta->vanished);
	put_strings(w, "newly_skipped", delta->newly_skipped);
	json_object_end(w);
}

void execution_put_json(struct json_writer *w, const struct execution *e)
{
	json_put_string(w, "id", e->id);
	json_put_string(w, "verdict", verdict_name(e->verdict));
	json_put_string(w, "phase", e->phase);
	json_put_string(w, "reason", e->reason);
	json_put_known(w, "exit_code", e->exit_code >= 0, e->exit_code);
	json_put_known(w, "signal", e->signal > 0, e->signal);
	json_put_string(w, "error", e->error);
	write_environment(w, e);
	write_stages(w, e);
	write_usage(w, e);
	blocks_write_json(w, "blocks", &e->blocks);
	findings_write_json(w, "findings", &e->findings);
	if (e->results.runner)
		results_write_json(w, "results", &e->results);
	else
		json_put_null(w, "results");
	json_put_int(w, "reruns", e->reruns);
	json_array_begin(w, "commands");
	for (size_t i = 0; i < e->output_count; i++)
		write_command(w, &e->outputs[i]);
	json_array_end(w);
	write_workspace(w, e);
	write_delta(w, &e->delta);
	json_put_string(w, "refused", e->refused);
	json_put_string(w, "spool", e->spool);
	put_strings(w, "notes", (const char *const *)e->notes);
	json_put_string(w, "feedback", e->feedback);
}

static void write_execution(struct json_writer *w, const struct execution *e)
{
	json_object_begin(w, NULL);
	execution_put_json(w, e);
	json_object_end(w);
}

static void json_write(const struct report_input *input, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, false);
	if (input->execution)
		write_execution(&w, input->execution);
	else
		results_write_json(&w, NULL, input->results);
	if (out->len && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
}

static const struct report_format json = {
	.name = "json",
	.title = "JSON",
	.write = json_write,
};

REGISTER(report_formats, struct report_format, json);
