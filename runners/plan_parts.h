/* What the planners of all languages are written with: adding to a plan, and reading a request. */
#ifndef RUNNERS_PLAN_PARTS_H
#define RUNNERS_PLAN_PARTS_H

#include "runners/language.h"
#include "runners/words.h"

/* ---- adding to a plan; strings are borrowed unless formatted ---- */

void plan_note(struct arena *arena, struct plan *plan, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A scaffold file around the reply's. */
void plan_place(struct arena *arena, struct plan *plan, const char *path, const char *data);

/* A zeroed command at the end; valid until the next one is added. */
struct command *plan_command(struct arena *arena, struct plan *plan, enum command_kind kind);

/* The same for an install step. */
struct command *plan_install(struct arena *arena, struct plan *plan);

void plan_manifest(struct arena *arena, struct plan *plan, const char *path, const char *data,
		   size_t len);

/* Adds path's text from the tree as a manifest, when there is one. */
bool plan_manifest_from(const struct plan_request *request, struct plan *plan, const char *path);

/*
 * Sets dependencies.key: everything that decides what an install leaves behind. Must come last.
 */
void plan_seal(struct plan *plan, const struct environment *environment, struct arena *arena);

/* ---- reading a request ---- */

/* By the last component; NULL is an empty list. */
bool path_matches(const char *path, const char *const *globs);
bool path_has_extension(const char *path, const char *const *extensions);
const char *path_name(const char *path); /* the last component */

/* Files of the tree with one of these extensions. */
void plan_sources(const struct plan_request *request, const char *const *extensions,
		  struct words *out);

/*
 * Test files: those whose name matches language->tests, and the reply's files of the language that
 * are not among request->program.
 */
void plan_tests(const struct plan_request *request, const struct language *language,
		struct words *out);

/*
 * The file that a plain run starts: one of the names (NULL-terminated, best first) among
 * request->program, else one whose text holds marker (may be NULL), else the last. NULL: there is
 * none.
 */
const char *plan_program(const struct plan_request *request, const char *const *names,
			 const char *marker);

/* The text of a file, "" when it cannot be read. */
const char *plan_text(const struct plan_request *request, const char *path);

/* Whether word stands in text with no letter, digit or underscore around it. */
bool text_has_word(const char *text, const char *word);

#endif
