/* What the commands of a report printed, one after the other; installs only where nothing else ran. */
#include "engine/api/command_result.h"

#include <math.h>
#include <string.h>

static bool is_install(const struct json *command)
{
	return strcmp(json_string(json_get(command, "stage"), ""), "install") == 0;
}

static bool all_installs(const struct json *commands)
{
	JSON_EACH (command, commands) {
		if (!is_install(command))
			return false;
	}
	return true;
}

static void put_stream(struct json_writer *w, const struct json *commands, const char *stream)
{
	bool installs = all_installs(commands);
	struct buf text;

	buf_init(&text, 0);
	JSON_EACH (command, commands) {
		if (is_install(command) == installs)
			buf_puts(&text,
				 json_string(json_get(json_get(command, stream), "text"), ""));
	}
	json_put_bytes(w, stream, text.data, text.len);
	buf_done(&text);
}

void command_result_write(struct json_writer *w, const struct json *report)
{
	const struct json *commands = json_get(report, "commands");
	const struct json *exit_code = json_get(report, "exit_code");
	const char *verdict = json_string(json_get(report, "verdict"), "error");
	bool passed = strcmp(verdict, "passed") == 0;

	if (json_is_number(exit_code))
		json_put_int(w, "exit_code", (int64_t)json_number(exit_code, 0));
	else
		json_put_known(w, "exit_code", passed, 0);
	put_stream(w, commands, "stdout");
	put_stream(w, commands, "stderr");
	json_put_number(w, "duration_ms",
			json_number(json_get(json_get(report, "usage"), "wall_ms"), NAN));
	json_put_string(w, "error",
			passed ? NULL : json_string(json_get(report, "reason"), verdict));
	json_put_string(w, "verdict", verdict);
}
