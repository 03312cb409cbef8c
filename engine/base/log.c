/* Writes log lines, each with one write(2), so that lines of several processes do not mix. */
#include "engine/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"

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

void log_write(enum log_level level, const char *format, ...)
{
	char line[4096], at[CLOCK_TEXT];
	va_list args;

	if (!is_on(level))
		return;
	clock_text(at);
	int head = snprintf(line, sizeof(line), "%s %-5s ", at, names[level]);
	va_start(args, format);
	int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
	va_end(args);
	size_t len = (size_t)head + (body > 0 ? (size_t)body : 0);
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' '; /* a stranger's text must not forge lines */
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* there is nowhere left to say so */
}
