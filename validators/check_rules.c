/* The pattern rules: the scanner says where a rule could match, its pattern is tried only there. */
#include <string.h>

#include "validators/check.h"

/*
 * A pattern never sees more than a window of the text. Matches are looked for piece by piece: a
 * piece ends at a line's end or at a multiple of PIECE bytes, a match starts in its piece, and ends
 * within the rule's number of lines and REACH bytes from the piece's start. Both numbers bound what
 * a pattern can cost, and they are the same whether or not the scanner chose the piece.
 */
enum { PIECE = 2048, REACH = 4096 };

/* What one reply may cost: enough for rules that are tried on every line, and linear in the text. */
enum { STEPS_FREE = 1000000, STEPS_A_BYTE = 10 };

struct rule_state {
	size_t done; /* pieces that start before it have been tried */
	size_t resume; /* nothing that starts before it is reported: its line is */
	size_t listed; /* findings in this block */
	bool finished; /* listed enough, or gave up */
};

struct block_check {
	struct check *check;
	const struct block *block;
	const struct rule_group *group;
	struct rule_state *states; /* by index in the group */
	struct syntax_map map; /* made when the first match asks for it */
	struct arena arena; /* for this block alone */
	size_t counted, line; /* the line of the byte at counted */
	size_t given_up; /* rules, and the first of them */
	const struct rule *first_given_up;
	enum finding_action given_up_action;
};

/* ---- places ---- */

static size_t piece_start(const struct block *block, size_t at)
{
	size_t from = at - at % PIECE;
	const char *newline = memrchr(block->code + from, '\n', at - from);

	return newline ? (size_t)(newline - block->code) + 1 : from;
}

static size_t piece_end(const struct block *block, size_t start)
{
	size_t end = start - start % PIECE + PIECE;

	if (end > block->code_len)
		end = block->code_len;
	const char *newline = memchr(block->code + start, '\n', end - start);
	return newline ? (size_t)(newline - block->code) + 1 : end;
}

/* Where a match that starts in the piece must end; *cut: in the middle of a line. */
static size_t window_end(const struct block *block, size_t start, unsigned lines, bool *cut)
{
	size_t end = block->code_len - start > REACH ? start + REACH : block->code_len;
	size_t at = start;

	for (unsigned i = 0; i < lines; i++) {
		const char *newline = memchr(block->code + at, '\n', end - at);
		if (!newline) {
			*cut = end < block->code_len;
			return end;
		}
		at = (size_t)(newline - block->code) + 1;
	}
	*cut = false;
	return at - 1;
}

/* The first place where a match of so many lines that holds the byte at hit may start. */
static size_t earliest_start(const struct block *block, size_t hit, unsigned lines)
{
	size_t from = hit > REACH ? hit - REACH : 0, at = hit;

	for (unsigned i = 0; i < lines; i++) {
		const char *newline = memrchr(block->code + from, '\n', at - from);
		if (!newline)
			return from;
		at = (size_t)(newline - block->code);
	}
	return at + 1;
}

/* ---- findings ---- */

/* A lone CR is a line end as well, for editors and for most languages. */
static bool ends_line(const char *code, size_t at)
{
	return code[at] == '\n' || (code[at] == '\r' && code[at + 1] != '\n');
}

/* Findings come nearly in order, so lines are counted from the last one, forwards or backwards. */
static size_t line_of(struct block_check *bc, size_t at)
{
	while (bc->counted < at)
		bc->line += ends_line(bc->block->code, bc->counted++);
	while (bc->counted > at)
		bc->line -= ends_line(bc->block->code, --bc->counted);
	return bc->line;
}

static size_t column_of(const struct block *block, size_t at)
{
	size_t start = at;

	while (start > 0 && !ends_line(block->code, start - 1))
		start--;
	return at - start + 1;
}

/* False: so many are listed already that one more helps nobody. */
static bool room_for(struct check *check, enum finding_action action)
{
	size_t listed = ++check->listed[action];

	if (listed == CHECK_FINDINGS + 1) {
		struct finding *finding = check_add(check, NULL, "check-limit", SEVERITY_INFO,
						    ACTION_WARN);
		finding->message = arena_printf(check->arena,
						"there are more than %d findings "
						"with action \"%s\": the rest is "
						"not listed",
						CHECK_FINDINGS, finding_action_name(action));
		finding->remedy = "deal with the listed ones first";
	}
	return listed <= CHECK_FINDINGS;
}

/* A text that makes a blocking rule too costly to finish is not let through by that. */
static void give_up(struct block_check *bc, const struct rule *rule)
{
	if (bc->given_up++ == 0)
		bc->first_given_up = rule;
	if (rule->action == ACTION_BLOCK)
		bc->given_up_action = ACTION_BLOCK;
}

static void report_given_up(struct block_check *bc)
{
	struct arena *arena = bc->check->arena;

	if (!bc->given_up || !room_for(bc->check, bc->given_up_action))
		return;
	struct finding *finding = check_add(bc->check, bc->block, "check-limit", SEVERITY_MEDIUM,
					    bc->given_up_action);
	finding->message = arena_printf(arena,
					"the text makes %zu rule%s too costly to check to "
					"the end (%s%s)",
					bc->given_up, bc->given_up == 1 ? "" : "s",
					bc->first_given_up->id, bc->given_up == 1 ? "" : ", ...");
	finding->remedy = "write the code in shorter lines, without long runs of repeated text";
}

static void report(struct block_check *bc, const struct rule *rule, struct rule_state *state,
		   size_t at)
{
	struct check *check = bc->check;
	const struct block *block = bc->block;

	if (!room_for(check, rule->action)) {
		state->finished = true;
		return;
	}
	struct finding *finding = check_add(check, block, rule->id, rule->severity, rule->action);
	finding->cwe = rule->cwe;
	finding->line = block->code_line + line_of(bc, at);
	finding->column = column_of(block, at);
	finding->excerpt = check_excerpt(check->arena, block->code, block->code_len, at);
	finding->message = rule->message;
	finding->remedy = rule->remedy;
	if (++state->listed < CHECK_RULE_FINDINGS)
		return;
	state->finished = true;
	finding->message = arena_printf(check->arena, "%s (the first %d places are listed)",
					rule->message, CHECK_RULE_FINDINGS);
}

/* ---- trying a rule ---- */

static bool in_place(struct block_check *bc, const struct rule *rule, size_t at, size_t limit,
		     size_t *next)
{
	const struct language *language = bc->block->language;

	if (rule->where == WHERE_ANY)
		return true;
	if (!bc->map.bits)
		syntax_map_build(&bc->map, language ? &language->syntax : NULL, bc->block->code,
				 bc->block->code_len, &bc->arena);
	*next = syntax_class_end(&bc->map, at, limit);
	return rule->where & (1U << syntax_class_at(&bc->map, at));
}

/* The window in which a match that starts in the piece must end. */
static struct regex_window window_of(const struct block *block, const struct rule *rule,
				     size_t piece)
{
	struct regex_window window = {.text = block->code, .start = piece};

	window.start_end = piece_end(block, piece);
	window.end = window_end(block, piece, rule->lines, &window.cut);
	return window;
}

/* Reports the first match of the window that is in its place. */
static void try_window(struct block_check *bc, const struct rule *rule, struct rule_state *state,
		       struct regex_window window)
{
	const struct block *block = bc->block;
	size_t at = 0, next = 0;

	if (window.start < state->resume)
		window.start = state->resume;
	while (window.start < window.start_end) {
		enum regex_result result = regex_find(rule->regex, bc->check->scratch, &window,
						      &at);
		if (result == REGEX_LIMIT) {
			give_up(bc, rule);
			state->finished = true;
		}
		if (result != REGEX_MATCH)
			return;
		if (in_place(bc, rule, at, window.start_end, &next)) {
			/* One finding a line is enough to act on. */
			const char *newline = memchr(block->code + at, '\n', block->code_len - at);
			state->resume = newline ? (size_t)(newline - block->code) + 1
						: block->code_len;
			report(bc, rule, state, at);
			return;
		}
		/* What starts in the same comment or string would be refused as well. */
		window.start = next > window.start ? next : window.start + 1;
	}
}

/*
 * Every match starts with a needle, so only this place needs a try. Hits come in the order of their
 * ends: on success an earlier start, by a longer needle that has not been heard of yet, goes first.
 */
static void try_here(struct block_check *bc, const struct rule *rule, struct rule_state *state,
		     size_t hit)
{
	size_t piece = piece_start(bc->block, hit), at;
	struct regex_window window = window_of(bc->block, rule, piece);

	window.start = hit;
	window.start_end = hit + 1;
	enum regex_result result = regex_find(rule->regex, bc->check->scratch, &window, &at);
	if (result == REGEX_NONE)
		return;
	window.start = hit - piece > NEEDLE_BYTES ? hit - NEEDLE_BYTES : piece;
	try_window(bc, rule, state, window);
}

static void on_hit(void *data, uint32_t id, size_t hit)
{
	struct block_check *bc = data;
	const struct rule *rule = bc->group->rules[id];
	struct rule_state *state = &bc->states[id];

	if (state->finished || state->done > hit || state->resume > hit)
		return;
	if (rule->needles->at_start) {
		try_here(bc, rule, state, hit);
		return;
	}
	size_t from = earliest_start(bc->block, hit, rule->lines);
	size_t start = from > state->done ? piece_start(bc->block, from) : state->done;
	while (start <= hit && !state->finished) {
		try_window(bc, rule, state, window_of(bc->block, rule, start));
		start = piece_end(bc->block, start);
	}
	if (start > state->done)
		state->done = start;
}

static void try_everywhere(struct block_check *bc, uint32_t id)
{
	const struct rule *rule = bc->group->rules[id];
	struct rule_state *state = &bc->states[id];

	for (size_t start = 0; start < bc->block->code_len && !state->finished;
	     start = piece_end(bc->block, start))
		try_window(bc, rule, state, window_of(bc->block, rule, start));
}

static void check_block(struct check *check, const struct block *block)
{
	struct block_check bc = {.check = check, .block = block, .line = 1};

	bc.group = ruleset_group(check->rules, block->language ? block->language->name : NULL);
	arena_init(&bc.arena);
	bc.states = arena_array(&bc.arena, bc.group->count + 1, sizeof(*bc.states));
	regex_grant(check->scratch, check->free_steps + STEPS_A_BYTE * (uint64_t)block->code_len);
	if (!check->everywhere)
		scanner_run(bc.group->scanner, block->code, block->code_len, on_hit, &bc);
	for (size_t i = 0; i < bc.group->count; i++)
		if (check->everywhere || bc.group->rules[i]->needles->count == 0)
			try_everywhere(&bc, (uint32_t)i);
	report_given_up(&bc);
	arena_done(&bc.arena);
	/* What a block did not need of its own share is not handed on; what it took beyond is gone. */
	if (regex_steps_left(check->scratch) < check->free_steps)
		check->free_steps = regex_steps_left(check->scratch);
}

void check_rules(struct check *check)
{
	check->free_steps = STEPS_FREE;
	for (size_t i = 0; i < check->blocks->count; i++) {
		const struct block *block = &check->blocks->items[i];
		if (block->used && block->code_len)
			check_block(check, block);
	}
}
