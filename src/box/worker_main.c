/* lazaret-worker - reads hostile bytes. Descriptor 3 is the channel to its client, 4 the database.
 * Everything that it needs is opened and fetched first; then it gives up its identity and nearly
 * all system calls, says hello, and judges what it is handed until the channel closes. */
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "box/input.h"
#include "box/worker.h"
#include "box/worker_serve.h"
#include "box/yara_serve.h"
#include "sign/digest.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/sandbox.h"

#define CHANNEL  3
#define DATABASE 4
#define FD_MAX   32

static struct {
    uint64_t memory_max;
    bool drop_identity, no_database;
    bool is_yara; /* matches rules and prints what they find, instead of judging */
} arg;

/* Used instead of the scanner where is_yara. */
static struct laz_yara_server yara = {.channel = CHANNEL};

static bool parse_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--memory") == 0 && i + 1 < argc) {
            if (!laz_parse_u64(laz_view_of(argv[++i]), UINT64_MAX, &arg.memory_max))
                return false;
        } else if (strcmp(argv[i], "--drop-identity") == 0) {
            arg.drop_identity = true;
        } else if (strcmp(argv[i], "--no-database") == 0) {
            arg.no_database = true;
        } else if (strcmp(argv[i], "--yara") == 0) {
            arg.is_yara = true;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_channel(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* By CPU time: a machine under load must not turn verdicts into "not fully scanned". */
static int64_t cpu_clock_ms(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum laz_status open_database(struct laz_server *server, struct laz_mapping *mapping,
                                     struct laz_error *err)
{
    struct laz_database_info info;
    enum laz_status s;

    s = laz_map_fd(DATABASE, mapping, err);
    if (s != LAZ_OK)
        return s;
    s = laz_database_open(mapping->bytes, &server->db, err);
    if (s != LAZ_OK)
        return s;
    laz_database_info_get(server->db, &info);
    server->hello.rule_count = info.rule_count;
    server->hello.hash_count = info.hash_count;
    if (arg.is_yara)
        return laz_yara_server_prepare(&yara, server->db, err);
    return laz_scanner_new(server->db, cpu_clock_ms, &server->scanner, err);
}

/* The order matters: each step takes away what the next one no longer needs. */
static enum laz_status prepare(struct laz_server *server, struct laz_mapping *mapping,
                               struct laz_error *err)
{
    struct laz_sandbox sandbox = {
        .profile = LAZ_SANDBOX_WORKER, .memory_max = arg.memory_max, .fd_max = FD_MAX};
    struct laz_sandbox_state holds;
    enum laz_status s = LAZ_OK;

    /* Names in archives are turned into UTF-8 by the C library; without it they stay as they are.
     */
    laz_ignore(setlocale(LC_CTYPE, "C.UTF-8") == NULL);
    laz_digest_skip_configuration();
    if (!arg.no_database)
        s = open_database(server, mapping, err);
    if (s == LAZ_OK)
        s = laz_input_catch_faults(err);
    if (s == LAZ_OK && arg.drop_identity)
        s = laz_identity_drop(LAZ_IDENTITY_WORKER, &server->hello.identity_dropped, err);
    if (s == LAZ_OK)
        s = laz_sandbox_enter(&sandbox, &holds, err);
    if (s != LAZ_OK)
        return s;
    server->hello.no_new_privs = holds.no_new_privs;
    server->hello.seccomp = holds.seccomp;
    server->hello.landlock_abi = holds.landlock_abi;
    return LAZ_OK;
}

int main(int argc, char **argv)
{
    struct laz_server server = {.channel = CHANNEL};
    struct laz_mapping mapping = {{NULL, 0}};
    struct laz_error err;
    enum laz_status s;

    if (!parse_arguments(argc, argv) || !is_channel(CHANNEL)) {
        fprintf(stderr, "lazaret: worker: is started by other programs of Lazaret only "
                        "(use 'lazaret scan')\n");
        return 2;
    }
    s = prepare(&server, &mapping, &err);
    if (s != LAZ_OK) {
        if (arg.is_yara)
            laz_yara_server_say_failed(CHANNEL, &err);
        else
            laz_server_say_failed(&server, &err);
        return LAZ_WORKER_UNUSABLE;
    }
    s = arg.is_yara ? laz_yara_server_run(&yara) : laz_server_run(&server);
    _exit(s == LAZ_CLOSED ? 0 : 1);
}
