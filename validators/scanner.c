/* A dense Aho-Corasick automaton over folded byte classes: one table look-up for each byte. */
#include "validators/scanner.h"

#include <stdbool.h>
#include <string.h>

struct output {
	uint32_t id;
	uint32_t next; /* the rest of the list, 0: no more; outputs[0] is not used */
	struct needle needle;
};

/*
 * A state is its row's offset in next. Class 0 is every byte that no needle holds: it leads back
 * to the root, so the automaton never looks at a byte twice.
 */
struct scanner {
	uint32_t *next;
	uint32_t *first_output; /* for each state number */
	struct output *outputs;
	uint32_t classes;
	uint32_t quiet; /* rows below it have no output: the loop compares once a byte */
	unsigned char class_of[256];
	bool word[256];
};

struct builder {
	struct arena scratch;
	struct arena *arena;
	uint32_t classes;
	uint32_t states;
	uint32_t *trie; /* states * classes, 0: no edge */
	uint32_t *fail;
	uint32_t *output; /* head of each state's list */
	uint32_t *order; /* breadth first */
};

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void classify(struct scanner *scanner, const struct scanner_needle *needles, size_t count)
{
	scanner->classes = 1;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < needles[i].needle->len; k++) {
			unsigned char c = fold(needles[i].needle->text[k]);
			if (!scanner->class_of[c])
				scanner->class_of[c] = (unsigned char)scanner->classes++;
		}
	}
	for (int c = 'a'; c <= 'z'; c++)
		scanner->class_of[c - 'a' + 'A'] = scanner->class_of[c];
	for (int c = 0; c < 256; c++)
		scanner->word[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
				   (c >= 'A' && c <= 'Z') || c == '_';
}

static void add_needle(struct builder *b, const struct scanner *scanner,
		       const struct scanner_needle *entry, uint32_t slot)
{
	const struct needle *needle = entry->needle;
	uint32_t state = 0;

	for (size_t i = 0; i < needle->len; i++) {
		unsigned char class = scanner->class_of[fold(needle->text[i])];
		uint32_t *edge = &b->trie[state * b->classes + class];
		if (!*edge)
			*edge = b->states++;
		state = *edge;
	}
	scanner->outputs[slot] = (struct output){
		.id = entry->id,
		.next = b->output[state],
		.needle = *needle,
	};
	b->output[state] = slot;
}

/* Fills the missing edges with where the longest proper suffix would go. */
static void link_states(struct builder *b, struct scanner *scanner)
{
	uint32_t head = 0, tail = 1; /* order[0] is the root */

	while (head < tail) {
		uint32_t state = b->order[head++];
		uint32_t *row = &b->trie[state * b->classes];
		const uint32_t *suffix = &b->trie[b->fail[state] * b->classes];
		for (uint32_t class = 1; class < b->classes; class ++) {
			uint32_t child = row[class];
			if (!child) {
				row[class] = state ? suffix[class] : 0;
				continue;
			}
			b->fail[child] = state ? suffix[class] : 0;
			/* Its suffix's needles end here too; that list is complete already. */
			uint32_t *end = &b->output[child];
			while (*end)
				end = &scanner->outputs[*end].next;
			*end = b->output[b->fail[child]];
			b->order[tail++] = child;
		}
	}
}

/* Renumbers the states so that those with output come last, and pre-multiplies the rows. */
static void lay_out(struct builder *b, struct scanner *scanner)
{
	uint32_t *number = arena_array(&b->scratch, b->states, sizeof(*number));
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->states; i++)
		if (!b->output[b->order[i]])
			number[b->order[i]] = count++;
	scanner->quiet = count * b->classes;
	for (uint32_t i = 0; i < b->states; i++)
		if (b->output[b->order[i]])
			number[b->order[i]] = count++;
	scanner->next = arena_array(b->arena, (size_t)b->states * b->classes, sizeof(uint32_t));
	scanner->first_output = arena_array(b->arena, b->states, sizeof(uint32_t));
	for (uint32_t state = 0; state < b->states; state++) {
		uint32_t *row = &scanner->next[number[state] * b->classes];
		scanner->first_output[number[state]] = b->output[state];
		for (uint32_t class = 0; class < b->classes; class ++)
			row[class] = number[b->trie[state * b->classes + class]] * b->classes;
	}
}

struct scanner *scanner_new(struct arena *arena, const struct scanner_needle *needles, size_t count)
{
	struct scanner *scanner = arena_alloc(arena, sizeof(*scanner));
	struct builder b = {.arena = arena, .states = 1};
	size_t most = 1;

	classify(scanner, needles, count);
	for (size_t i = 0; i < count; i++)
		most += needles[i].needle->len;
	arena_init(&b.scratch);
	b.classes = scanner->classes;
	b.trie = arena_array(&b.scratch, most * b.classes, sizeof(uint32_t));
	b.fail = arena_array(&b.scratch, most, sizeof(uint32_t));
	b.output = arena_array(&b.scratch, most, sizeof(uint32_t));
	b.order = arena_array(&b.scratch, most, sizeof(uint32_t));
	scanner->outputs = arena_array(arena, count + 1, sizeof(*scanner->outputs));
	for (size_t i = 0; i < count; i++)
		add_needle(&b, scanner, &needles[i], (uint32_t)i + 1);
	link_states(&b, scanner);
	lay_out(&b, scanner);
	arena_done(&b.scratch);
	return scanner;
}

/* The automaton folds case and knows nothing of what stands around; most hits end here. */
static bool holds(const struct scanner *scanner, const struct needle *needle, const char *text,
		  size_t len, size_t start)
{
	size_t end = start + needle->len;

	if (!needle->caseless && memcmp(text + start, needle->text, needle->len) != 0)
		return false;
	if (needle->word_before && start > 0 && scanner->word[(unsigned char)text[start - 1]])
		return false;
	return !needle->word_after || end == len || !scanner->word[(unsigned char)text[end]];
}

static void report(const struct scanner *scanner, uint32_t state, const char *text, size_t len,
		   size_t end, scanner_hit_fn hit, void *data)
{
	uint32_t i = scanner->first_output[state / scanner->classes];

	for (; i; i = scanner->outputs[i].next) {
		const struct output *output = &scanner->outputs[i];
		size_t start = end - output->needle.len;
		if (holds(scanner, &output->needle, text, len, start))
			hit(data, output->id, start);
	}
}

void scanner_run(const struct scanner *scanner, const char *text, size_t len, scanner_hit_fn hit,
		 void *data)
{
	const uint32_t *next = scanner->next;
	uint32_t state = 0;

	for (size_t i = 0; i < len; i++) {
		state = next[state + scanner->class_of[(unsigned char)text[i]]];
		if (__builtin_expect(state >= scanner->quiet, 0))
			report(scanner, state, text, len, i + 1, hit, data);
	}
}
