/* Writes log lines, each with one write(2), so that lines of several processes do not mix. */
#include "engine/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"

/* A message of escapes becomes six times as long in JSON, and still fits a line. */
enum { MESSAGE_MAX = 4000, LINE_BYTES = 32 << 10 };

static const char *const names[] = {
	[LOG_OFF] = "off",   [LOG_ERROR] = "error", [LOG_WARN] = "warn",
	[LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

static enum log_level threshold(void)
{
	const char *wanted = getenv("ASSAY_LOG");

	for (size_t i = 0; wanted && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], wanted) == 0)
			return (enum log_level)i;
	}
	return LOG_WARN;
}

static bool is_on(enum log_level level)
{
	return level != LOG_OFF && level <= threshold();
}

static bool is_json(void)
{
	const char *format = getenv("ASSAY_LOG_FORMAT");

	return format && strcmp(format, "json") == 0;
}

static void write_text(struct buf *line, const char *at, enum log_level level, const char *message,
		       const struct log_field *fields)
{
	buf_printf(line, "%s %-5s %s", at, names[level], message);
	for (; fields && fields->name; fields++) {
		if (fields->text)
			buf_printf(line, " %s=%s", fields->name, fields->text);
		else if (fields->number > 0)
			buf_printf(line, " %s=%.15g", fields->name, fields->number);
	}
	for (size_t i = 0; i < line->len; i++) {
		if ((unsigned char)line->data[i] < 0x20 || line->data[i] == 0x7f)
			line->data[i] = ' '; /* a stranger's text must not forge lines */
	}
}

static void write_json(struct buf *line, const char *at, enum log_level level, const char *message,
		       const struct log_field *fields)
{
	struct json_writer w;

	json_writer_init(&w, line, true);
	json_object_begin(&w, NULL);
	json_put_string(&w, "at", at);
	json_put_string(&w, "level", names[level]);
	json_put_string(&w, "message", message);
	for (; fields && fields->name; fields++) {
		if (fields->text)
			json_put_string(&w, fields->name, fields->text);
		else if (fields->number > 0)
			json_put_number(&w, fields->name, fields->number);
	}
	json_object_end(&w);
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields)
{
	char at[CLOCK_TEXT], cut[MESSAGE_MAX];
	struct buf line;

	if (!is_on(level))
		return;
	clock_text(at);
	snprintf(cut, sizeof(cut), "%s", message);
	buf_init(&line, LINE_BYTES);
	if (is_json())
		write_json(&line, at, level, cut, fields);
	else
		write_text(&line, at, level, cut, fields);
	line.max++;
	buf_putc(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		line.len = 0; /* there is nowhere left to say so */
	buf_done(&line);
}

void log_write(enum log_level level, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	if (!is_on(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_fields(level, message, NULL);
}
