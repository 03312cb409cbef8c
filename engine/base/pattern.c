/* A cautious reader of PCRE2 patterns: the literals a match must hold, where it backtracks. */
#include "engine/base/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/needle_set.h"

enum { NESTING_MAX = 32, RARE_ENOUGH = 6 };

/*
 * A sequence is read left to right. Literals gather in run; whatever is not a literal ends the run,
 * which is then a candidate. Of all candidates of a sequence the rarest-looking wins; the branches
 * of an alternation are put together, for a match holds one of them.
 */
struct reader {
	const char *pattern, *at;
	struct pattern_points *points;
	int depth;
	bool lost; /* something not understood: the answer is "nothing known" */
	bool caseless; /* (?i) stands somewhere: how far it reaches is not looked at */
};

struct sequence {
	struct needles best;
	struct needles start; /* what a match begins with, if that is literals */
	struct needle run;
	bool run_starts; /* nothing that takes text stands before run */
	bool fresh; /* nothing has taken text yet */
	bool boundary; /* \b stands right before */
};

/* What is known of a branch or of a whole alternation. */
struct known {
	struct needles best, start;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void end_run(struct sequence *seq)
{
	if (seq->run.len) {
		struct needles one = {.items = {seq->run}, .count = 1};
		needle_set_keep_better(&seq->best, &one);
		if (seq->run_starts)
			seq->start = one;
	}
	seq->run = (struct needle){0};
	seq->boundary = false;
}

static void add_literal(struct sequence *seq, char c)
{
	struct needle *run = &seq->run;

	if (run->word_after || run->len == NEEDLE_BYTES)
		end_run(seq);
	if (run->len == 0) {
		run->word_before = seq->boundary && is_word(c);
		seq->run_starts = seq->fresh;
	}
	seq->fresh = false;
	run->text[run->len++] = c;
	seq->boundary = false;
}

/* ---- quantifiers ---- */

struct quantifier {
	bool present;
	bool optional; /* zero times will do */
};

static const char *braces(const char *at, bool *optional)
{
	const char *digits = ++at;

	while (isdigit((unsigned char)*at))
		at++;
	if (at == digits)
		return NULL;
	*optional = strtol(digits, NULL, 10) == 0;
	if (*at == ',')
		for (at++; isdigit((unsigned char)*at); at++)
			;
	return *at == '}' ? at + 1 : NULL;
}

static void add_point(struct reader *in)
{
	if (in->points->count == PATTERN_POINTS_MAX)
		in->lost = true;
	else
		in->points->at[in->points->count++] = (size_t)(in->at - in->pattern);
}

static struct quantifier read_quantifier(struct reader *in)
{
	struct quantifier q = {0};
	const char *end = NULL;

	if (*in->at == '?' || *in->at == '*' || *in->at == '+') {
		q.optional = *in->at != '+';
		end = in->at + 1;
	} else if (*in->at == '{') {
		/* "{,3}" and "{ 1,3 }" are literals up to PCRE2 10.42 and quantifiers after. */
		in->lost |= in->at[1] == ',' || in->at[1] == ' ';
		end = braces(in->at, &q.optional);
	}
	if (!end)
		return (struct quantifier){0};
	q.present = true;
	in->at = end;
	if (*in->at == '?' || *in->at == '+')
		in->at++;
	/* "a{2}{3}" repeats the repetition: legal, and nothing that anybody writes. */
	bool ignored;
	in->lost |= strchr("?*+", *in->at) && *in->at;
	in->lost |= *in->at == '{' && braces(in->at, &ignored);
	add_point(in);
	return q;
}

/* One literal byte and its quantifier. */
static void literal(struct reader *in, struct sequence *seq, char c)
{
	struct quantifier q = read_quantifier(in);

	if (!q.optional)
		add_literal(seq, c);
	if (q.present)
		end_run(seq);
	seq->fresh = false;
}

/* Something that takes text but is no literal. */
static void unknown_text(struct reader *in, struct sequence *seq)
{
	end_run(seq);
	read_quantifier(in);
	seq->fresh = false;
}

/* ---- classes and escapes ---- */

static void skip_class(struct reader *in)
{
	in->at++;
	if (*in->at == '^')
		in->at++;
	if (*in->at == ']')
		in->at++;
	while (*in->at && *in->at != ']') {
		if (*in->at == '[' && strchr(":.=", in->at[1]) && in->at[1]) {
			char closing[3] = {in->at[1], ']', 0};
			const char *end = strstr(in->at + 2, closing);
			/* "[:" without ":]" is two ordinary characters; rare enough to give up on. */
			if (!end) {
				in->lost = true;
				return;
			}
			in->at = end + 2;
		} else if (*in->at == '\\') {
			in->lost |= in->at[1] == 'Q' || in->at[1] == 'E' || !in->at[1];
			in->at += in->at[1] ? 2 : 1;
		} else {
			in->at++;
		}
	}
	if (*in->at)
		in->at++;
	else
		in->lost = true;
}

static void hex_escape(struct reader *in, struct sequence *seq)
{
	char digits[3] = {0};

	for (int i = 0; i < 2 && isxdigit((unsigned char)*in->at); i++)
		digits[i] = *in->at++;
	if (*in->at == '{' || !digits[0])
		in->lost = true;
	else
		literal(in, seq, (char)strtol(digits, NULL, 16));
}

/* Repeating what takes no text is legal and means nothing that we would want to find out. */
static void zero_width(struct reader *in, struct sequence *seq)
{
	end_run(seq);
	in->lost |= read_quantifier(in).present;
}

static void word_boundary(struct reader *in, struct sequence *seq)
{
	in->lost |= read_quantifier(in).present;
	if (seq->run.len == 0) {
		seq->boundary = true;
	} else if (is_word(seq->run.text[seq->run.len - 1])) {
		seq->run.word_after = true;
	} else {
		end_run(seq);
	}
}

static void escape(struct reader *in, struct sequence *seq)
{
	static const char controls[][2] = {{'n', '\n'}, {'t', '\t'}, {'r', '\r'},
					   {'f', '\f'}, {'e', 27},   {'a', 7}};
	char c = in->at[1];

	in->at += c ? 2 : 1;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		if (c == controls[i][0]) {
			literal(in, seq, controls[i][1]);
			return;
		}
	}
	if (c == 'b')
		word_boundary(in, seq);
	else if (c == 'x')
		hex_escape(in, seq);
	else if (c && strchr("BAzZGK", c))
		zero_width(in, seq);
	else if (c && strchr("dDwWsShHvVNRX", c))
		unknown_text(in, seq);
	else if (c >= '1' && c <= '9' && !isdigit((unsigned char)*in->at))
		unknown_text(in, seq); /* a back reference */
	else if (c && ispunct((unsigned char)c))
		literal(in, seq, c);
	else
		in->lost = true; /* properties, \Q, octal and so on */
}

/* ---- groups ---- */

static void alternation(struct reader *in, bool boundary, struct known *out);

/* Steps behind "(?...": says whether it is a group that takes text. */
static bool group_opens(struct reader *in, bool *ahead)
{
	const char *at = in->at + 1;

	*ahead = false;
	if (*at == '*') {
		in->lost = true;
		return false;
	}
	if (*at != '?') {
		in->at = at;
		return true;
	}
	at++;
	if (*at == '<' && (at[1] == '=' || at[1] == '!')) {
		*ahead = true;
		in->at = at + 2;
	} else if (*at == '=' || *at == '!') {
		*ahead = true;
		in->at = at + 1;
	} else if (*at == '|' || *at == '>') {
		in->at = at + 1;
	} else if (*at == '<' || *at == '\'' || (*at == 'P' && at[1] == '<')) {
		at += *at == 'P';
		char closing = *at == '<' ? '>' : '\'';
		const char *end = strchr(at + 1, closing);
		in->lost |= !end;
		in->at = end ? end + 1 : at;
	} else {
		/* Flags. (?x) changes what the pattern's own text means: not ours to read. */
		for (; *at && strchr("imsnJU-^", *at); at++)
			in->caseless |= *at == 'i';
		in->lost |= *at != ')' && *at != ':';
		in->at = *at ? at + 1 : at;
		return *at == ':';
	}
	return true;
}

static void group(struct reader *in, struct sequence *seq)
{
	bool boundary = seq->boundary, look_around;
	struct known inner = {0};

	end_run(seq);
	if (!group_opens(in, &look_around))
		return;
	alternation(in, boundary && !look_around, &inner);
	if (*in->at == ')')
		in->at++;
	else
		in->lost = true;
	struct quantifier q = read_quantifier(in);
	if (!q.present)
		add_point(in);
	if (look_around)
		return;
	if (!q.optional) {
		needle_set_keep_better(&seq->best, &inner.best);
		if (seq->fresh)
			seq->start = inner.start;
	}
	seq->fresh = false;
}

/* Reads to the next | or ) of this level. */
static void branch(struct reader *in, bool boundary, struct known *out)
{
	struct sequence seq = {.boundary = boundary, .fresh = true};

	while (*in->at && *in->at != '|' && *in->at != ')' && !in->lost) {
		char c = *in->at;
		if (c == '\\') {
			escape(in, &seq);
		} else if (c == '[') {
			skip_class(in);
			unknown_text(in, &seq);
		} else if (c == '(') {
			group(in, &seq);
		} else if (c == '.') {
			in->at++;
			unknown_text(in, &seq);
		} else if (c == '^' || c == '$') {
			in->at++;
			zero_width(in, &seq);
		} else {
			in->at++;
			literal(in, &seq, c);
		}
	}
	end_run(&seq);
	out->best = seq.best;
	out->start = seq.start;
}

static void alternation(struct reader *in, bool boundary, struct known *out)
{
	bool best_known = true, start_known = true;

	out->best.count = out->start.count = 0;
	if (++in->depth > NESTING_MAX) {
		in->lost = true;
		return;
	}
	for (;;) {
		struct known one;
		branch(in, boundary, &one);
		if (in->lost)
			return;
		needle_set_unite(&out->best, &best_known, &one.best);
		needle_set_unite(&out->start, &start_known, &one.start);
		if (*in->at != '|')
			break;
		in->at++;
	}
	in->depth--;
}

bool pattern_read(const char *pattern, struct needles *out, struct pattern_points *points)
{
	struct reader in = {.pattern = pattern, .at = pattern, .points = points};
	struct known known;

	points->count = 0;
	alternation(&in, false, &known);
	/* A rarer needle elsewhere seldom pays for looking left and right of it. */
	bool start = needle_set_worth(&known.start) >= RARE_ENOUGH;
	*out = start ? known.start : known.best;
	out->at_start = start;
	bool understood = !in.lost && !*in.at;
	if (!understood)
		out->count = 0;
	for (size_t i = 0; i < out->count; i++)
		out->items[i].caseless = in.caseless;
	return understood;
}
