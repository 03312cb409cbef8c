/* Blocks as JSON, field by field. */
#include "engine/report/blocks_json.h"

static void write_block(struct json_writer *w, const struct block *block)
{
	json_object_begin(w, NULL);
	json_put_int(w, "index", (int64_t)block->index);
	json_put_string(w, "language", block->language ? block->language->name : NULL);
	json_put_string(w, "info", block->info);
	json_put_string(w, "path", block->path);
	json_put_string(w, "how", block_how_name(block->how));
	json_put_string(w, "role", block_role_name(block->role));
	json_put_bool(w, "used", block->used);
	json_put_string(w, "why_not", block->why_not);
	json_put_int(w, "line", (int64_t)block->line);
	json_put_bool(w, "closed", block->closed);
	json_put_bytes(w, "code", block->code, block->code_len);
	json_object_end(w);
}

void blocks_write_json(struct json_writer *w, const char *key, const struct blocks *blocks)
{
	json_array_begin(w, key);
	for (size_t i = 0; i < blocks->count; i++)
		write_block(w, &blocks->items[i]);
	json_array_end(w);
}
