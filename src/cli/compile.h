/* compile.h - has lazaret-compile make a database of a bundle of sources (rules/bundle.h). */
#ifndef LAZ_CLI_COMPILE_H
#define LAZ_CLI_COMPILE_H

#include <stdbool.h>

#include "base/status.h"

#define LAZ_CLI_DEFINES_MAX 64 /* as the compiler takes */

struct laz_cli_compile {
    const char *name; /* of the pack set */
    bool skip_unsupported, want_unwanted;
    const char *platform; /* as lazaret-compile takes it; NULL: all that the processor has */
    const char *defines[LAZ_CLI_DEFINES_MAX];
    size_t define_count;
    int previous; /* descriptor of the last database, whose rules may be taken over; 0: none */
    int words;    /* where the compiler's messages go; 0: our standard output and error */
};

/* Fills the file out. LAZ_INVALID when a source was refused: then err is empty, for the compiler
 * has said why. */
LAZ_CHECKED enum laz_status laz_cli_compile(const struct laz_cli_compile *job, int bundle, int out,
                                            struct laz_error *err);
/* What the compiler wrote is believed no more than any other file. */
LAZ_CHECKED enum laz_status laz_cli_check_database(int fd, struct laz_error *err);

#endif
