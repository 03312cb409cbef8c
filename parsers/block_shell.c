/* Most ```bash blocks of replies say how to install and run the code beside them. */
#include "parsers/block_shell.h"

bool block_shell_is_tag(struct span tag)
{
	static const char *const tags[] = {
		"bash",       "sh",           "shell",      "zsh",           "ksh",
		"fish",       "console",      "cmd",        "bat",           "batch",
		"powershell", "ps1",          "terminal",   "shell-session", "ps",
		"pwsh",       "shellsession", "sh-session", "bash-session",  "dos",
		NULL,
	};

	return span_in(tag, tags);
}

/* What people are told to type; a program would not be written in these alone. */
static const char *const typed[] = {
	"npm",          "npx",      "pnpm",     "yarn",       "bun",    "deno",    "node",
	"ts-node",      "tsx",      "tsc",      "jest",       "vitest", "mocha",   "pip",
	"pip3",         "python",   "python3",  "py",         "pytest", "pipx",    "pipenv",
	"poetry",       "uv",       "conda",    "virtualenv", "flask",  "uvicorn", "gunicorn",
	"django-admin", "go",       "cargo",    "rustc",      "rustup", "javac",   "java",
	"mvn",          "gradle",   "gem",      "bundle",     "ruby",   "rails",   "rspec",
	"php",          "composer", "phpunit",  "gcc",        "g++",    "clang",   "clang++",
	"cmake",        "make",     "ctest",    "bats",       "git",    "docker",  "docker-compose",
	"kubectl",      "brew",     "apt",      "apt-get",    "yum",    "dnf",     "pacman",
	"choco",        "winget",   "cd",       "source",     "nvm",    "pyenv",   "code",
	"swift",        "dotnet",   "lua",      "Rscript",    "perl",   "ruff",    "black",
	"mypy",         "eslint",   "prettier", NULL,
};

static const char *const control[] = {
	"if",      "for",   "while", "until", "case", "function", "select", "then", "do",
	"done",    "fi",    "esac",  "else",  "elif", "local",    "return", "trap", "read",
	"declare", "shift", "{",     "}",     "exit", "printf",   NULL,
};

/* "python", "./run.sh", "venv/bin/activate" with sudo, env settings and prompts before it away. */
static struct span command_word(struct span line)
{
	for (;;) {
		struct span word = span_until(line, " \t;");
		bool setting = span_has(word, '=') && word.text[0] != '=';
		if (!span_is(word, "sudo") && !span_is(word, "env") && !setting)
			return word;
		/* "x=1" alone is a program's line. */
		if (setting && word.len == line.len)
			return word;
		line = span_trim(span_skip(line, word.len));
		if (line.len == 0)
			return word;
	}
}

static bool is_prompt(struct span line)
{
	return span_starts(line, "$ ") || span_starts(line, "% ") || span_starts(line, "PS>") ||
	       span_starts(line, "PS C:\\") || span_starts(line, "C:\\>") ||
	       span_starts(line, "> ");
}

struct tally {
	size_t lines, prompts, typed, control;
};

static void count_line(struct tally *tally, struct span line)
{
	struct span word = command_word(line);

	tally->lines++;
	tally->prompts += is_prompt(line);
	tally->control += span_in(word, control) || span_ends(word, "()") ||
			  span_ends(line, "() {") || (span_has(word, '=') && word.len == line.len);
	tally->typed += span_in(word, typed) || span_starts(word, "./") ||
			span_starts(word, ".\\") || span_starts(word, "venv") ||
			span_starts(word, ".venv");
}

enum shell_kind block_shell_kind(struct span code)
{
	struct tally tally = {0};
	bool continued = false;

	if (span_starts(code, "#!"))
		return SHELL_SCRIPT;
	while (code.len) {
		struct span line = span_trim(span_line(&code));
		bool goes_on = span_ends(line, "\\");
		if (line.len && line.text[0] != '#' && !continued)
			count_line(&tally, line);
		continued = goes_on;
	}
	if (tally.prompts)
		return tally.prompts == tally.lines ? SHELL_TYPED : SHELL_SESSION;
	if (tally.control)
		return SHELL_SCRIPT;
	return tally.lines && tally.typed == tally.lines ? SHELL_TYPED : SHELL_SIMPLE;
}
