/* Reads what shall be executed, in which bounds, and what becomes of the workspace. */
#include "engine/api/request.h"

#include <string.h>

#include "engine/base/digest.h"

static const double SECOND_MS = 1000;

static void read_limits(const struct json *limits, struct limits *out)
{
	out->time_ms = (uint64_t)json_number(json_get(limits, "time_ms"), 0);
	out->memory = (uint64_t)json_number(json_get(limits, "memory"), 0);
	out->disk = (uint64_t)json_number(json_get(limits, "disk"), 0);
	out->file_size = (uint64_t)json_number(json_get(limits, "file_size"), 0);
	out->output_file = (uint64_t)json_number(json_get(limits, "output"), 0);
	out->processes = (unsigned)json_number(json_get(limits, "processes"), 0);
	out->open_files = (unsigned)json_number(json_get(limits, "open_files"), 0);
	out->cpus = json_number(json_get(limits, "cpus"), 0);
}

void request_timeout(double seconds, struct submission *out)
{
	out->deadline_ms = (uint64_t)(seconds * SECOND_MS);
	if (!out->limits.time_ms)
		out->limits.time_ms = out->deadline_ms;
}

static void read_files(struct call *call, const struct json *files, struct job_input *input)
{
	struct job_file *made = arena_array(&call->arena, json_count(files) + 1, sizeof(*made));
	size_t count = 0;

	JSON_EACH (file, files) {
		const char *data = json_string(file, "");
		made[count++] = (struct job_file){
			.path = json_key(file), .data = data, .len = strlen(data)};
	}
	input->files = made;
	input->file_count = count;
}

static void read_commands(struct call *call, const struct json *commands, struct job_input *input)
{
	const char **made = arena_array(&call->arena, json_count(commands) + 1, sizeof(*made));
	size_t count = 0;

	JSON_EACH (command, commands)
		made[count++] = json_string(command, "");
	input->commands = made;
}

static void read_candidates(struct call *call, const struct json *candidates,
			    struct submission *out)
{
	struct job_input *made = arena_array(&call->arena, json_count(candidates) + 1,
					     sizeof(*made));

	JSON_EACH (candidate, candidates) {
		const char *text = json_string(candidate, "");
		made[out->candidate_count++] = (struct job_input){.text = text,
								  .len = strlen(text)};
	}
	out->candidates = made;
}

static void read_input(struct call *call, struct submission *out)
{
	const struct json *text = json_get(call->body, "text");

	if (!call->body) {
		out->input.text = http_body(call->exchange, &out->input.len);
	} else if (json_get(call->body, "candidates")) {
		read_candidates(call, json_get(call->body, "candidates"), out);
	} else if (text) {
		out->input.text = json_string(text, "");
		out->input.len = strlen(out->input.text);
	} else {
		read_files(call, json_get(call->body, "files"), &out->input);
		read_commands(call, json_get(call->body, "commands"), &out->input);
	}
}

/* A query has no objects: there the policy's members stand by themselves. */
static const struct json *policy_of(const struct call *call, const char *key)
{
	const struct json *value = json_get(json_get(call->body, "policy"), key);

	return value ? value : json_get(call->query, key);
}

static void read_policy(const struct call *call, struct submission *out)
{
	const char *on_failure = json_string(policy_of(call, "on_failure"), "rollback");

	out->on_failure = strcmp(on_failure, "keep") == 0 ? ON_FAILURE_KEEP : ON_FAILURE_ROLLBACK;
	out->no_install = !json_bool(policy_of(call, "install"), true);
	out->rerun_failures = (unsigned)json_number(policy_of(call, "rerun_failures"), 0);
}

static void add(struct digest *digest, const char *data, size_t len)
{
	digest_add(digest, &len, sizeof(len));
	digest_add(digest, data, len);
}

void request_key(struct call *call, struct submission *out)
{
	const char *type = http_header(call->exchange, "Content-Type");
	struct json_writer w;
	struct digest digest;
	struct buf query;
	char *hex;
	size_t len;

	out->idempotency_key = json_string(json_get(call->query, "Idempotency-Key"), NULL);
	if (!out->idempotency_key)
		return;
	buf_init(&query, 0);
	json_writer_init(&w, &query, true);
	json_array_begin(&w, NULL);
	for (const struct route_parameter *each = call->route->query; each->name; each++) {
		if (!each->header) /* a client that comes again may ask in another manner */
			json_put_value(&w, NULL, json_get(call->query, each->name));
	}
	json_array_end(&w);
	const char *body = http_body(call->exchange, &len);
	const char *path = http_path(call->exchange);
	digest_init(&digest);
	add(&digest, path, strlen(path));
	add(&digest, type ? type : "", type ? strlen(type) : 0);
	add(&digest, query.data, query.len);
	if (call->body_digest)
		add(&digest, call->body_digest, strlen(call->body_digest));
	else
		add(&digest, body ? body : "", len);
	buf_done(&query);
	hex = arena_alloc(&call->arena, DIGEST_HEX);
	digest_end(&digest, hex);
	out->request_digest = hex;
}

void request_read(struct call *call, struct submission *out)
{
	*out = (struct submission){
		.tenant = call->tenant,
		.agent = call_string(call, "agent_id", NULL),
		.sandbox = call_string(call, "sandbox_id", NULL),
		.environment = call_string(call, "environment", NULL),
		.feedback_bytes = (size_t)call_number(call, "feedback_bytes", 0),
		.callback_url = call_string(call, "callback_url", NULL),
	};
	read_input(call, out);
	read_limits(json_get(call->body, "limits"), &out->limits);
	read_policy(call, out);
	if (call_number(call, "timeout", 0) > 0)
		request_timeout(call_number(call, "timeout", 0), out);
	request_key(call, out);
}
