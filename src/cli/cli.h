/* cli.h - the subcommands of `lazaret`: each is one file, gets its own name as argv[0], and returns
 * the exit status. Statuses: 0 done, 2 an error that was told on standard error; `scan` has more.
 */
#ifndef LAZ_CLI_CLI_H
#define LAZ_CLI_CLI_H

#include "base/status.h"

#define LAZ_EXIT_OK    0
#define LAZ_EXIT_ERROR 2

int laz_cli_agent(int argc, char **argv);
int laz_cli_console(int argc, char **argv);
int laz_cli_content(int argc, char **argv);
int laz_cli_db(int argc, char **argv);
int laz_cli_demo(int argc, char **argv);
int laz_cli_quarantine(int argc, char **argv);
int laz_cli_scan(int argc, char **argv);
int laz_cli_up(int argc, char **argv);
int laz_cli_vault(int argc, char **argv);
int laz_cli_yara(int argc, char **argv);

/* Prints err on standard error in the form that scripts know, and returns LAZ_EXIT_ERROR. */
int laz_cli_fail(const struct laz_error *err);
/* As laz_cli_fail, for a mistake in the arguments of command. */
int laz_cli_usage_error(const char *command, const char *where, const char *why);

#endif
