/* What a block is for, and so whether it is used. */
#ifndef PARSERS_BLOCK_ROLE_H
#define PARSERS_BLOCK_ROLE_H

#include "parsers/block_path.h"
#include "parsers/block_test.h"
#include "parsers/fence.h"

/* What is known about a block while its role is being found. */
struct draft {
	const struct fence *fence;
	struct block *block;
	struct span tag;
	bool part; /* quotes lines of an existing file */
	bool only_a_name; /* its text is the name of the next block's file */
	bool simple_shell; /* plain shell commands, with no sign that they are a program */
};

struct role_context {
	const struct language *const *languages;
	struct test_patterns *tests;
	struct arena *arena;
};

/* Sets role, used and why_not from the block alone. */
void block_role(const struct role_context *context, struct draft *draft);

/* The same for a file that was given outright. */
void block_role_of_file(const struct role_context *context, struct block *block);

/*
 * Shell blocks of plain commands are the program only where no other code is; beside code they say
 * how to install or run it.
 */
void block_roles_of_shell(struct draft *drafts, size_t count);

/* A unified diff, or SEARCH/REPLACE. */
bool block_is_edit(const struct draft *draft);

/* Whether the name may be that of a block with this tag and code: "app.py" above a ```bash is not. */
bool block_path_fits(const struct role_context *context, struct span tag, struct span code,
		     struct span path);

void block_ignore(struct block *block, enum block_role role, const char *why_not);

#endif
