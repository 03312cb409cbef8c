/* assay run: the whole pipeline, from a reply to a verdict. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/commands/backend.h"
#include "engine/commands/commands.h"
#include "engine/commands/observe.h"
#include "engine/commands/prepare.h"
#include "engine/commands/streams.h"
#include "engine/net/proxy/egress.h"
#include "engine/pipeline/spool.h"
#include "engine/report/format.h"
#include "engine/store/store.h"

enum { EXECUTIONS_KEPT = 100, SIGNALS = 3 };

static const int stopping[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct settings {
	struct reply_settings reply;
	struct limits limits;
	uint64_t deadline_ms, feedback_bytes;
	unsigned rerun_failures;
	const char *format, *output, *events, *on_failure, *colour;
	bool quiet;
};

static const struct settings defaults = {.format = "text"};

struct run {
	const struct settings *settings;
	struct prepared prepared;
	uv_loop_t loop;
	uv_signal_t signals[SIGNALS];
	struct observer observer;
	struct egress_settings egress;
	struct store *store; /* NULL: no history is kept */
	struct results previous;
	struct job *job;
};

/* ---- the report ---- */

static int write_report(const struct settings *settings, const struct execution *execution,
			struct error *err)
{
	bool to_stdout = !settings->output || strcmp(settings->output, "-") == 0;
	bool stdout_taken = settings->events && strcmp(settings->events, "-") == 0;
	char at[CLOCK_TEXT];
	struct buf out;

	if (to_stdout && (settings->quiet || stdout_taken))
		return 0;
	clock_text(at);
	const struct report_input input = {
		.results = &execution->results,
		.execution = execution,
		.at = at,
		.colour = to_stdout && streams_colour(settings->colour, STDOUT_FILENO),
	};
	buf_init(&out, 0);
	report_format_find(settings->format)->write(&input, &out);
	int rc = out.truncated ? error_set(err, ERROR_TOO_LARGE, "the report is over 1 GiB")
			       : streams_write(settings->output, out.data, out.len, err);
	buf_done(&out);
	return rc;
}

/* Who reads the text report on the same terminal has read the sentence already. */
static bool told_on_terminal(const struct settings *settings)
{
	return !settings->quiet && !settings->output && !settings->events &&
	       strcmp(settings->format, "text") == 0 && isatty(STDOUT_FILENO);
}

static int conclude(const struct settings *settings, const struct execution *execution)
{
	struct error err = {0};
	int status = verdict_exit_status(execution->verdict);

	if (execution->verdict == VERDICT_ERROR && !told_on_terminal(settings))
		streams_complain("run", execution->reason ? execution->reason : execution->error);
	if (write_report(settings, execution, &err) != 0) {
		streams_complain("run", err.text);
		return EXIT_CANNOT;
	}
	return status;
}

/* What went wrong before there was a job is told in the same report. */
static int conclude_early(const struct settings *settings, const struct error *err)
{
	bool refused = err->code == ERROR_TOO_LARGE;
	const struct execution execution = {
		.verdict = refused ? VERDICT_REJECTED : VERDICT_ERROR,
		.phase = "extract",
		.reason = err->text,
		.error = refused ? NULL : err->text,
		.error_code = refused ? ERROR_NONE : err->code,
		.exit_code = -1,
		.wall_ms = NAN,
	};

	if (err->code == ERROR_USAGE) {
		streams_complain("run", err->text);
		return EXIT_USAGE;
	}
	return conclude(settings, &execution);
}

/* ---- history ---- */

static void open_history(struct run *run)
{
	struct job_options *options = &run->prepared.options;
	struct arena *arena = &run->prepared.arena;
	struct error err = {0};

	if (!options->workspace)
		return;
	const char *path = arena_printf(arena, "%s/history.db", options->state_dir);
	if (store_open(&run->store, path, &err) != 0 ||
	    store_last_results(run->store, options->workspace, arena, &options->previous_id,
			       &run->previous, &err) != 0) {
		log_write(LOG_WARN, "the last attempt is not known: %s", err.text);
		return;
	}
	if (options->previous_id)
		options->previous = &run->previous;
}

static void record(struct run *run)
{
	struct error err = {0};

	if (run->store && store_record(run->store, run->prepared.options.workspace,
				       job_execution(run->job), EXECUTIONS_KEPT, &err) != 0)
		log_write(LOG_WARN, "this run is not remembered: %s", err.text);
}

/* ---- the job on its loop ---- */

static void on_signal(uv_signal_t *signal, int number)
{
	struct run *run = signal->data;

	(void)number;
	job_cancel(run->job);
}

/* nohup(1) means that a hang-up shall not end the run. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return number == SIGHUP && sigaction(number, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

/* Nothing is left to cancel and the report is being written: one more signal changes nothing, the next ends it. */
static void on_late_signal(int number)
{
	static volatile sig_atomic_t seen;

	(void)number;
	if (seen++)
		_exit(verdict_exit_status(VERDICT_CANCELLED));
}

/* Closing libuv's handles gives the signals their deadly meaning back: none may come in between. */
static void outlast_signals(struct run *run)
{
	struct sigaction late = {.sa_handler = on_late_signal, .sa_flags = SA_RESTART};
	sigset_t numbers, before;

	sigemptyset(&numbers);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&numbers, stopping[i]);
	pthread_sigmask(SIG_BLOCK, &numbers, &before);
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_close((uv_handle_t *)&run->signals[i], NULL);
		if (!is_ignored(stopping[i]))
			sigaction(stopping[i], &late, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void on_done(void *ctx, struct job *job)
{
	struct run *run = ctx;

	(void)job;
	observe_stop(&run->observer);
	outlast_signals(run);
}

static int choose_sandbox(struct run *run, struct error *err)
{
	const struct config *config = &run->prepared.config;
	struct job_options *options = &run->prepared.options;

	if (backend_choose(config, &options->sandbox, err) != 0)
		return -1;
	run->egress.private_hosts = config->private_registries;
	options->egress = &egress_proxy;
	options->egress_ctx = &run->egress;
	return 0;
}

static void set_options(struct run *run)
{
	const struct settings *settings = run->settings;
	struct job_options *options = &run->prepared.options;
	bool keep = settings->on_failure && strcmp(settings->on_failure, "keep") == 0;

	options->limits = settings->limits;
	options->deadline_ms = settings->deadline_ms;
	options->feedback_bytes = settings->feedback_bytes;
	options->rerun_failures = settings->rerun_failures;
	options->on_failure = keep ? ON_FAILURE_KEEP : ON_FAILURE_ROLLBACK;
	options->log_dir = arena_printf(&run->prepared.arena, "%s/logs", options->state_dir);
	spool_make_room(&run->prepared.arena, options->log_dir);
	options->on_event = observe_event;
	options->on_event_ctx = &run->observer;
}

static int start(struct run *run, struct error *err)
{
	const struct job_input input = {.text = run->prepared.text.data,
					.len = run->prepared.text.len};

	if (observe_start(&run->observer, &run->loop, run->settings->events, run->settings->quiet,
			  err) != 0)
		return -1;
	if (job_start(&run->job, &run->loop, &run->prepared.options, &input, on_done, run, err) !=
	    0) {
		observe_stop(&run->observer);
		return -1;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&run->loop, &run->signals[i]);
		run->signals[i].data = run;
		if (!is_ignored(stopping[i]))
			uv_signal_start(&run->signals[i], on_signal, stopping[i]);
	}
	return 0;
}

static int drive(struct run *run)
{
	struct error err = {0};
	int status;

	if (uv_loop_init(&run->loop) != 0) {
		error_set(&err, ERROR_NO_SPACE, "cannot make an event loop");
		return conclude_early(run->settings, &err);
	}
	backend_start_threads(&run->loop);
	if (start(run, &err) == 0) {
		uv_run(&run->loop, UV_RUN_DEFAULT);
		record(run);
		status = conclude(run->settings, job_execution(run->job));
		job_free(run->job);
	} else {
		uv_run(&run->loop, UV_RUN_DEFAULT);
		status = conclude_early(run->settings, &err);
	}
	uv_loop_close(&run->loop);
	err = (struct error){0};
	if (observe_finish(&run->observer, &err) != 0) {
		streams_complain("run", err.text);
		status = EXIT_CANNOT;
	}
	return status;
}

/* With less nothing runs at all: a slip of the keyboard, better told than tried. */
static int check_limits(const struct limits *limits, struct error *err)
{
	const struct {
		const char *option, *least;
		bool too_little;
	} floors[] = {
		{"memory", "1M", limits->memory && limits->memory < 1 << 20},
		{"disk", "1M", limits->disk && limits->disk < 1 << 20},
		{"open-files", "16", limits->open_files && limits->open_files < 16},
		{"cpus", "0.05", limits->cpus > 0 && limits->cpus < 0.05},
	};

	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++) {
		if (floors[i].too_little)
			return error_set(err, ERROR_USAGE, "--%s is too little: give %s or more",
					 floors[i].option, floors[i].least);
	}
	return 0;
}

static int run_reply(const void *given, const char *file)
{
	struct run run = {.settings = given};
	struct error err = {0};
	int status;

	if (check_limits(&run.settings->limits, &err) != 0) {
		streams_complain("run", err.text);
		return EXIT_USAGE;
	}
	if (prepare(&run.prepared, &run.settings->reply, file, &err) != 0 ||
	    choose_sandbox(&run, &err) != 0) {
		status = conclude_early(run.settings, &err);
	} else {
		open_history(&run);
		set_options(&run);
		status = drive(&run);
	}
	if (run.store)
		store_close(run.store);
	prepared_done(&run.prepared);
	return status;
}

/* ---- the command line ---- */

static const char *on_failure_choice(size_t index)
{
	static const char *const words[] = {"rollback", "keep"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

/* clang-format off */
#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
	REPLY_OPTIONS(struct settings, reply),
	{"format", 'f', OPTION_CHOICE, AT(format), "FORMAT", "report, text unless told",
	 report_format_name},
	{"output", 'o', OPTION_TEXT, AT(output), "FILE",
	 "write the report there instead of to standard output", NULL},
	{"events", 0, OPTION_TEXT, AT(events), "FILE",
	 "write every event as a line of JSON while it happens; \"-\" is standard output, which then "
	 "holds nothing else", NULL},
	{"on-failure", 0, OPTION_CHOICE, AT(on_failure), "WHAT",
	 "what becomes of the workspace when the run does not pass", on_failure_choice},
	{"time", 't', OPTION_DURATION, AT(limits.time_ms), "TIME",
	 "limit for each command: 30s, 5m", NULL},
	{"deadline", 0, OPTION_DURATION, AT(deadline_ms), "TIME", "limit for the whole run", NULL},
	{"memory", 'm', OPTION_SIZE, AT(limits.memory), "SIZE",
	 "limit for all processes of a command together: 512M, 4G", NULL},
	{"disk", 0, OPTION_SIZE, AT(limits.disk), "SIZE",
	 "limit for what a run writes to the workspace", NULL},
	{"file-size", 0, OPTION_SIZE, AT(limits.file_size), "SIZE", "limit for one file", NULL},
	{"output-limit", 0, OPTION_SIZE, AT(limits.output_file), "SIZE",
	 "end a command that prints more than this", NULL},
	{"processes", 0, OPTION_COUNT, AT(limits.processes), "N", "limit for processes at once", NULL},
	{"open-files", 0, OPTION_COUNT, AT(limits.open_files), "N",
	 "limit for open files of a process", NULL},
	{"cpus", 0, OPTION_NUMBER, AT(limits.cpus), "N", "limit for processors: 1.5", NULL},
	{"rerun-failures", 0, OPTION_COUNT, AT(rerun_failures), "N",
	 "run failed tests up to N times more, from the state before them: who passes then is flaky",
	 NULL},
	{"feedback-bytes", 0, OPTION_SIZE, AT(feedback_bytes), "SIZE",
	 "length of the feedback for the coder, 4K unless told", NULL},
	{"quiet", 'q', OPTION_FLAG, AT(quiet), NULL,
	 "print nothing: the exit status and --output tell", NULL},
	{"colour", 0, OPTION_CHOICE, AT(colour), "WHEN", "colours in text", streams_colour_choice},
	{.name = NULL},
};
#undef AT
/* clang-format on */

const struct subcommand cmd_run = {
	.name = "run",
	.summary = "Runs the code of a reply in a sandbox and says what came of it",
	.operand = "FILE",
	.details =
		"Reads standard input when no FILE (or \"-\") is given: pbpaste | assay run\n\n"
		"Installed dependencies are kept in ASSAY_STATE_DIR for the next run, at most "
		"ASSAY_LAYERS_DISK\n(10G) of them: the least recently used go.\n\n"
		"Exit status: 0 passed; 1 the code failed (tests, build, install, time-out, "
		"memory, crash,\nno tests); 2 usage; 3 rejected by a rule, or no code; 4 could not "
		"run; 130 interrupted.\n",
	.options = options,
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.run = run_reply,
};
