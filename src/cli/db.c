#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/db_file.h"
#include "cli/db_sources.h"
#include "match/database.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PATH_SIZE   4096
#define DEFINES_MAX 64 /* as the compiler takes */

static const char usage[] =
    "usage: lazaret db build [OPTION]... -o FILE SOURCE...\n"
    "       lazaret db info [--json] FILE\n"
    "Builds a detection database, or says what is in one.\n"
    "\n"
    "SOURCE is a file (.yar, .yara, or one of ClamAV's: .cvd, .cld, .hdb, .hsb, .mdb, .ndb, .ldb "
    "and\n"
    "the like) or a folder with such files below it.\n"
    "FILE is replaced only when the new database is complete and was read back.\n"
    "\n"
    "  -o, --output FILE    where the database is written\n"
    "  --name NAME          name of the pack set\n"
    "  -d, --define NAME=VALUE\n"
    "                       what an external variable of YARA rules means\n"
    "  --pua                take ClamAV's lists of unwanted programs too\n"
    "  --skip-unsupported   leave out rules that use what is not supported, and say which\n"
    "  --json               one JSON object\n"
    "  --help\n";

struct build {
    const char *output, *name;
    bool skip_unsupported, want_unwanted;
    const char *defines[DEFINES_MAX];
    size_t define_count;
};

/* The compiler's own error was told by the compiler. */
static enum laz_status compiler_failed(int status, struct laz_error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == LAZ_EXIT_ERROR)
        return LAZ_INVALID;
    return laz_fail(err, LAZ_LIMIT, "lazaret-compile", "", "ended before it was done",
                    "the sources may need more memory than there is");
}

static void fill_arguments(const struct build *b, const char **argv)
{
    static const char *const first[] = {"lazaret-compile", "--bundle", "3", "--out", "4", "--name"};
    size_t n = sizeof first / sizeof *first;

    memcpy(argv, first, sizeof first);
    argv[n++] = b->name;
    for (size_t i = 0; i < b->define_count; i++) {
        argv[n++] = "--define";
        argv[n++] = b->defines[i];
    }
    if (b->want_unwanted)
        argv[n++] = "--pua";
    if (b->skip_unsupported)
        argv[n++] = "--skip-unsupported";
    argv[n] = NULL;
}

static enum laz_status run_compiler(const struct build *b, int bundle, int out,
                                    struct laz_error *err)
{
    const char *argv[10 + 2 * DEFINES_MAX];
    int fds[] = {bundle, out};
    char path[PATH_SIZE];
    struct laz_child child = {.pidfd = -1};
    struct laz_spawn spawn = {
        .path = path, .argv = argv, .fds = fds, .fd_count = 2, .dies_with_parent = true};
    enum laz_status s = laz_program_dir(path, sizeof path - 32, err);
    int status = 0;

    if (s != LAZ_OK)
        return s;
    fill_arguments(b, argv);
    snprintf(path + strlen(path), sizeof path - strlen(path), "/lazaret-compile");
    s = laz_child_spawn(&spawn, &child, err);
    if (s != LAZ_OK)
        return s;
    s = laz_child_wait(&child, -1, &status);
    if (s != LAZ_OK)
        return laz_fail(err, s, "lazaret-compile", "", "could not be waited for", "");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? LAZ_OK : compiler_failed(status, err);
}

/* What the compiler wrote is believed no more than any other file. */
static enum laz_status read_back(int fd, struct laz_error *err)
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

static enum laz_status build_into(const struct build *b, int bundle, struct laz_error *err)
{
    struct laz_db_file file;
    enum laz_status s = laz_db_file_make(b->output, &file, err);

    if (s != LAZ_OK)
        return s;
    s = run_compiler(b, bundle, file.fd, err);
    if (s == LAZ_OK)
        s = read_back(file.fd, err);
    if (s == LAZ_OK)
        s = laz_db_file_install(&file, b->output, err);
    laz_db_file_drop(&file, s == LAZ_OK);
    return s;
}

static enum laz_status build_all(const struct build *b, char **paths, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int bundle = memfd_create("sources", MFD_CLOEXEC);
    enum laz_status s;

    if (bundle < 0)
        return laz_fail_errno(err, "database", "memory", "");
    s = laz_db_sources_collect(paths, bundle, err);
    return s == LAZ_OK ? build_into(b, bundle, err) : s;
}

static int run_build(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"name", required_argument, NULL, 'n'},
        {"define", required_argument, NULL, 'd'},
        {"skip-unsupported", no_argument, NULL, 'u'},
        {"pua", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct build b = {.name = ""};
    struct laz_error err = {.status = LAZ_OK};
    int option;

    while ((option = getopt_long(argc, argv, "o:d:h", options, NULL)) != -1) {
        if (option == 'o')
            b.output = optarg;
        else if (option == 'n')
            b.name = optarg;
        else if (option == 'd' && b.define_count < DEFINES_MAX)
            b.defines[b.define_count++] = optarg;
        else if (option == 'u')
            b.skip_unsupported = true;
        else if (option == 'p')
            b.want_unwanted = true;
        else if (option == 'h')
            return fputs(usage, stdout) < 0 ? LAZ_EXIT_ERROR : LAZ_EXIT_OK;
        else
            return laz_cli_usage_error("db", argv[optind - 1], "is not an option of 'db build'");
    }
    if (b.output == NULL)
        return laz_cli_usage_error("db", "build", "needs -o FILE");
    if (optind >= argc)
        return laz_cli_usage_error("db", "build", "needs a source");
    if (build_all(&b, argv + optind, &err) == LAZ_OK)
        return LAZ_EXIT_OK;
    return err.status == LAZ_OK ? LAZ_EXIT_ERROR : laz_cli_fail(&err);
}

static int run_info(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct laz_error err;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'j')
            json = true;
        else if (option == 'h')
            return fputs(usage, stdout) < 0 ? LAZ_EXIT_ERROR : LAZ_EXIT_OK;
        else
            return laz_cli_usage_error("db", argv[optind - 1], "is not an option of 'db info'");
    }
    if (optind + 1 != argc)
        return laz_cli_usage_error("db", "info", "needs one database");
    if (laz_db_info_print(argv[optind], json, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    return LAZ_EXIT_OK;
}

int laz_cli_db(int argc, char **argv)
{
    opterr = 0;
    if (argc >= 2 && strcmp(argv[1], "build") == 0)
        return run_build(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "info") == 0)
        return run_info(argc - 1, argv + 1);
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return fputs(usage, stdout) < 0 ? LAZ_EXIT_ERROR : LAZ_EXIT_OK;
    return laz_cli_usage_error("db", argc >= 2 ? argv[1] : "", "expected 'build' or 'info'");
}
