/* What counts as the path of a file. */
#include "parsers/block_path.h"

enum { PATH_MAX_LABEL = 250, PATH_MAX_NAMED = 1000 };

/* Files without a language of ours that replies are full of. */
static const char *const extensions[] = {
	"json",  "jsonc",   "json5", "yml",    "yaml",    "toml",    "ini",    "cfg",
	"conf",  "env",     "html",  "htm",    "css",     "scss",    "sass",   "less",
	"md",    "mdx",     "txt",   "rst",    "csv",     "tsv",     "xml",    "svg",
	"sql",   "graphql", "gql",   "proto",  "lock",    "vue",     "svelte", "astro",
	"ejs",   "hbs",     "j2",    "jinja",  "tmpl",    "tf",      "lua",    "r",
	"jl",    "kt",      "kts",   "swift",  "cs",      "scala",   "clj",    "ex",
	"exs",   "erl",     "hs",    "ml",     "fs",      "dart",    "pl",     "pm",
	"h",     "hpp",     "hh",    "m",      "mm",      "zig",     "nim",    "sol",
	"asm",   "s",       "ps1",   "bat",    "cmd",     "fish",    "gradle", "properties",
	"cmake", "mk",      "ipynb", "prisma", "example", "service", "snap",   "dockerfile",
	"vb",    "golden",  NULL,
};

/* In their own case: "makefile" is a tag. */
static const char *const names[] = {
	"Makefile",   "GNUmakefile", "Dockerfile",      "Containerfile",  "Procfile",
	"Gemfile",    "Rakefile",    "Vagrantfile",     "Jenkinsfile",    "CMakeLists.txt",
	"LICENSE",    "README",      "CHANGELOG",       ".gitignore",     ".dockerignore",
	".npmignore", ".env",        ".editorconfig",   ".prettierrc",    ".eslintrc",
	".babelrc",   ".nvmrc",      ".python-version", ".gitattributes", ".npmrc",
	".env.local", "go.mod",      "go.sum",          "__init__.py",    NULL,
};

/* Products that are called like files; a file of that name needs a folder before it. */
static const char *const products[] = {
	"node.js",     "next.js",     "vue.js",  "react.js",  "express.js", "three.js",
	"d3.js",       "nuxt.js",     "nest.js", "ember.js",  "angular.js", "chart.js",
	"discord.js",  "backbone.js", "p5.js",   "alpine.js", "moment.js",  "day.js",
	"electron.js", "knockout.js", NULL,
};

struct span block_path_name(struct span path)
{
	for (size_t i = path.len; i-- > 0;) {
		if (path.text[i] == '/' || path.text[i] == '\\')
			return span_skip(path, i + 1);
	}
	return path;
}

struct span block_path_extension(struct span path)
{
	struct span name = block_path_name(path);

	for (size_t i = name.len; i-- > 0;) {
		if (name.text[i] == '.')
			return span_skip(name, i + 1);
	}
	return span_skip(name, name.len);
}

static bool could_be_path(struct span word)
{
	bool slash = span_has(word, '/');

	if (word.len == 0 || word.text[0] == '-' || span_starts(word, "www."))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.text[i];
		if (c <= ' ' || c == 0x7F || strchr("<>|\"'`*?;,={}!#&%^", c))
			return false;
		if ((c == '(' || c == ')') && !slash)
			return false;
		/* A drive is a path, for the validators to refuse; "std::map" and "http://" are not. */
		if (c == ':' &&
		    (i != 1 || word.len < 3 || (word.text[2] != '\\' && word.text[2] != '/')))
			return false;
	}
	return true;
}

static bool is_extension(struct span extension)
{
	bool letter = false;

	for (size_t i = 0; i < extension.len; i++) {
		char c = extension.text[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
			letter = true;
		else if (c < '0' || c > '9')
			return false;
	}
	return letter && extension.len <= 12;
}

bool block_path_has_own_name(struct span path)
{
	struct span name = block_path_name(path);

	for (const char *const *it = names; *it; it++) {
		if (name.len == strlen(*it) && memcmp(name.text, *it, name.len) == 0)
			return true;
	}
	return false;
}

bool block_path_is(const struct language *const *languages, struct span word, enum path_sure sure)
{
	struct span name = block_path_name(word), extension = block_path_extension(word);
	bool slash = name.len < word.len;

	if (word.len > (sure == PATH_NAMED ? PATH_MAX_NAMED : PATH_MAX_LABEL) ||
	    !could_be_path(word) || name.len == 0 || span_is(name, ".") || span_is(name, ".."))
		return false;
	if (sure == PATH_NAMED || block_path_has_own_name(word))
		return true;
	if (block_language_of_path(languages, word, NULL))
		return slash || (!span_in(name, products) && extension.len < name.len - 1);
	if (!is_extension(extension) || extension.len + 1 >= name.len)
		return false;
	return slash || span_in(extension, extensions);
}
