/* Which packages does a source text import? Scanners for text as people write it, not compilers. */
#ifndef RUNNERS_IMPORTS_H
#define RUNNERS_IMPORTS_H

#include <stdbool.h>

#include "runners/words.h"

/* Adds the dotted names of modules that text imports ("os.path", "PIL"), relative ones left out. */
void imports_python(const char *text, struct words *out);

/* The package on the index for a dotted module name, or NULL: it is in the standard library. */
const char *package_python(struct arena *arena, const char *module);

/* Adds the specifiers of text's import, export, require and jest.mock: "./a", "express/lib/x". */
void imports_javascript(const char *text, struct words *out);

/* The package that a specifier is in, or NULL: a file of the project, or part of node. */
const char *package_javascript(struct arena *arena, const char *specifier);

/* Adds the import paths of a Go file. */
void imports_go(const char *text, struct words *out);

/* Whether an import path is in Go's standard library: its first element has no dot. */
bool standard_go(const char *path);

#endif
