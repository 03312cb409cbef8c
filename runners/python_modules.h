/* What is known by name about Python's modules. */
#ifndef RUNNERS_PYTHON_MODULES_H
#define RUNNERS_PYTHON_MODULES_H

#include <stdbool.h>

bool python_is_standard(const char *module); /* a top-level name */

/* A name like "utils" that people give their own files: never fetched from an index. */
bool python_is_placeholder(const char *module);

/* The package for a module that is named otherwise ("PIL" -> "Pillow"), else NULL. */
const char *python_package(const char *module);

#endif
