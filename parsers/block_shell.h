/* Shell blocks: something to run, or lines for a person to type. */
#ifndef PARSERS_BLOCK_SHELL_H
#define PARSERS_BLOCK_SHELL_H

#include "parsers/span.h"

/* Tags of blocks that are typed at a prompt: bash, sh, console, powershell. */
bool block_shell_is_tag(struct span tag);

enum shell_kind {
	SHELL_SCRIPT, /* has a shebang, functions, loops or conditions */
	SHELL_TYPED, /* prompts, or only installs, runs and the like */
	SHELL_SIMPLE, /* plain commands: a script if it is all there is, else to be typed */
	SHELL_SESSION, /* prompts with output between: a transcript */
};

enum shell_kind block_shell_kind(struct span code);

#endif
