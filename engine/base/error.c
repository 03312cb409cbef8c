/* Errors as values: formatting, the errno mapping, and wrapping. */
#include "engine/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	/* Through a copy: the arguments may point into err->text. */
	char text[ERROR_TEXT];
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err->code = code;
	memcpy(err->text, text, sizeof(text));
	return -1;
}

static enum error_code code_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOENT:
	case ENOTDIR: return ERROR_NOT_FOUND;
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case EMFILE:
	case ENFILE: return ERROR_NO_SPACE;
	case EFBIG:
	case E2BIG: return ERROR_TOO_LARGE;
	case EPERM:
	case ENOSYS:
	case EOPNOTSUPP: return ERROR_UNAVAILABLE;
	default: return ERROR_IO;
	}
}

int error_errno(struct error *err, int errno_value, const char *format, ...)
{
	char text[ERROR_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, code_of_errno(errno_value), "%s: %s", text, strerror(errno_value));
}

int error_wrap(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	char text[ERROR_TEXT];
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, err->code, "%s: %s", text, err->text);
}
