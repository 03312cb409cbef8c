/* A cautious reader of PCRE2 patterns that keeps only the literals a match must hold. */
#include "validators/needles.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 32 };

/*
 * A sequence is read left to right. Literals gather in run; whatever is not a literal ends the run,
 * which is then a candidate. Of all candidates of a sequence the rarest-looking wins; the branches
 * of an alternation are put together, for a match holds one of them.
 */
struct reader {
	const char *at;
	int depth;
	bool lost; /* something not understood: the answer is "nothing known" */
};

struct sequence {
	struct needles best;
	struct needle run;
	bool boundary; /* \b stands right before */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A guess at how seldom the needle occurs in source text; higher is rarer. */
static int rarity(const struct needle *needle)
{
	int sum = needle->word_before + needle->word_after;

	for (size_t i = 0; i < needle->len; i++)
		sum += strchr("etaoinsr ()=.,\"'", needle->text[i]) ? 2 : 3;
	return sum;
}

static int worth(const struct needles *set)
{
	int least = set->count ? rarity(&set->items[0]) : 0;

	for (size_t i = 1; i < set->count; i++)
		if (rarity(&set->items[i]) < least)
			least = rarity(&set->items[i]);
	return least;
}

static void keep_better(struct needles *best, const struct needles *candidate)
{
	if (worth(candidate) > worth(best))
		*best = *candidate;
}

static void end_run(struct sequence *seq)
{
	if (seq->run.len) {
		struct needles one = {.items = {seq->run}, .count = 1};
		keep_better(&seq->best, &one);
	}
	seq->run = (struct needle){0};
	seq->boundary = false;
}

static void add_literal(struct sequence *seq, char c)
{
	struct needle *run = &seq->run;

	if (run->word_after || run->len == NEEDLE_BYTES)
		end_run(seq);
	if (run->len == 0)
		run->word_before = seq->boundary && is_word(c);
	run->text[run->len++] = (char)tolower((unsigned char)c);
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
}

/* Something that takes text but is no literal. */
static void unknown_text(struct reader *in, struct sequence *seq)
{
	end_run(seq);
	read_quantifier(in);
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

static void alternation(struct reader *in, bool boundary, struct needles *out);

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
		while (*at && strchr("imsnJU-^", *at))
			at++;
		in->lost |= *at != ')' && *at != ':';
		in->at = *at ? at + 1 : at;
		return *at == ':';
	}
	return true;
}

static void group(struct reader *in, struct sequence *seq)
{
	bool boundary = seq->boundary, look_around;
	struct needles inner = {0};

	end_run(seq);
	if (!group_opens(in, &look_around))
		return;
	alternation(in, boundary && !look_around, &inner);
	if (*in->at == ')')
		in->at++;
	else
		in->lost = true;
	struct quantifier q = read_quantifier(in);
	if (!look_around && !q.optional)
		keep_better(&seq->best, &inner);
}

/* Reads to the next | or ) of this level. */
static void branch(struct reader *in, bool boundary, struct needles *out)
{
	struct sequence seq = {.boundary = boundary};

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
	*out = seq.best;
}

static void alternation(struct reader *in, bool boundary, struct needles *out)
{
	bool known = true;

	out->count = 0;
	if (++in->depth > NESTING_MAX) {
		in->lost = true;
		return;
	}
	for (;;) {
		struct needles one;
		branch(in, boundary, &one);
		if (in->lost)
			break;
		known = known && one.count && out->count + one.count <= NEEDLES_MAX;
		for (size_t i = 0; known && i < one.count; i++)
			out->items[out->count++] = one.items[i];
		if (*in->at != '|')
			break;
		in->at++;
	}
	if (!known)
		out->count = 0;
	in->depth--;
}

void needles_derive(const char *pattern, struct needles *out)
{
	struct reader in = {.at = pattern};

	alternation(&in, false, out);
	if (in.lost || *in.at)
		out->count = 0;
}
