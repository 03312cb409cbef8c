/* assay check: a job that stops after the plan; nothing is run and nothing is touched. */
#include <string.h>

#include "engine/base/json.h"
#include "engine/commands/commands.h"
#include "engine/commands/prepare.h"
#include "engine/commands/streams.h"
#include "engine/report/blocks_json.h"
#include "engine/report/findings_json.h"
#include "engine/report/plan_json.h"

struct settings {
	struct reply_settings reply;
	const char *output;
};

static const char *verdict_word(const struct execution *execution)
{
	return execution->verdict == VERDICT_NONE ? "ok" : verdict_name(execution->verdict);
}

static int write_report(const struct settings *settings, const struct execution *execution,
			struct error *err)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 0);
	json_writer_init(&w, &out, false);
	json_object_begin(&w, NULL);
	blocks_write_json(&w, "blocks", &execution->blocks);
	findings_write_json(&w, "findings", &execution->findings);
	json_put_string(&w, "verdict", verdict_word(execution));
	json_put_string(&w, "reason", execution->reason);
	plan_write_json(&w, "plan", execution->plan);
	json_object_end(&w);
	buf_putc(&out, '\n');
	int rc = streams_write(settings->output, out.data, out.len, err);
	buf_done(&out);
	return rc;
}

static void nothing_to_do(void *ctx, struct job *job)
{
	(void)ctx;
	(void)job;
}

static int check(const struct settings *settings, const char *file, struct prepared *prepared,
		 struct error *err)
{
	struct job *job = NULL;
	uv_loop_t loop;
	int status;

	if (prepare(prepared, &settings->reply, file, err) != 0)
		return EXIT_CANNOT;
	const struct job_input input = {.text = prepared->text.data, .len = prepared->text.len};
	prepared->options.stop_after_plan = true;
	if (uv_loop_init(&loop) != 0) {
		error_set(err, ERROR_UNAVAILABLE, "cannot make an event loop");
		return EXIT_CANNOT;
	}
	status = EXIT_CANNOT;
	if (job_start(&job, &loop, &prepared->options, &input, nothing_to_do, NULL, err) == 0) {
		uv_run(&loop, UV_RUN_DEFAULT);
		const struct execution *execution = job_execution(job);
		if (write_report(settings, execution, err) == 0)
			status = execution->verdict == VERDICT_NONE
					 ? EXIT_OK
					 : verdict_exit_status(execution->verdict);
		if (execution->error && !error_is_set(err))
			error_set(err, ERROR_INTERNAL, "%s", execution->reason);
		job_free(job);
	}
	uv_loop_close(&loop);
	return status;
}

static int run(const void *given, const char *file)
{
	struct prepared prepared;
	struct error err = {0};
	int status = check(given, file, &prepared, &err);

	prepared_done(&prepared);
	if (error_is_set(&err))
		streams_complain("check", err.text);
	if (err.code == ERROR_USAGE)
		return EXIT_USAGE;
	return err.code == ERROR_TOO_LARGE ? EXIT_REFUSED : status;
}

static const struct option_spec options[] = {
	REPLY_OPTIONS(struct settings, reply),
	{"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE",
	 "write there instead of to standard output", NULL},
	{.name = NULL},
};

const struct subcommand cmd_check = {
	.name = "check",
	.summary = "Checks a reply and shows, as JSON, what would run; touches nothing",
	.operand = "FILE",
	.details = "Reads standard input when no FILE (or \"-\") is given.\n\n"
		   "Exit status: 0 nothing forbids a run, 2 usage, 3 rejected or no code, "
		   "4 cannot be told.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.run = run,
};
