/* Where a Markdown text can be cut in two without changing how either part reads. */
#ifndef PARSERS_MARKDOWN_SECTION_H
#define PARSERS_MARKDOWN_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long a section must be before it is cut; tests make it small. */
extern size_t section_least;

/* Lines as CommonMark has them: ended by LF, CR or CR LF. Linear whatever the mixture. */
struct line_walk {
	const char *at, *end;
	const char *lf, *cr; /* the next of each at or after at; end when there is none */
};

void line_walk_init(struct line_walk *walk, const char *text, const char *end);

/* The line at walk->at, without its end; false at the end of the text. */
bool line_walk_next(struct line_walk *walk, const char **line, size_t *len);

/* Scans forward from one known cut; zero it, then set text, end and at. */
struct section_scan {
	struct line_walk walk;
	size_t lines; /* passed since the start */
	bool after_blank;
	char fence; /* of a fence that seems to be open, 0: none */
	size_t fence_length;
	size_t open; /* at most so many containers are open */
	uint64_t cost; /* of blank lines in them */
};

void section_scan_init(struct section_scan *scan, const char *text, const char *end);

/*
 * Goes on to the next line that starts a new section, at least `least` bytes after text, or to the
 * end. Behind a blank line, a line that opens with a letter, '#' or "**" at the margin continues
 * neither paragraph, list nor quote, so that only an HTML block or a fence can reach over it. The
 * scan avoids open fences; the caller must make sure that nothing else is open.
 */
const char *section_scan_next(struct section_scan *scan, const char *least);

#endif
