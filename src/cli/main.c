/* lazaret - the command. Scanning is all that it does itself: it is started once for each file that
 * somebody saves or sends, and most of such a start would be the libraries of other subcommands.
 * All else is done by lazaret-tools, which stands beside it and takes the same arguments. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "sys/fd.h"

#define TOOLS "/lazaret-tools"

static int run_tools(char **argv)
{
    char path[640];
    struct laz_error err;

    if (laz_program_dir(path, sizeof path - sizeof TOOLS, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    snprintf(path + strlen(path), sizeof TOOLS, TOOLS);
    execv(path, argv);
    laz_ignore(laz_fail_errno(&err, "process", path, "reinstall, or build the whole project"));
    return laz_cli_fail(&err);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "scan") != 0)
        return run_tools(argv);
    /* A reader that went away is an error of write(), not a silent death. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return LAZ_EXIT_ERROR;
    return laz_cli_scan(argc - 1, argv + 1);
}
