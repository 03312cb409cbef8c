/* Takes replies apart on a thread: the longest ones need a moment that the loop does not have. */
#include "engine/api/extract.h"

#include <stdlib.h>
#include <string.h>

#include "engine/api/instance.h"
#include "engine/base/memory.h"
#include "engine/report/blocks_json.h"
#include "parsers/markdown.h"
#include "runners/language.h"

struct extraction {
	uv_work_t work;
	struct call *call;
	const char *text;
	struct arena arena;
	struct blocks blocks;
	struct error err;
};

static void on_thread(uv_work_t *work)
{
	struct extraction *extraction = work->data;

	markdown_extract(extraction->text, strlen(extraction->text),
			 language_all(&extraction->arena), &extraction->arena, &extraction->blocks,
			 &extraction->err);
}

static void answer(struct extraction *extraction)
{
	struct json_writer *w = call_object(extraction->call);

	blocks_write_json(w, "blocks", &extraction->blocks);
	json_put_null(w, "execution");
	call_object_end(extraction->call, 200);
}

static void on_extracted(uv_work_t *work, int status)
{
	struct extraction *extraction = work->data;

	(void)status;
	if (error_is_set(&extraction->err))
		call_fail(extraction->call, &extraction->err);
	else
		answer(extraction);
	arena_done(&extraction->arena);
	free(extraction);
}

void extract_answer(struct call *call, const char *text)
{
	struct extraction *extraction = memory_zeroed(sizeof(*extraction));

	extraction->call = call;
	extraction->text = text;
	extraction->work.data = extraction;
	arena_init(&extraction->arena);
	uv_queue_work(call->api->loop, &extraction->work, on_thread, on_extracted);
}
