/* kept.h - the arguments that `lazaret quarantine` and `lazaret vault` share: both keep files and
 * give them back. */
#ifndef LAZ_CLI_KEPT_H
#define LAZ_CLI_KEPT_H

#include <stdbool.h>
#include <stdio.h>

#define LAZ_KEPT_DATA_DEFAULT "/var/lib/lazaret"

struct laz_kept_arguments {
    const char *verb, *data, *to;
    bool json, replace;
    char **ids;
    int id_count;
};

/* LAZ_EXIT_OK, LAZ_EXIT_ERROR (told), or -1 to go on. command is argv[0]'s name for people. */
int laz_kept_parse(const char *command, void (*print_usage)(FILE *out), int argc, char **argv,
                   struct laz_kept_arguments *out);

#endif
