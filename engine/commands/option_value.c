/* The values of options: sizes, durations, numbers, choices and lists, each read strictly. */
#include "engine/commands/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/nearest.h"
#include "engine/base/quantity.h"

static int read_count(const char *text, uint64_t most, uint64_t *out)
{
	return quantity_count(text, out) == 0 && *out <= most ? 0 : -1;
}

static int read_number(const char *text, double *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*out = strtod(text, &end);
	return *end == '\0' && errno == 0 && isfinite(*out) && *out > 0 ? 0 : -1;
}

static const char *choice_at(const void *ctx, size_t index)
{
	return (*(const option_choice_fn *)ctx)(index);
}

static int read_choice(const struct option_spec *spec, const char *text, const char **out,
		       struct error *err)
{
	struct buf known;

	buf_init(&known, sizeof(err->text) / 2);
	for (size_t i = 0; spec->choices(i); i++) {
		if (strcmp(spec->choices(i), text) == 0) {
			*out = spec->choices(i);
			buf_done(&known);
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", spec->choices(i));
	}
	const char *near = nearest_word(text, &spec->choices, choice_at);
	if (near)
		error_set(err, ERROR_USAGE, "--%s \"%.60s\" is not known; did you mean \"%s\"?",
			  spec->name, text, near);
	else
		error_set(err, ERROR_USAGE, "--%s \"%.60s\" is not known; choose one of: %s",
			  spec->name, text, known.data);
	buf_done(&known);
	return -1;
}

static int read_words(const struct option_spec *spec, const char *text, struct option_words *out,
		      struct error *err)
{
	size_t have = 0, len = strlen(text);

	for (size_t i = 0; i < out->count; i++)
		have += strlen(out->items[i]) + 1;
	/* One block holds all words; when it moves, the items are found again by walking it. */
	out->storage = memory_resize(out->storage, have + len + 1);
	memcpy(out->storage + have, text, len + 1);
	for (char *at = out->storage + have; *at; at++) {
		if (*at == ',')
			*at = '\0';
	}
	const char *end = out->storage + have + len + 1;
	out->count = 0;
	for (const char *at = out->storage; at < end; at += strlen(at) + 1) {
		if (!*at)
			return error_set(err, ERROR_USAGE, "--%s needs words between its commas",
					 spec->name);
		if (out->count == OPTION_WORDS_MAX)
			return error_set(err, ERROR_USAGE, "--%s takes at most %d words",
					 spec->name, OPTION_WORDS_MAX);
		out->items[out->count++] = at;
	}
	out->items[out->count] = NULL;
	return 0;
}

static int bad_value(const struct option_spec *spec, const char *text, const char *wanted,
		     struct error *err)
{
	return error_set(err, ERROR_USAGE, "--%s \"%.60s\" is not %s", spec->name, text, wanted);
}

int option_store(const struct option_spec *spec, const char *text, void *settings,
		 struct error *err)
{
	void *slot = (char *)settings + spec->offset;
	uint64_t value = 0;

	if (!*text)
		return error_set(err, ERROR_USAGE, "--%s needs a value, not an empty one",
				 spec->name);
	switch (spec->kind) {
	case OPTION_FLAG: *(bool *)slot = true; return 0;
	case OPTION_TEXT: *(const char **)slot = text; return 0;
	case OPTION_CHOICE: return read_choice(spec, text, slot, err);
	case OPTION_WORDS: return read_words(spec, text, slot, err);
	case OPTION_SIZE:
		if (quantity_size(text, slot) != 0 || *(uint64_t *)slot == 0)
			return bad_value(spec, text, "a size such as 64K, 512M or 4G", err);
		return 0;
	case OPTION_DURATION:
		if (quantity_duration(text, slot) != 0 || *(uint64_t *)slot == 0)
			return bad_value(spec, text, "a time such as 500ms, 30s or 5m", err);
		return 0;
	case OPTION_COUNT:
		if (read_count(text, UINT32_MAX, &value) != 0 || value == 0)
			return bad_value(spec, text, "a whole number from 1", err);
		*(unsigned *)slot = (unsigned)value;
		return 0;
	case OPTION_STATUS:
		if (read_count(text, 255, &value) != 0)
			return bad_value(spec, text, "an exit status from 0 to 255", err);
		*(int *)slot = (int)value;
		return 0;
	case OPTION_NUMBER:
		if (read_number(text, slot) != 0)
			return bad_value(spec, text, "a number over 0, such as 1.5", err);
		return 0;
	}
	return error_set(err, ERROR_INTERNAL, "--%s has no kind", spec->name);
}
