/* The sub-commands that main.c knows, each defined in cmd_<name>.c. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "engine/commands/options.h"

/* Exit statuses beside those of verdicts (verdict_exit_status). */
enum { EXIT_OK = 0, EXIT_RED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3, EXIT_CANNOT = 4 };

extern const struct subcommand cmd_run;
extern const struct subcommand cmd_extract;
extern const struct subcommand cmd_check;
extern const struct subcommand cmd_report;
extern const struct subcommand cmd_serve;
extern const struct subcommand cmd_doctor;
extern const struct subcommand cmd_version;

#endif
