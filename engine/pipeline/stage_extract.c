/* extract: the reply's text becomes blocks. */
#include "engine/pipeline/stage.h"
#include "parsers/markdown.h"
#include "runners/language.h"

enum step stage_extract(struct job *job, struct error *err)
{
	struct blocks *blocks = &job->execution.blocks;

	if (markdown_extract(job->text, job->len, language_all(&job->arena), &job->arena, blocks,
			     err) != 0) {
		if (err->code == ERROR_TOO_LARGE) {
			job_judge(job, VERDICT_REJECTED, "%s", err->text);
			*err = (struct error){0};
		}
		return STEP_FAIL;
	}

	size_t used = 0;
	for (size_t i = 0; i < blocks->count; i++)
		used += blocks->items[i].used;
	job->detail = arena_printf(&job->arena, "%zu of %zu blocks used", used, blocks->count);
	if (used)
		return STEP_DONE;
	if (blocks->count)
		job_judge(job, VERDICT_NO_CODE, "none of the %zu code blocks can be run",
			  blocks->count);
	else
		job_judge(job, VERDICT_NO_CODE, "the text holds no fenced code block");
	return STEP_FAIL;
}
