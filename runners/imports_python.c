/* Imports of a Python text, read line by line with strings left out. */
#include <ctype.h>
#include <string.h>

#include "runners/imports.h"
#include "runners/python_modules.h"

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || (c & 0x80);
}

static const char *skip_blank(const char *at)
{
	return at + strspn(at, " \t\\");
}

static const char *add_name(const char *at, struct words *out)
{
	const char *end = at;

	while (is_name(*end))
		end++;
	if (end > at && *at != '.' && !isdigit((unsigned char)*at))
		words_add_new(out, arena_copy(out->arena, at, (size_t)(end - at)));
	return end;
}

/* "import a.b as c, d": at stands behind the word. */
static void read_import(const char *at, struct words *out)
{
	for (;;) {
		at = add_name(skip_blank(at), out);
		at += strcspn(at, ",;#\n");
		if (*at != ',')
			return;
		at++;
	}
}

static bool starts_word(const char *at, const char *word)
{
	size_t len = strlen(word);

	return strncmp(at, word, len) == 0 && (at[len] == ' ' || at[len] == '\t');
}

/*
 * "from google.cloud import storage": where many packages share a top-level name, the imported name
 * says which of them it is.
 */
static void add_from(const char *module, const char *names, struct words *out)
{
	bool shared = strncmp(module, "google.cloud ", 13) == 0 ||
		      strncmp(module, "google ", 7) == 0 || strncmp(module, "azure ", 6) == 0;
	size_t len = strcspn(module, " \t\\");

	if (!shared) {
		add_name(module, out);
		return;
	}
	names = skip_blank(names);
	names += *names == '(';
	size_t name_len = strspn(skip_blank(names), "abcdefghijklmnopqrstuvwxyz_0123456789");
	words_add_new(out, arena_printf(out->arena, "%.*s.%.*s", (int)len, module, (int)name_len,
					skip_blank(names)));
}

static void read_statement(const char *at, struct words *out)
{
	at = skip_blank(at);
	if (starts_word(at, "import")) {
		read_import(at + 6, out);
	} else if (starts_word(at, "from")) {
		const char *name = skip_blank(at + 4), *end = name;
		while (is_name(*end))
			end++;
		/* Prose in a comment block has "from" too; a statement goes on with "import". */
		end = skip_blank(end);
		if (starts_word(end, "import"))
			add_from(name, end + 6, out);
	}
}

/* Past a string that opens at at; a one-line string ends with its line at the latest. */
static const char *skip_string(const char *at)
{
	char quote = *at;
	bool triple = at[1] == quote && at[2] == quote;

	for (at += triple ? 3 : 1; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (triple && at[0] == quote && at[1] == quote && at[2] == quote)
			return at + 3;
		else if (!triple && (*at == quote || *at == '\n'))
			return at + (*at == quote);
	}
	return at;
}

void imports_python(const char *text, struct words *out)
{
	const char *at = text;
	bool fresh = true; /* a statement may start here */

	while (*at) {
		if (*at == '"' || *at == '\'') {
			at = skip_string(at);
			fresh = false;
		} else if (*at == '#') {
			at += strcspn(at, "\n");
		} else if (*at == '\n' || *at == ';') {
			fresh = true;
			at++;
		} else if (*at == ' ' || *at == '\t' || *at == '\r') {
			at++;
		} else {
			if (fresh)
				read_statement(at, out);
			/* "try: import x" */
			fresh = *at == ':';
			at++;
		}
	}
}

/* "google.cloud.vision.types" -> "google-cloud-vision", "azure.identity.aio" -> "azure-identity" */
static const char *named_after(struct arena *arena, const char *module)
{
	char *package = arena_string(arena, module);
	int dots = strncmp(module, "google.cloud.", 13) == 0 ? 2 : 1;

	for (char *at = package; *at; at++) {
		if (*at != '.')
			continue;
		if (dots-- == 0) {
			*at = '\0';
			break;
		}
		*at = '-';
	}
	return package;
}

const char *package_python(struct arena *arena, const char *module)
{
	char *name = arena_string(arena, module);

	/* The longest known beginning: "google.cloud.storage.client" is google-cloud-storage. */
	for (char *dot = NULL;; *dot = '\0') {
		const char *package = python_package(name);
		if (package)
			return package;
		dot = strrchr(name, '.');
		if (!dot)
			break;
	}
	if (strcmp(name, "google") == 0 || strcmp(name, "azure") == 0)
		return named_after(arena, module);
	return python_is_standard(name) ? NULL : name;
}
