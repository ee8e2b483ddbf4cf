#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/compile.h"
#include "cli/db_file.h"
#include "cli/db_sources.h"
#include "sys/fd.h"

static const char usage[] =
    "usage: lazaret db build [OPTION]... -o FILE SOURCE...\n"
    "       lazaret db info [--json] FILE\n"
    "Builds a detection database, or says what is in one.\n"
    "\n"
    "SOURCE is a file (.yar, .yara, or one of ClamAV's: .cvd, .cld, .hdb, .hsb, .mdb, .ndb, .ldb\n"
    "and the like, or a list of hashes, URLs, hosts or addresses: .txt, .csv, .json) or a folder\n"
    "with such files below it.\n"
    "FILE is replaced only when the new database is complete and was read back.\n"
    "\n"
    "  -o, --output FILE    where the database is written\n"
    "  --name NAME          name of the pack set\n"
    "  -d, --define NAME=VALUE\n"
    "                       what an external variable of YARA rules means\n"
    "  --pua                take ClamAV's lists of unwanted programs too\n"
    "  --list KIND[=NAME]:FILE\n"
    "                       a list whatever its name ends in; KIND is list, hashes, urls, hosts "
    "or\n"
    "                       addresses, or allow- and one of these: known to be good. NAME is what\n"
    "                       its detections are called\n"
    "  --previous FILE      the last database: its rules are taken over when their sources are "
    "the\n"
    "                       same; without this option it is the one that is replaced\n"
    "  --platform NAME      avx512, avx2 or sse: what the matcher may use at most\n"
    "  --strict             fail where something would be left out\n"
    "  --json               one JSON object\n"
    "  --help\n";

#define LISTS_MAX 256

struct build {
    const char *output, *previous;
    const char *lists[LISTS_MAX];
    size_t list_count;
    struct laz_cli_compile compile;
};

static enum laz_status build_into(const struct build *b, int bundle, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int previous = laz_open_read(b->previous != NULL ? b->previous : b->output);
    struct laz_cli_compile job = b->compile;
    struct laz_db_file file;
    enum laz_status s;

    if (previous < 0 && b->previous != NULL)
        return laz_fail_errno(err, "database", b->previous, "check that it is there and readable");
    job.previous = previous > 0 ? previous : 0;
    s = laz_db_file_make(b->output, &file, err);
    if (s != LAZ_OK)
        return s;
    s = laz_cli_compile(&job, bundle, file.fd, err);
    if (s == LAZ_OK)
        s = laz_cli_check_database(file.fd, err);
    if (s == LAZ_OK)
        s = laz_db_file_install(&file, b->output, err);
    laz_db_file_drop(&file, s == LAZ_OK);
    return s;
}

static enum laz_status build_all(const struct build *b, char **paths, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int bundle = laz_db_file_scratch(b->output);
    enum laz_status s;

    if (bundle < 0)
        return laz_fail_errno(err, "database", b->output, "");
    s = laz_db_sources_collect(paths, bundle, err);
    for (size_t i = 0; s == LAZ_OK && i < b->list_count; i++)
        s = laz_db_list_collect(b->lists[i], bundle, err);
    return s == LAZ_OK ? build_into(b, bundle, err) : s;
}

static int run_build(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"name", required_argument, NULL, 'n'},
        {"define", required_argument, NULL, 'd'},
        {"list", required_argument, NULL, 'l'},
        {"skip-unsupported", no_argument, NULL, 'u'}, /* what is done anyway */
        {"strict", no_argument, NULL, 's'},
        {"previous", required_argument, NULL, 'r'},
        {"pua", no_argument, NULL, 'p'},
        {"platform", required_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct build b = {.compile = {.name = "", .skip_unsupported = true}};
    struct laz_error err = {.status = LAZ_OK};
    int option;

    while ((option = getopt_long(argc, argv, "o:d:h", options, NULL)) != -1) {
        if (option == 'o')
            b.output = optarg;
        else if (option == 'n')
            b.compile.name = optarg;
        else if (option == 'd' && b.compile.define_count < LAZ_CLI_DEFINES_MAX)
            b.compile.defines[b.compile.define_count++] = optarg;
        else if (option == 'u')
            continue;
        else if (option == 'r')
            b.previous = optarg;
        else if (option == 's')
            b.compile.skip_unsupported = false;
        else if (option == 'l' && b.list_count < LISTS_MAX)
            b.lists[b.list_count++] = optarg;
        else if (option == 'p')
            b.compile.want_unwanted = true;
        else if (option == 'x')
            b.compile.platform = optarg;
        else if (option == 'h')
            return fputs(usage, stdout) < 0 ? LAZ_EXIT_ERROR : LAZ_EXIT_OK;
        else
            return laz_cli_usage_error("db", argv[optind - 1], "is not an option of 'db build'");
    }
    if (b.output == NULL)
        return laz_cli_usage_error("db", "build", "needs -o FILE");
    if (optind >= argc && b.list_count == 0)
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
