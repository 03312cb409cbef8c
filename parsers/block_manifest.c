/* Manifests by content: each has lines that nothing else has together. */
#include "parsers/block_manifest.h"

enum { LINES_MAX = 400, NEEDS = 2 };

struct likeness {
	const char *name;
	const char *first; /* what the text begins with */
	const char *needs[NEEDS][4]; /* of each group, a line must begin with one */
};

static const struct likeness manifests[] = {
	{"package.json",
	 "{",
	 {{"\"name\":"}, {"\"dependencies\":", "\"devDependencies\":", "\"scripts\":"}}},
	{"go.mod", "module ", {{"go 1."}, {"module "}}},
	{"Cargo.toml", "[package]", {{"name ="}, {"version ="}}},
	{"pyproject.toml", "[", {{"[project]", "[tool.poetry]"}, {"name ="}}},
	{"pom.xml", "<", {{"<project"}, {"<modelVersion>"}}},
};

enum { MANIFESTS = sizeof(manifests) / sizeof(manifests[0]) };

static bool starts_with_one(struct span line, const char *const *words)
{
	for (size_t i = 0; i < 4 && words[i]; i++) {
		if (span_starts(line, words[i]))
			return true;
	}
	return false;
}

static bool is_like(const struct likeness *manifest, struct span code)
{
	bool has[NEEDS] = {false};

	if (!span_starts(span_trim(code), manifest->first))
		return false;
	for (int n = 0; n < LINES_MAX && code.len; n++) {
		struct span line = span_trim(span_line(&code));
		for (size_t i = 0; i < NEEDS; i++)
			has[i] |= starts_with_one(line, manifest->needs[i]);
	}
	return has[0] && has[1];
}

void block_manifests(const struct role_context *context, struct draft *drafts, size_t count)
{
	bool taken[MANIFESTS] = {false};

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; drafts[i].block->path && j < MANIFESTS; j++)
			taken[j] |= strcmp(drafts[i].block->path, manifests[j].name) == 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct block *block = drafts[i].block;
		for (size_t j = 0; !block->path && j < MANIFESTS; j++) {
			const struct likeness *manifest = &manifests[j];
			bool whole_name;
			if (taken[j] || drafts[i].only_a_name || drafts[i].fence->in_thought ||
			    !is_like(manifest, (struct span){block->code, block->code_len}))
				continue;
			block_language_of_path(context->languages, span_of(manifest->name),
					       &whole_name);
			if (!whole_name)
				continue;
			taken[j] = true;
			block->path = manifest->name;
			block->how = HOW_DEFAULT;
		}
	}
}
