/*
 * A unified diff while it is being read: its hunks (edit_diff.c) and its files
 * (edit_diff_file.c).
 */
#ifndef PARSERS_EDIT_DIFF_H
#define PARSERS_EDIT_DIFF_H

#include "parsers/edit_draft.h"

struct diff {
	struct edit_draft *draft;
	bool crlf; /* the diff's own lines end so */
	bool headless; /* no line names a file or starts a hunk: one hunk of the block's file */
	bool open; /* a file is under way */
	bool in_hunk;
	size_t blanks; /* empty lines: context that lost its space, or no part of the hunk */
	bool counted;
	size_t old_left, new_left; /* of the hunk's counts */
	/* what is known of the file under way */
	const char *before, *after; /* from ---, +++; /dev/null as it is */
	const char *git_before, *git_after; /* from diff --git */
	const char *from, *to; /* from rename */
	bool made, removed;
};

/* Whether the line under way has this prefix, in its own case. */
static inline bool diff_starts(struct span line, const char *prefix)
{
	return line.len >= strlen(prefix) && memcmp(line.text, prefix, strlen(prefix)) == 0;
}

/* "line N of the block <what>". Returns -1. */
int diff_malformed(const struct diff *diff, const char *what, struct error *err);

/* Starts a file at the line under way. */
void diff_file_begin(struct diff *diff);

/* The file under way, if there is one, becomes an edit. No hunk may be under way. */
int diff_file_end(struct diff *diff, struct error *err);

/*
 * Whether the line under way starts a file or says more about one: even in a hunk, where that is
 * certain.
 */
bool diff_is_file_header(const struct diff *diff);

/*
 * Reads it; other lines outside hunks (index, similarity, prose) say nothing. No hunk may be
 * under way.
 */
int diff_file_header(struct diff *diff, struct error *err);

#endif
