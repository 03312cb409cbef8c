/* Shell lines: installs and test runners by their first words; the shell itself reads the rest. */
#include "runners/command_line.h"

#include <ctype.h>
#include <string.h>

#include "runners/plan_parts.h"

/* First words of a command, alternatives with | between. */
static const struct install {
	const char *words;
	const char *kind; /* of registry */
} installs[] = {
	{"npm install|i|ci|add|clean-install", "npm"},
	{"yarn|pnpm install|i|add", "npm"},
	{"pip|pip3 install", "pip"},
	{"python|python3 -m pip install", "pip"},
	{"go mod download|tidy|vendor", "go"},
	{"go get", "go"},
};

/* Runners whose printed results are known here. */
static const char *const tests[] = {
	"npm|yarn|pnpm test|t",
	"npm|yarn|pnpm run test",
	"npx jest|vitest|mocha",
	"jest|vitest|mocha",
	"node --test",
	"pytest|py.test",
	"python|python3 -m pytest|unittest",
	"go test",
	"cargo test",
	"bats",
	"ctest",
	"rspec",
	"bundle exec rspec",
	"phpunit|vendor/bin/phpunit|./vendor/bin/phpunit",
	"make test|check",
};

/* One command of a line. */
struct part {
	const char *text;
	size_t len;
	bool simple; /* words and quotes only: no pipe, substitution, group or comment */
	bool redirected;
	const char *rest; /* behind the && or ; that follows; "" at the end */
};

/* ---- taking a line apart ---- */

/* Its results are still printed: "pytest 2>&1" is as good as pytest. */
static bool joins_streams(const char *at)
{
	return strncmp(at, "2>&1", 4) == 0;
}

static bool is_comment(const char *at, const char *start)
{
	return *at == '#' && (at == start || isspace((unsigned char)at[-1]));
}

/* Steps over a quoted string; what a shell would still run in it makes the command no simple one. */
static const char *skip_quoted(const char *at, bool *simple)
{
	const char *end = strchr(at + 1, *at);
	size_t len = end ? (size_t)(end - at) : strlen(at);

	if (!end || (*at == '"' && (memchr(at, '`', len) || memmem(at, len, "$(", 2))))
		*simple = false;
	return at + len - !end;
}

static struct part first_part(const char *line)
{
	struct part part = {.simple = true};
	const char *at;

	line += strspn(line, " \t\n");
	part.text = line;
	for (at = line; *at && !strchr(";\n", *at) && strncmp(at, "&&", 2) != 0; at++) {
		if (joins_streams(at))
			at += 3;
		else if (*at == '"' || *at == '\'')
			at = skip_quoted(at, &part.simple);
		else if (*at == '<' || *at == '>')
			part.redirected = true;
		else if (strchr("|&(){}`\\", *at) || is_comment(at, line) ||
			 strncmp(at, "<<", 2) == 0 || strncmp(at, "$(", 2) == 0)
			part.simple = false;
	}
	part.rest = at + (*at == '&') + (*at != '\0');
	part.rest += strspn(part.rest, " \t\n");
	part.len = (size_t)(at - line);
	while (part.len && isspace((unsigned char)line[part.len - 1]))
		part.len--;
	return part;
}

/* ---- what a command is ---- */

static bool next_word(const char **at, const char *end, const char **word, size_t *len)
{
	while (*at < end && isspace((unsigned char)**at))
		(*at)++;
	*word = *at;
	while (*at < end && !isspace((unsigned char)**at))
		(*at)++;
	*len = (size_t)(*at - *word);
	return *len != 0;
}

/* "CI=1 npm test": variables of one command stand before it. */
static bool is_assignment(const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);

	for (const char *at = word; equals && at < equals; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_')
			return false;
	}
	return equals && equals != word;
}

static bool is_one_of(const char *alternatives, size_t alternatives_len, const char *word,
		      size_t len)
{
	const char *end = alternatives + alternatives_len;

	for (const char *at = alternatives; at < end; at++) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t this_len = (size_t)((bar ? bar : end) - at);
		if (this_len == len && memcmp(at, word, len) == 0)
			return true;
		at += this_len;
	}
	return false;
}

static bool starts_with(const struct part *part, const char *words)
{
	const char *at = part->text, *end = part->text + part->len, *wanted, *word;
	const char *words_end = words + strlen(words);
	size_t wanted_len, len;

	do {
		if (!next_word(&at, end, &word, &len))
			return false;
	} while (is_assignment(word, len));
	while (next_word(&words, words_end, &wanted, &wanted_len)) {
		if (!len || !is_one_of(wanted, wanted_len, word, len))
			return false;
		next_word(&at, end, &word, &len);
	}
	return true;
}

static const char *install_kind(const struct part *part)
{
	for (size_t i = 0; part->simple && i < sizeof(installs) / sizeof(installs[0]); i++) {
		if (starts_with(part, installs[i].words))
			return installs[i].kind;
	}
	return NULL;
}

/* The last command's exit status is the line's, and its results are what counts. */
static bool is_test(const char *line)
{
	struct part part;

	do {
		part = first_part(line);
		line = part.rest;
	} while (*line);
	if (!part.simple || part.redirected)
		return false;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (starts_with(&part, tests[i]))
			return true;
	}
	return false;
}

/* The installs that a line begins with. */
struct front {
	const char *kind; /* of registry; NULL: it begins with none */
	size_t folder; /* how far a change of folder reaches that holds for all that follows */
	size_t len; /* with the installs */
	const char *rest; /* what follows them */
};

static struct front front_of(const char *line)
{
	struct front front = {.rest = line};
	const char *at = line;

	while (*at) {
		struct part part = first_part(at);
		const char *kind = install_kind(&part);
		if (kind && front.kind && strcmp(kind, front.kind) != 0)
			break; /* of another client: begins a line of its own */
		if (kind) {
			front.kind = kind;
			front.len = (size_t)(part.text + part.len - line);
			front.rest = part.rest;
		} else if (!front.kind && part.simple && starts_with(&part, "cd")) {
			front.folder = (size_t)(part.rest - line);
		} else {
			break;
		}
		at = part.rest;
	}
	return front;
}

bool command_lines_install(const char *const *lines)
{
	for (; *lines; lines++) {
		if (front_of(*lines).kind)
			return true;
	}
	return false;
}

/* ---- the plan ---- */

static void set_line(struct arena *arena, struct command *command, const char *const *env,
		     const char *line)
{
	struct words argv;

	words_init(&argv, arena);
	words_add_all(&argv, LIST("bash", "-c", line));
	command->argv = argv.items;
	command->env = env;
	command->shown = line;
}

static void add_line(struct arena *arena, struct plan *plan, const char *line)
{
	bool test = is_test(line);

	struct command *command = plan_command(arena, plan, test ? COMMAND_TEST : COMMAND_RUN);
	set_line(arena, command, plan->env, line);
	command->parser = test ? "auto" : NULL;
}

/*
 * pip installs into a virtual environment of the project's own, which lasts as long as its workspace:
 * the host's is not ours to write to. Its programs are on the environment's PATH.
 */
static void add_venv(struct arena *arena, const struct environment *environment, struct plan *plan)
{
	struct command *command = plan_install(arena, plan);
	struct words argv;

	words_init(&argv, arena);
	words_add_all(&argv, LIST("sh", "-c", "test -x .venv/bin/pip || exec \"$0\" -m venv .venv",
				  environment->tool_path));
	command->argv = argv.items;
	command->shown = "python -m venv .venv";
}

static bool reaches(const struct environment *environment, const char *kind)
{
	for (const char *const *it = environment->registries; it && *it; it++) {
		if (strcmp(*it, kind) == 0)
			return true;
	}
	return false;
}

static void add_install(struct arena *arena, const struct environment *environment,
			const char *line, const char *kind, struct plan *plan)
{
	struct dependencies *wanted = &plan->dependencies;
	struct words kinds;

	words_init(&kinds, arena);
	words_add_all(&kinds, wanted->registries);
	bool first = !words_have(&kinds, kind);
	words_add_new(&kinds, kind);
	wanted->registries = kinds.items;
	if (first && strcmp(kind, "pip") == 0)
		add_venv(arena, environment, plan);
	if (plan->command_count)
		plan_note(arena, plan,
			  "%s runs before the other commands: only installs reach a "
			  "registry",
			  line);
	set_line(arena, plan_install(arena, plan), plan->env, line);
}

/* One line: its installs, then what is left of it, if anything. */
static void plan_line(struct arena *arena, const char *line, const struct environment *environment,
		      bool no_install, struct plan *plan)
{
	line += strspn(line, " \t\n");
	struct front front = front_of(line);

	while (front.kind && reaches(environment, front.kind)) {
		const char *install = arena_copy(arena, line, front.len);
		if (no_install)
			plan_note(arena, plan, "%s was left out: nothing may be installed",
				  install);
		else
			add_install(arena, environment, install, front.kind, plan);
		if (!*front.rest)
			return;
		line = arena_printf(arena, "%.*s%s", (int)front.folder, line, front.rest);
		front = front_of(line);
	}
	if (front.kind)
		plan_note(arena, plan, "%s has no network: %s reaches no %s registry", line,
			  environment->name, front.kind);
	add_line(arena, plan, line);
}

void command_lines_plan(struct arena *arena, const char *const *lines,
			const struct environment *environment, bool no_install, struct plan *plan)
{
	plan->commands = NULL;
	plan->command_count = 0;
	if (command_lines_install(lines))
		plan->dependencies = (struct dependencies){
			.in_place = true,
			.why_in_place = "the commands say what to install",
		};
	for (; *lines; lines++)
		plan_line(arena, *lines, environment, no_install, plan);
}
