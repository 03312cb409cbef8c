/* Tells code, strings and comments apart, for any language that describes itself (struct syntax). */
#ifndef VALIDATORS_SYNTAX_H
#define VALIDATORS_SYNTAX_H

#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/model.h"

enum text_class { TEXT_CODE, TEXT_STRING, TEXT_COMMENT };

/* The class of every byte of a text, two bits each: a quarter of the text at most, whatever it is. */
struct syntax_map {
	unsigned char *bits;
	size_t len;
};

/*
 * Reads text once, in linear time. Quotes and comment marks belong to what they enclose; the code
 * in a hole of a string is code. syntax NULL: all is code. The map lives in the arena.
 */
void syntax_map_build(struct syntax_map *map, const struct syntax *syntax, const char *text,
		      size_t len, struct arena *arena);

enum text_class syntax_class_at(const struct syntax_map *map, size_t offset);

/* Where the class of offset ends, at most limit. */
size_t syntax_class_end(const struct syntax_map *map, size_t offset, size_t limit);

#endif
