/* Reads secret files strictly: a line that is misread would be a door that nobody knows of. */
#include "engine/commands/serve_secrets.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/api/admit.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/base/log.h"

enum { FILE_BYTES = 1 << 20, TOKEN_LEAST = 8, SECRET_LEAST = 16 };

static int read_file(const char *path, struct buf *out, struct error *err)
{
	struct stat info;

	buf_init(out, FILE_BYTES);
	if (file_read(path, out, err) != 0)
		return -1;
	if (stat(path, &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)))
		log_write(LOG_WARN, "others than its owner may read %s: chmod 600 it", path);
	if (strlen(out->data) < out->len)
		return error_set(err, ERROR_USAGE, "%s holds a NUL: it is no text", path);
	return 0;
}

static int add_token(struct arena *arena, char *line, struct api_token *out, struct error *err)
{
	struct digest digest;
	char *token = strchr(line, ':');

	if (!token)
		return error_set(err, ERROR_USAGE,
				 "needs tenant:token, *:token or " API_OPERATOR ":token");
	*token++ = '\0';
	if (strcmp(line, "*") != 0 && strcmp(line, API_OPERATOR) != 0 && !admit_tenant_name(line))
		return error_set(err, ERROR_USAGE,
				 "a tenant is 1 to 64 letters, digits, \"_\", \".\" or \"-\"");
	if (strlen(token) < TOKEN_LEAST || strpbrk(token, " \t\r"))
		return error_set(err, ERROR_USAGE,
				 "a token is at least %d characters without spaces", TOKEN_LEAST);
	char *hex = arena_alloc(arena, DIGEST_HEX);
	digest_init(&digest);
	digest_add(&digest, token, strlen(token));
	digest_end(&digest, hex);
	*out = (struct api_token){.sha256 = hex, .tenant = arena_string(arena, line)};
	return 0;
}

int serve_tokens(struct arena *arena, const char *path, struct api_token **out, size_t *count,
		 struct error *err)
{
	struct buf text;
	size_t number = 0;

	if (read_file(path, &text, err) != 0) {
		buf_done(&text);
		return error_wrap(err, "--token-file");
	}
	int rc = 0;
	for (char *line = text.data, *next; rc == 0 && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		number++;
		if (!*line || *line == '#')
			continue;
		struct api_token *token = arena_grow(arena, out, *count, sizeof(*token));
		rc = add_token(arena, line, token, err);
		if (rc == 0)
			(*count)++;
		else
			error_wrap(err, "--token-file %s:%zu", path, number);
	}
	/* The tokens themselves shall not stay in memory. */
	if (text.data && text.len)
		explicit_bzero(text.data, text.len);
	buf_done(&text);
	if (rc == 0 && *count == 0)
		return error_set(err, ERROR_USAGE, "--token-file %s holds no token", path);
	return rc;
}

int serve_secret(struct arena *arena, const char *path, const char **out, struct error *err)
{
	struct buf text;

	int rc = read_file(path, &text, err);
	if (rc == 0) {
		text.data[strcspn(text.data, "\r\n")] = '\0';
		*out = arena_string(arena, text.data);
		if (strlen(*out) < SECRET_LEAST)
			rc = error_set(err, ERROR_USAGE, "%s: a secret is at least %d characters",
				       path, SECRET_LEAST);
	}
	buf_done(&text);
	return rc == 0 ? 0 : error_wrap(err, "--callback-secret-file");
}
