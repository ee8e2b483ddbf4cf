#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "console/audit.h"
#include "console/backup.h"
#include "console/data_dir.h"
#include "console/enrolment.h"
#include "console/first_start.h"
#include "console/keys.h"
#include "console/schema.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define DATA_USUAL "/var/lib/lazaret/console"

struct options {
    const char *data, *to, *from, *head;
};

static void print_usage(void)
{
    printf(
        "usage: lazaret console run [OPTION]...            run the console (see lazaret-consoled)\n"
        "       lazaret console reset-admin [--data DIR]   make a new password for the "
        "administrator\n"
        "       lazaret console token [--data DIR]         make a one-time token for a new "
        "endpoint\n"
        "       lazaret console backup --to DIR            copy everything into a new folder\n"
        "       lazaret console restore --from DIR         make an empty data folder from a "
        "backup\n"
        "       lazaret console verify-audit [--head HASH] check the chain of the audit log\n\n"
        "  --data DIR   the console's folder (default: " DATA_USUAL ")\n"
        "  --to DIR     the backup's folder, which must not be there yet\n"
        "  --from DIR   the backup's folder\n"
        "  --head HASH  the last hash that you know: the log must still hold it\n\n"
        "Run them as root or as the owner of the console's folder. All but run and restore may be\n"
        "used while the console runs. More: man lazaret-console\n");
}

static const char *who_am_i(void)
{
    return geteuid() == 0 ? "root" : "owner of the data folder";
}

static enum laz_status open_data(const struct options *o, struct laz_db **db, struct laz_error *err)
{
    enum laz_status s = laz_data_dir_visit(o->data, err);

    if (s == LAZ_OK)
        s = laz_database_names_stay_relative(err);
    if (s == LAZ_OK && access(LAZ_CONSOLE_DB_NAME, F_OK) != 0)
        return laz_fail_errno(err, "console", o->data,
                              "start the console once, or name its folder with --data");
    return s == LAZ_OK ? laz_console_db_open(LAZ_CONSOLE_DB_NAME, db, err) : s;
}

static enum laz_status reset_admin(const struct options *o, struct laz_error *err)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = NULL;
    char password[LAZ_FIRST_PASSWORD_SIZE];
    const char *who = who_am_i(); /* before we become the folder's owner */
    enum laz_status s = open_data(o, &db, err);

    if (s == LAZ_OK)
        s = laz_reset_administrator(db, who, password, err);
    if (s == LAZ_OK)
        printf("administrator: %s  password: %s\n", LAZ_ADMINISTRATOR, password);
    laz_secret_wipe(password, sizeof password);
    return s;
}

static enum laz_status token(const struct options *o, struct laz_error *err)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = NULL;
    const struct laz_scope scope = {LAZ_FIRST_ORGANISATION};
    char pin[2 * LAZ_FINGERPRINT_SIZE + 1], text[LAZ_TOKEN_TEXT_SIZE], until[LAZ_TIME_TEXT_SIZE];
    const char *who = who_am_i();
    int64_t expires = 0;
    enum laz_status s = open_data(o, &db, err);

    if (s == LAZ_OK)
        s = laz_keys_read_pin(pin, err);
    if (s == LAZ_OK)
        s = laz_enrolment_token_make(db, scope, who, text, &expires, err);
    if (s != LAZ_OK)
        return s;
    laz_time_text(expires, until);
    printf("token: %s\npin: %s\nexpires: %s\n", text, pin, until);
    printf("command: lazaret agent run --console https://CONSOLE:8444 --token %s --pin %s "
           "--protect DIR\n",
           text, pin);
    return LAZ_OK;
}

static enum laz_status backup(const struct options *o, struct laz_error *err)
{
    enum laz_status s;

    if (o->to == NULL)
        return laz_fail(err, LAZ_INVALID, "console", "--to", "is missing", "name a new folder");
    s = laz_backup_make(o->data, o->to, err);
    if (s == LAZ_OK)
        printf("backup: %s\nIt holds the keys of this console: keep it as safe as the console.\n",
               o->to);
    return s;
}

static enum laz_status restore(const struct options *o, struct laz_error *err)
{
    enum laz_status s;

    if (o->from == NULL)
        return laz_fail(err, LAZ_INVALID, "console", "--from", "is missing", "name a backup");
    s = laz_backup_restore(o->from, o->data, err);
    if (s == LAZ_OK)
        printf("restored: %s\n", o->data);
    return s;
}

static enum laz_status verify_organisation(struct laz_db *db, int64_t id, const char *wanted,
                                           bool *wanted_found, struct laz_error *err)
{
    const struct laz_scope scope = {id};
    struct laz_audit_check check = {.wanted = wanted};
    char hex[2 * LAZ_AUDIT_HASH_SIZE + 1];
    enum laz_status s = laz_audit_verify(db, scope, &check, err);

    if (s != LAZ_OK)
        return s;
    *wanted_found |= check.wanted_found;
    laz_hex_encode(laz_view_from(check.head, sizeof check.head), hex);
    printf("organisation %lld: %lld entries, intact, head %s\n", (long long)id,
           (long long)check.entries, hex);
    return LAZ_OK;
}

static enum laz_status verify_audit(const struct options *o, struct laz_error *err)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = NULL;
    int64_t ids[LAZ_ORGANISATIONS_MAX];
    size_t count = 0;
    uint8_t head[LAZ_AUDIT_HASH_SIZE];
    bool found = o->head == NULL;
    enum laz_status s;

    if (o->head != NULL && !laz_hex_decode(laz_view_of(o->head), head, sizeof head))
        return laz_fail(err, LAZ_INVALID, "console", "--head", "is not a hash of 64 digits",
                        "copy it from what verify-audit has printed before");
    s = open_data(o, &db, err);
    if (s == LAZ_OK)
        s = laz_organisation_list(db, ids, &count, err);
    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = verify_organisation(db, ids[i], o->head, &found, err);
    if (s == LAZ_OK && !found)
        s = laz_fail(err, LAZ_DAMAGED, "audit", o->head, "is not in the log: its end was cut off",
                     "compare with a backup");
    return s;
}

static const struct {
    const char *name;
    enum laz_status (*run)(const struct options *o, struct laz_error *err);
} actions[] = {
    {"reset-admin", reset_admin},   {"token", token}, {"backup", backup}, {"restore", restore},
    {"verify-audit", verify_audit},
};

/* False when there is nothing to do; *status is then the exit's. */
static bool parse_options(struct options *o, int argc, char **argv, int *status)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"to", required_argument, NULL, 't'},
        {"from", required_argument, NULL, 'f'}, {"head", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},       {0},
    };
    int option;

    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (option) {
        case 'd':
            o->data = optarg;
            break;
        case 't':
            o->to = optarg;
            break;
        case 'f':
            o->from = optarg;
            break;
        case 'e':
            o->head = optarg;
            break;
        case 'h':
            print_usage();
            *status = LAZ_EXIT_OK;
            return false;
        default:
            *status = laz_cli_usage_error("console", argv[optind - 1],
                                          option == ':' ? "needs a value" : "is not an option");
            return false;
        }
    }
    if (optind == argc)
        return true;
    *status = laz_cli_usage_error("console", argv[optind], "is not an option");
    return false;
}

/* The daemon takes the place of this process. */
static int run_daemon(int argc, char **argv)
{
    char path[PATH_MAX + 32], folder[PATH_MAX];
    const char **arguments = calloc((size_t)argc + 4, sizeof *arguments);
    struct laz_error err;
    int n = 0;

    if (arguments == NULL || laz_program_dir(folder, sizeof folder, &err) != LAZ_OK)
        return arguments == NULL ? LAZ_EXIT_ERROR : laz_cli_fail(&err);
    snprintf(path, sizeof path, "%s/lazaret-consoled", folder);
    arguments[n++] = "lazaret-consoled";
    arguments[n++] = "run";
    arguments[n++] = "--data";
    arguments[n++] = DATA_USUAL; /* a --data behind it takes its place */
    for (int i = 1; i < argc; i++)
        arguments[n++] = argv[i];
    execv(path, (char *const *)arguments); /* which it leaves as they are */
    laz_ignore(laz_fail_errno(&err, "console", path, "install all programs of one version"));
    free(arguments);
    return laz_cli_fail(&err);
}

int laz_cli_console(int argc, char **argv)
{
    struct options o = {.data = DATA_USUAL};
    struct laz_error err;
    int status;

    if (argc < 2)
        return laz_cli_usage_error("console", "command", "is missing");
    if (strcmp(argv[1], "--help") == 0) {
        print_usage();
        return LAZ_EXIT_OK;
    }
    if (strcmp(argv[1], "run") == 0)
        return run_daemon(argc - 1, argv + 1);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(argv[1], actions[i].name) != 0)
            continue;
        if (!parse_options(&o, argc - 1, argv + 1, &status))
            return status;
        laz_digest_init();
        return actions[i].run(&o, &err) == LAZ_OK ? LAZ_EXIT_OK : laz_cli_fail(&err);
    }
    return laz_cli_usage_error("console", argv[1], "is not known");
}
