#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/tree.h"
#include "base/buf.h"
#include "base/number.h"
#include "sys/fd.h"
#include "sys/log.h"

#define INSTALLED_DB  "/var/lib/lazaret/db/current.lzdb"
#define BUILT_DB      "content.lzdb"
#define WORKERS       2
#define OPEN_MS       500
#define EXEC_MS       2000
#define KEEP_MS       2000
#define HOLD_MAX_MS   60000
#define EXIT_USAGE    2
#define OS_NAME_MAX   128
#define OS_FILE_BYTES (16 * KIB)
#define TOKEN_MAX     256

static struct laz_agent_config arg_config;
static const char *arg_without;
static enum laz_log_level arg_log_level = LAZ_INFO;
static int arg_token_fd = -1;
static char arg_token[TOKEN_MAX], arg_pin[TOKEN_MAX];
static char arg_data[PATH_MAX], arg_db[PATH_MAX], arg_os[OS_NAME_MAX];
static struct utsname arg_machine;

static void print_usage(void)
{
    printf(
        "usage: lazaret-agentd run --data DIR [--protect DIR]...\n\n"
        "Guards folders of this machine: holds opens until files are judged, keeps copies before\n"
        "writes, stops who destroys files and puts them back.\n\n"
        "  --data DIR       the agent's own folder: spool, quarantine, vault\n"
        "  --protect DIR    guard this folder with all below; may be given several times\n"
        "  --db FILE        detection database (default: the installed or built one)\n"
        "  --console URL    send events there; the first time with --token and --pin\n"
        "  --token TEXT     the one-time enrolment token\n"
        "  --pin SHA256     of the console's root certificate\n"
        "  --token-fd N     read both from this descriptor, a line each: arguments are seen by "
        "all\n"
        "  --ready-fd N     write \"ready\" to this descriptor when everything runs\n"
        "  --log-level L    debug, info, warn or error (default: info)\n"
        "  --workers N      scan workers, 1 to %u (default: %u)\n"
        "  --hold-open MS   longest hold of an open (default: %u)\n"
        "  --hold-exec MS   longest hold of an execution (default: %u)\n"
        "  --hold-write MS  longest hold while a copy is made (default: %u)\n"
        "  --without LIST   do as if the kernel lacked these: permission, pre-access, names,\n"
        "                   landlock, seccomp, pidfd\n",
        LAZ_AGENT_WORKERS_MAX, WORKERS, OPEN_MS, EXEC_MS, KEEP_MS);
}

static int fail(const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return EXIT_USAGE;
}

static int fail_usage(const char *where, const char *why)
{
    struct laz_error err;

    laz_ignore(laz_fail(&err, LAZ_INVALID, "agentd", where, why, "see 'lazaret-agentd --help'"));
    return fail(&err);
}

static bool take_number(const char *text, uint64_t min, uint64_t max, uint32_t *out)
{
    uint64_t n;

    if (!laz_parse_u64(laz_view_of(text), max, &n) || n < min)
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool take_fd(const char *text, int *out)
{
    uint32_t n;

    if (!take_number(text, 3, 1023, &n))
        return false;
    *out = (int)n;
    return true;
}

static bool add_tree(const char *path)
{
    if (arg_config.tree_count == LAZ_AGENT_TREES_MAX)
        return false;
    arg_config.trees[arg_config.tree_count++] = path;
    return true;
}

enum argument {
    DATA = 256,
    PROTECT,
    DB,
    CONSOLE,
    TOKEN,
    TOKEN_FD,
    PIN,
    READY,
    LOG_LEVEL,
    WORKER,
    OPEN,
    EXEC,
    KEEP,
    WITHOUT,
    HELP
};

static bool take_option(int option, const char *value)
{
    switch (option) {
    case DATA:
        arg_config.data = value;
        return true;
    case PROTECT:
        return add_tree(value);
    case DB:
        arg_config.db = value;
        return true;
    case CONSOLE:
        arg_config.console = value;
        return true;
    case TOKEN:
        arg_config.token = value;
        return true;
    case TOKEN_FD:
        return take_fd(value, &arg_token_fd);
    case PIN:
        arg_config.pin = value;
        return true;
    case READY:
        return take_fd(value, &arg_config.ready_fd);
    case LOG_LEVEL:
        return laz_log_level_parse(value, &arg_log_level);
    case WORKER:
        return take_number(value, 1, LAZ_AGENT_WORKERS_MAX, &arg_config.workers);
    case OPEN:
        return take_number(value, 1, HOLD_MAX_MS, &arg_config.open_ms);
    case EXEC:
        return take_number(value, 1, HOLD_MAX_MS, &arg_config.exec_ms);
    case KEEP:
        return take_number(value, 1, HOLD_MAX_MS, &arg_config.keep_ms);
    case WITHOUT:
        arg_without = value;
        return true;
    default:
        return false;
    }
}

/* -1 to go on, else the exit status. */
static int parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, DATA},
                                            {"protect", required_argument, NULL, PROTECT},
                                            {"db", required_argument, NULL, DB},
                                            {"console", required_argument, NULL, CONSOLE},
                                            {"token", required_argument, NULL, TOKEN},
                                            {"token-fd", required_argument, NULL, TOKEN_FD},
                                            {"pin", required_argument, NULL, PIN},
                                            {"ready-fd", required_argument, NULL, READY},
                                            {"log-level", required_argument, NULL, LOG_LEVEL},
                                            {"workers", required_argument, NULL, WORKER},
                                            {"hold-open", required_argument, NULL, OPEN},
                                            {"hold-exec", required_argument, NULL, EXEC},
                                            {"hold-write", required_argument, NULL, KEEP},
                                            {"without", required_argument, NULL, WITHOUT},
                                            {"help", no_argument, NULL, HELP},
                                            {0}};
    int option;

    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == HELP) {
            print_usage();
            return 0;
        }
        if (option == '?')
            return fail_usage(argv[optind - 1], "is not understood");
        if (!take_option(option, optarg))
            return fail_usage(optarg, "is not accepted here");
    }
    if (optind != argc - 1 || strcmp(argv[optind], "run") != 0)
        return fail_usage(optind < argc ? argv[optind] : "run", "is not what is asked for");
    return arg_config.data == NULL ? fail_usage("--data", "is missing") : -1;
}

static bool take_line(struct laz_view *text, char out[TOKEN_MAX])
{
    struct laz_view line;

    if (!laz_take_until(text, '\n', &line) || line.len == 0 || line.len >= TOKEN_MAX ||
        laz_view_find_byte(line, 0) != line.len)
        return false;
    memcpy(out, line.data, line.len);
    out[line.len] = '\0';
    return true;
}

/* Token and pin, a line each. */
static enum laz_status read_token(struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = arg_token_fd;
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view rest;
    enum laz_status s;

    laz_buf_init(&text, 4 * TOKEN_MAX);
    if (fd < 0)
        return LAZ_OK;
    s = laz_read_all(fd, &text, err);
    if (s != LAZ_OK)
        return s;
    rest = laz_buf_view(&text);
    if (!take_line(&rest, arg_token) || !take_line(&rest, arg_pin) || rest.len > 0)
        return laz_fail(err, LAZ_INVALID, "agentd", "--token-fd",
                        "does not give a token and a pin, a line each", "see lazaret-agentd(8)");
    arg_config.token = arg_token;
    arg_config.pin = arg_pin;
    return LAZ_OK;
}

static enum laz_status find_real_paths(struct laz_error *err)
{
    enum laz_status s = laz_make_dir(arg_config.data, 0710, err);

    if (s != LAZ_OK)
        return s;
    if (realpath(arg_config.data, arg_data) == NULL)
        return laz_fail_errno(err, "agent", arg_config.data, "check permissions");
    arg_config.data = arg_data;
    for (size_t i = 0; i < arg_config.tree_count; i++) {
        const char *path = realpath(arg_config.trees[i], NULL);
        struct stat st;

        if (path != NULL)
            arg_config.trees[i] = path; /* lives as long as the process */
        if (path == NULL || stat(path, &st) != 0)
            return laz_fail_errno(err, "agent", arg_config.trees[i],
                                  "check that the folder is there");
        if (!S_ISDIR(st.st_mode))
            return laz_fail(err, LAZ_INVALID, "agent", path, "is not a folder",
                            "name the folder that holds it");
        if (!laz_tree_is_filesystem_root(path))
            arg_config.part_of_disk = true;
    }
    return LAZ_OK;
}

static bool take_db(const char *path)
{
    if (realpath(path, arg_db) == NULL)
        return false;
    arg_config.db = arg_db;
    return true;
}

/* Where a database may stand, the best place first: beside our data, where a machine has it, and in
 * a build tree beside the programs. One may come to a better place later. */
static void list_db_places(void)
{
    static char beside[PATH_MAX + 32], built[PATH_MAX];
    size_t n = 0;

    snprintf(beside, sizeof beside, "%s/../db/current.lzdb", arg_config.data);
    arg_config.db_places[n++] = beside;
    arg_config.db_places[n++] = INSTALLED_DB;
    if (laz_program_dir(built, sizeof built - 32, NULL) == LAZ_OK) {
        snprintf(built + strlen(built), 32, "/" BUILT_DB);
        arg_config.db_places[n++] = built;
    }
    arg_config.db_places[n] = NULL;
}

static enum laz_status find_db(struct laz_error *err)
{
    if (arg_config.db != NULL) {
        if (!take_db(arg_config.db))
            return laz_fail_errno(err, "database", arg_config.db,
                                  "build it with 'lazaret db build -o FILE SOURCE...'");
        arg_config.db_places[0] = arg_config.db;
        return LAZ_OK;
    }
    list_db_places();
    for (size_t i = 0; arg_config.db_places[i] != NULL; i++)
        if (take_db(arg_config.db_places[i]))
            return LAZ_OK;
    return laz_fail(err, LAZ_NOT_FOUND, "database", INSTALLED_DB, "there is none",
                    "name one with --db, or build it with 'lazaret db build -o FILE SOURCE...'");
}

static void find_os_name(void)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view rest, line, key = laz_view_of("PRETTY_NAME=");

    snprintf(arg_os, sizeof arg_os, "Linux");
    laz_buf_init(&text, OS_FILE_BYTES);
    if (laz_read_file("/etc/os-release", &text, NULL) != LAZ_OK)
        return;
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line)) {
        if (!laz_view_starts(line, key))
            continue;
        line = laz_view_from_offset(line, key.len);
        if (line.len >= 2 && line.data[0] == '"')
            line = laz_view_from(line.data + 1, line.len - 2);
        snprintf(arg_os, sizeof arg_os, "%.*s", (int)laz_view_first(line, OS_NAME_MAX - 1).len,
                 (const char *)line.data);
    }
}

static enum laz_status find_machine(struct laz_error *err)
{
    if (uname(&arg_machine) != 0)
        return laz_fail_errno(err, "agent", "uname", "");
    find_os_name();
    arg_config.hostname = arg_machine.nodename;
    arg_config.kernel = arg_machine.release;
    arg_config.os = arg_os;
    return laz_features_detect(arg_without, &arg_config.features, err);
}

int main(int argc, char **argv)
{
    struct laz_error err;
    enum laz_status s;
    int status;

    arg_config = (struct laz_agent_config){.workers = WORKERS,
                                           .open_ms = OPEN_MS,
                                           .exec_ms = EXEC_MS,
                                           .keep_ms = KEEP_MS,
                                           .ready_fd = -1};
    status = parse_arguments(argc, argv);
    if (status >= 0)
        return status;
    laz_log_open("lazaret-agentd", arg_log_level);
    umask(077);
    s = read_token(&err);
    if (s == LAZ_OK)
        s = find_real_paths(&err);
    if (s == LAZ_OK)
        s = find_db(&err);
    if (s == LAZ_OK)
        s = find_machine(&err);
    return s == LAZ_OK ? laz_monitor_run(&arg_config) : fail(&err);
}
