/* What the searching tools have in common: which files, how many answers, and what was left out. */
#ifndef TOOLS_TOOL_SEARCH_H
#define TOOLS_TOOL_SEARCH_H

#include "engine/tools/tool_glob.h"
#include "engine/tools/tool_walk.h"
#include "engine/tools/tools.h"

/* For the properties of a search's schema. */
#define SEARCH_PROPERTIES                                                                          \
	"\"path\":{" TOOL_STRING ",\"description\":\"The folder to search; the workspace when "    \
	"absent\"},"                                                                               \
	"\"include_pattern\":{" TOOL_STRING ",\"description\":\"Only files that match, like "      \
	"*.py or src/**/*.ts\"},"                                                                  \
	"\"exclude_pattern\":{" TOOL_STRING ",\"description\":\"No files that match\"},"           \
	"\"include_ignored\":{\"type\":\"boolean\",\"description\":\"Search .git, node_modules, "  \
	".venv and __pycache__ as well\"}"

enum { SEARCH_FILE_MAX = 4 << 20, SEARCH_ANSWER_MAX = 1 << 20 };

struct search {
	struct tool_call *call;
	struct walk walk; /* visit and ctx are the tool's */
	struct glob include, exclude; /* of no patterns: none was given */
	size_t max, found; /* answers */
	struct buf text; /* of the file at hand */
	size_t files, binary, large, unreadable;
};

int search_init(struct search *search, struct tool_call *call, size_t max, struct error *err);
int search_run(struct search *search, struct error *err);

/* A file of the kind that was asked for. */
bool search_wants(const struct search *search, const struct walk_entry *entry);

/* Reads it into search->text; false: it was counted among what was left out. */
bool search_reads(struct search *search, const struct walk_entry *entry);

/* Whether there is room for one more answer; if not, the answer will say so. */
bool search_has_room(struct search *search);

/* files_searched, skipped, truncated and why, as members of the answer. */
void search_tell(const struct search *search);
void search_done(struct search *search);

#endif
