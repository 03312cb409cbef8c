/*
 * The digest for the coder. One line of verdict, then causes in the order in which they hit: rules,
 * install, build and other commands, tests; last what changed since the attempt before.
 */
#include "engine/pipeline/feedback.h"

#include <string.h>

#include "engine/base/utf8.h"
#include "engine/pipeline/delta.h"
#include "engine/pipeline/feedback_parts.h"

enum { NAMES_SHOWN = 3 };

/* ---- the first line ---- */

static void put_headline(struct feedback *f)
{
	const struct execution *execution = f->execution;
	const char *reason = execution->reason ? execution->reason : execution->error;
	struct buf line;
	buf_init(&line, 0);
	buf_puts(&line,
		 execution->verdict == VERDICT_NONE ? "checked" : verdict_name(execution->verdict));
	if (execution->phase && execution->verdict != VERDICT_PASSED)
		buf_printf(&line, " in %s", execution->phase);
	if (reason) {
		buf_puts(&line, ": ");
		feedback_line(&line, feedback_clean(f->arena, reason, strlen(reason)), 512);
	}
	buf_putc(&line, '\n');
	buf_append(&f->out, line.data, utf8_cut(line.data, line.len, f->limit));
	buf_done(&line);
}

/* ---- findings ---- */

static bool add_finding(struct feedback *f, const struct finding *finding)
{
	struct buf entry;
	buf_init(&entry, 0);
	buf_printf(&entry, "%s %s",
		   finding->action == ACTION_BLOCK ? "BLOCKED by rule" : "WARNING:", finding->rule);
	if (finding->path)
		buf_printf(&entry, " at %s", finding->path);
	else if (finding->block >= 0)
		buf_printf(&entry, " in block %td", finding->block);
	if (finding->line)
		buf_printf(&entry, ":%zu", finding->line);
	buf_putc(&entry, '\n');
	const char *excerpt = finding->excerpt;
	const char *texts[] = {finding->message, excerpt ? excerpt + strspn(excerpt, " \t") : NULL,
			       finding->remedy};
	static const char *const indents[] = {"  ", "    ", "  instead: "};
	for (size_t i = 0; i < 3; i++)
		if (texts[i])
			feedback_quote(&entry, indents[i],
				       feedback_clean(f->arena, texts[i], strlen(texts[i])), 1);
	bool added = feedback_add(f, entry.data);
	buf_done(&entry);
	return added;
}

static void add_findings(struct feedback *f, enum finding_action action, const char *what)
{
	const struct findings *findings = &f->execution->findings;
	bool full = false;
	size_t left = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].action != action)
			continue;
		full = full || !add_finding(f, &findings->items[i]);
		left += full;
	}
	feedback_more(f, left, what);
}

/* ---- short sentences ---- */

static bool add_sentence(struct feedback *f, const char *before, const char *text)
{
	struct buf line;
	buf_init(&line, 0);
	buf_puts(&line, before);
	feedback_line(&line, feedback_clean(f->arena, text, strnlen(text, FEEDBACK_QUOTED)), 400);
	buf_putc(&line, '\n');
	bool added = feedback_add(f, line.data);
	buf_done(&line);
	return added;
}

/* Why a reply with blocks has no code: what was written is not what was meant. */
static void add_ignored(struct feedback *f)
{
	const struct blocks *blocks = &f->execution->blocks;
	size_t i = 0, left = 0;
	for (bool full = false; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		if (block->used || !block->why_not)
			continue;
		const char *before = arena_printf(f->arena,
						  "ignored the block at line %zu: ", block->line);
		full = full || !add_sentence(f, before, block->why_not);
		left += full;
	}
	feedback_more(f, left, "ignored block");
}

static void add_skipped(struct feedback *f)
{
	const struct results *results = &f->execution->results;
	size_t left = 0;
	bool full = false;
	for (size_t i = 0; i < results->count; i++) {
		const struct test *test = &results->tests[i];
		if (test->status != TEST_SKIPPED)
			continue;
		const char *why = test->message && *test->message ? test->message : "no reason";
		full = full || !add_sentence(f, "SKIPPED ",
					     arena_printf(f->arena, "%s: %s",
							  delta_test_label(f->arena, test), why));
		left += full;
	}
	feedback_more(f, left, "skipped test");
}

/* Where nothing ran there is no failure to learn from: what to write instead. */
static void add_advice(struct feedback *f)
{
	if (f->execution->verdict == VERDICT_NO_CODE) {
		add_ignored(f);
		add_sentence(f, "",
			     "instead: give each file a fenced code block of its own that names "
			     "language and path, such as ```python title=\"src/app.py\"");
	}
	if (f->execution->verdict == VERDICT_NO_TESTS) {
		add_skipped(f);
		add_sentence(f, "instead: ",
			     f->execution->results.count
				     ? "add a test that is not skipped here"
				     : "add tests under names that this runner looks for");
	}
}

static void add_problems(struct feedback *f)
{
	const struct results *results = &f->execution->results;
	size_t i = 0;
	while (i < results->problem_count &&
	       add_sentence(f, "doubt about the results: ", results->problems[i]))
		i++;
	feedback_more(f, results->problem_count - i, "doubt");
}

/* ---- the closing lines ---- */

static size_t count_names(const char *const *list)
{
	size_t count = 0;
	while (list && list[count])
		count++;
	return count;
}

static void put_change(struct feedback *f, const char *what, const char *const *list,
		       struct buf *out)
{
	size_t count = count_names(list);
	buf_printf(out, "%s: %zu", what, count);
	for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
		buf_puts(out, i == 0 ? " (" : ", ");
		feedback_line(out, feedback_clean(f->arena, list[i], strlen(list[i])), 80);
	}
	if (count > 0)
		buf_puts(out, count > NAMES_SHOWN ? ", ...)" : ")");
}

static void put_delta(struct feedback *f, struct buf *out)
{
	const struct delta *delta = &f->execution->delta;
	if (!delta->against || !f->execution->results.runner)
		return; /* what did not run tells nothing of a change */
	buf_puts(out, "since the last attempt: ");
	put_change(f, "fixed", delta->fixed, out);
	buf_puts(out, ", ");
	put_change(f, "newly failing", delta->newly_failing, out);
	buf_printf(out, ", still failing: %zu", count_names(delta->still_failing));
	const struct {
		const char *what;
		const char *const *list;
	} losses[] = {{"vanished", delta->vanished}, {"newly skipped", delta->newly_skipped}};
	for (size_t i = 0; i < 2; i++) {
		if (count_names(losses[i].list) == 0)
			continue;
		buf_puts(out, ", ");
		put_change(f, losses[i].what, losses[i].list, out);
	}
	buf_putc(out, '\n');
}

static void put_closing(struct feedback *f, struct buf *out)
{
	put_delta(f, out);
	if (f->execution->outcome == WORKSPACE_ROLLED_BACK && f->execution->changes.count > 0)
		buf_printf(out,
			   "the workspace is as it was before: %zu file%s of this attempt "
			   "%s not in it\n",
			   f->execution->changes.count, f->execution->changes.count == 1 ? "" : "s",
			   f->execution->changes.count == 1 ? "is" : "are");
}

static void add_body(struct feedback *f)
{
	const struct execution *execution = f->execution;
	add_findings(f, ACTION_BLOCK, "blocking finding");
	if (execution->verdict == VERDICT_ERROR && execution->error && execution->reason &&
	    strcmp(execution->error, execution->reason) != 0)
		add_sentence(f, "not the code's fault: ", execution->error);
	if (execution->refused && execution->verdict != VERDICT_PASSED)
		add_sentence(f, "the install's network: ", execution->refused);
	if (execution->verdict != VERDICT_PASSED && execution->verdict != VERDICT_NONE)
		feedback_outputs(f);
	feedback_tests(f);
	add_advice(f);
	add_problems(f);
	add_findings(f, ACTION_WARN, "warning");
}

const char *feedback_make(struct arena *arena, const struct execution *execution, size_t max_bytes)
{
	size_t max = max_bytes ? max_bytes : FEEDBACK_BYTES;
	struct feedback f = {.arena = arena, .execution = execution, .limit = max};
	struct buf closing;
	buf_init(&f.out, max);
	buf_init(&closing, 0);
	put_closing(&f, &closing);
	put_headline(&f);
	f.limit = closing.len < max ? max - closing.len : 0;
	add_body(&f);
	f.limit = max;
	feedback_add(&f, closing.data);
	for (size_t i = 0; execution->notes && execution->notes[i]; i++)
		add_sentence(&f, "note: ", execution->notes[i]);
	const char *text = arena_copy(arena, f.out.data, f.out.len);
	buf_done(&closing);
	buf_done(&f.out);
	return text;
}
