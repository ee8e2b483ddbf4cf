#include "cli/compile.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "match/database.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PATH_SIZE 4096

/* The compiler's own error was told by the compiler. */
static enum laz_status compiler_failed(int status, struct laz_error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == LAZ_EXIT_ERROR)
        return LAZ_INVALID;
    return laz_fail(err, LAZ_LIMIT, "lazaret-compile", "", "ended before it was done",
                    "the sources may need more memory than there is");
}

static void fill_arguments(const struct laz_cli_compile *job, const char **argv)
{
    static const char *const first[] = {"lazaret-compile", "--bundle", "3", "--out", "4", "--name"};
    size_t n = sizeof first / sizeof *first;

    memcpy(argv, first, sizeof first);
    argv[n++] = job->name;
    for (size_t i = 0; i < job->define_count; i++) {
        argv[n++] = "--define";
        argv[n++] = job->defines[i];
    }
    if (job->platform != NULL) {
        argv[n++] = "--platform";
        argv[n++] = job->platform;
    }
    if (job->want_unwanted)
        argv[n++] = "--pua";
    if (job->skip_unsupported)
        argv[n++] = "--skip-unsupported";
    if (job->previous > 0) {
        argv[n++] = "--previous";
        argv[n++] = "5";
    }
    argv[n] = NULL;
}

enum laz_status laz_cli_compile(const struct laz_cli_compile *job, int bundle, int out,
                                struct laz_error *err)
{
    const char *argv[14 + 2 * LAZ_CLI_DEFINES_MAX];
    int fds[] = {bundle, out, job->previous};
    char path[PATH_SIZE];
    struct laz_child child = {.pidfd = -1};
    struct laz_spawn spawn = {.path = path,
                              .argv = argv,
                              .fds = fds,
                              .fd_count = job->previous > 0 ? 3 : 2,
                              .output = job->words,
                              .error = job->words,
                              .dies_with_parent = true};
    enum laz_status s = laz_program_dir(path, sizeof path - 32, err);
    int status = 0;

    if (s != LAZ_OK)
        return s;
    fill_arguments(job, argv);
    snprintf(path + strlen(path), sizeof path - strlen(path), "/lazaret-compile");
    s = laz_child_spawn(&spawn, &child, err);
    if (s != LAZ_OK)
        return s;
    s = laz_child_wait(&child, -1, &status);
    if (s != LAZ_OK)
        return laz_fail(err, s, "lazaret-compile", "", "could not be waited for", "");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? LAZ_OK : compiler_failed(status, err);
}

enum laz_status laz_cli_check_database(int fd, struct laz_error *err)
{
    struct laz_mapping mapping = {{NULL, 0}};
    LAZ_OWNED(laz_database_drop) struct laz_database *db = NULL;
    enum laz_status s = laz_map_fd(fd, &mapping, err);

    if (s == LAZ_OK)
        s = laz_database_open(mapping.bytes, &db, err);
    if (s == LAZ_OK && !laz_database_verify(db, mapping.bytes))
        s = laz_fail(err, LAZ_DAMAGED, "database", "", "was not written as it was made",
                     "check the disk");
    laz_database_drop(&db);
    laz_mapping_clear(&mapping);
    return s;
}
