#include <stdio.h>

#include "cli/cli.h"

int laz_cli_fail(const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return LAZ_EXIT_ERROR;
}

int laz_cli_usage_error(const char *command, const char *where, const char *why)
{
    struct laz_error err;
    char remedy[64];

    snprintf(remedy, sizeof remedy, "see 'lazaret %s --help'", command);
    laz_ignore(laz_fail(&err, LAZ_INVALID, command, where, why, remedy)); /* only to be printed */
    return laz_cli_fail(&err);
}
