/* One option's text -> its place in the settings. */
#ifndef COMMANDS_OPTION_VALUE_H
#define COMMANDS_OPTION_VALUE_H

#include "engine/commands/options.h"

/* ERROR_USAGE with one sentence that names the option, the text and what it should look like. */
int option_store(const struct option_spec *spec, const char *text, void *settings,
		 struct error *err);

#endif
