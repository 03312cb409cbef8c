/* extract: the reply's text, or the files given instead of one, become blocks. */
#include "engine/pipeline/stage.h"
#include "parsers/blocks.h"
#include "parsers/markdown.h"
#include "runners/language.h"

bool job_has_lines(const struct job *job)
{
	return job->input.commands && job->input.commands[0];
}

/* From here on a file is what a block of a reply would be. */
static void take_files(struct job *job, const struct language *const *languages,
		       struct blocks *blocks)
{
	const struct job_input *input = &job->input;

	blocks->items = arena_array(&job->arena, input->file_count, sizeof(*blocks->items));
	blocks->count = input->file_count;
	for (size_t i = 0; i < input->file_count; i++) {
		const struct job_file *file = &input->files[i];
		blocks->items[i] = (struct block){
			.path = file->path && *file->path ? file->path : NULL,
			.tag = file->language,
			.code = arena_copy(&job->arena, file->data, file->len),
			.code_len = file->len,
		};
	}
	blocks_describe_files(blocks, languages, &job->arena);
}

static int find_blocks(struct job *job, struct blocks *blocks, struct error *err)
{
	const struct language *const *languages = language_all(&job->arena);

	if (job->input.text)
		return markdown_extract(job->input.text, job->input.len, languages, &job->arena,
					blocks, err);
	take_files(job, languages, blocks);
	return 0;
}

static void judge_no_code(struct job *job, const struct blocks *blocks)
{
	const char *what = job->input.text ? "code block" : "file";
	const char *why = blocks->count ? blocks->items[0].why_not : NULL;

	if (!blocks->count)
		job_judge(job, VERDICT_NO_CODE, "the text holds no fenced code block");
	else if (blocks->count == 1)
		job_judge(job, VERDICT_NO_CODE, "the only %s cannot be used%s%.200s", what,
			  why ? ": " : "", why ? why : "");
	else
		job_judge(job, VERDICT_NO_CODE, "none of the %zu %ss can be used%s%.200s",
			  blocks->count, what, why ? "; of the first: " : "", why ? why : "");
}

enum step stage_extract(struct job *job, struct error *err)
{
	struct blocks *blocks = &job->execution.blocks;
	const char *what = job->input.text ? "blocks" : "files";

	if (find_blocks(job, blocks, err) != 0) {
		if (err->code == ERROR_TOO_LARGE) {
			job_judge(job, VERDICT_REJECTED, "%s", err->text);
			*err = (struct error){0};
		}
		return STEP_FAIL;
	}

	size_t used = 0;
	for (size_t i = 0; i < blocks->count; i++)
		used += blocks->items[i].used;
	job->detail = arena_printf(&job->arena, "%zu of %zu %s used", used, blocks->count, what);
	if (used || job_has_lines(job))
		return STEP_DONE;
	judge_no_code(job, blocks);
	return STEP_FAIL;
}
