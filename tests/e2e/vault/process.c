/* process.c - the vault as a process of its own, sealed, asked over its channel, and killed at any
 * moment: what it said it kept comes back. Prints TAP.
 *
 * usage: process FOLDER KILLS      FOLDER is empty, on the file system that is tried */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/vault.h"
#include "base/number.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "wire/vault_message.h"

#define PATH_SIZE  512
#define FILES      8u
#define MANY       1000u
#define KILLS_LONG 2000
#define ANSWER_MS  10000

/* The children are killed; what they leave is no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static char place[PATH_SIZE];
static unsigned test_count, failed_count, seed = 1;

/* A running vault and the test's end of its channel. */
struct vault {
    pid_t pid;
    int channel;
    struct laz_buf in, out;
};

static const char *in(const char *name)
{
    static char paths[8][2 * PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", place, name);
    return path;
}

static const char *file_at(unsigned n, const char *extension)
{
    char name[64];

    snprintf(name, sizeof name, "share/file%u%s", n, extension);
    return in(name);
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

static void report(bool ok, const char *text)
{
    test_count++;
    failed_count += ok ? 0 : 1;
    printf("%sok %u - %s\n", ok ? "" : "not ", test_count, text);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_text(const char *path, const char *text, unsigned n)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    must(fd >= 0, path);
    for (unsigned i = 0; i < 100 + n % 7; i++)
        must(dprintf(fd, "%s %u %u\n", text, n, i) > 0, path);
}

static bool has_text(const char *path, const char *text, unsigned n)
{
    char line[128], wanted[128];
    FILE *f = fopen(path, "r");
    unsigned lines = 0;
    bool same = f != NULL;

    while (same && fgets(line, sizeof line, f) != NULL) {
        snprintf(wanted, sizeof wanted, "%s %u %u\n", text, n, lines++);
        same = strcmp(line, wanted) == 0;
    }
    if (f != NULL)
        fclose(f);
    return same && lines == 100 + n % 7;
}

static void start(struct vault *v)
{
    struct laz_sandbox_path paths[] = {{in("share"), true}};
    struct laz_vault_limits limits = {.free_min = 1, .paths = paths, .path_count = 1};
    struct laz_error err;
    int ends[2];

    must(laz_channel_pair(ends, &err) == LAZ_OK, "channel");
    fflush(NULL);
    v->pid = fork();
    must(v->pid >= 0, "fork");
    if (v->pid == 0) {
        close(ends[0]);
        laz_log_open("vault", LAZ_ERROR);
        _exit(laz_vault_run(ends[1], in("vault"), &limits));
    }
    close(ends[1]);
    v->channel = ends[0];
    laz_buf_init(&v->in, LAZ_VAULT_MESSAGE_MAX);
    laz_buf_init(&v->out, LAZ_VAULT_MESSAGE_MAX);
}

/* The status as from waitpid. */
static int stop(struct vault *v, bool hard)
{
    int status;

    if (hard)
        must(kill(v->pid, SIGKILL) == 0, "kill");
    laz_fd_drop(&v->channel);
    must(waitpid(v->pid, &status, 0) == v->pid, "waitpid");
    laz_buf_clear(&v->in);
    laz_buf_clear(&v->out);
    return status;
}

/* False when the vault is gone. */
static bool ask(struct vault *v, const struct laz_vault_message *m, int fd)
{
    laz_buf_reset(&v->out);
    must(laz_vault_message_write(m, &v->out) == LAZ_OK, "message");
    return laz_channel_send(v->channel, laz_buf_view(&v->out), &fd, fd < 0 ? 0 : 1) == LAZ_OK;
}

static bool hear(struct vault *v, struct laz_vault_message *m, int *fd)
{
    struct pollfd ready = {.fd = v->channel, .events = POLLIN};
    size_t count = 1;
    int fds[1];

    if (poll(&ready, 1, ANSWER_MS) != 1 ||
        laz_channel_receive(v->channel, &v->in, fds, &count) != LAZ_OK)
        return false;
    must(laz_vault_message_read(laz_buf_view(&v->in), m) == LAZ_OK, "answer");
    *fd = count == 1 ? fds[0] : -1;
    return true;
}

static bool send_keep(struct vault *v, unsigned n)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(file_at(n, ""), O_RDONLY | O_CLOEXEC);
    struct laz_vault_message m = {.kind = LAZ_VAULT_KEEP,
                                  .file = {n, laz_view_of("actor"), laz_view_of(file_at(n, ""))}};

    must(fd >= 0, "file");
    return ask(v, &m, fd);
}

/* Waits for the answer to n; the vault may be killed meanwhile. */
static bool hear_kept(struct vault *v, unsigned n)
{
    struct laz_vault_message m;
    int fd;

    if (!hear(v, &m, &fd))
        return false;
    must(m.kind == LAZ_VAULT_KEPT && m.kept.job == n && fd < 0, "kept");
    return m.kept.status == LAZ_OK;
}

static bool keep(struct vault *v, unsigned n)
{
    return send_keep(v, n) && hear_kept(v, n);
}

static bool has_old(struct vault *v, unsigned n)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_OPEN,
                                  .file = {n, laz_view_of("actor"), laz_view_of(file_at(n, ""))}};
    int fd = -1;
    bool found = ask(v, &m, -1) && hear(v, &m, &fd);

    must(found && m.kind == LAZ_VAULT_OPENED && m.job.job == n, "opened");
    found = m.job.status == LAZ_OK && fd >= 0;
    laz_fd_drop(&fd);
    return found;
}

static void destroy(struct vault *v, unsigned n)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_RENAMED,
                                  .renamed = {.actor = laz_view_of("actor"),
                                              .old_path = laz_view_of(file_at(n, "")),
                                              .new_path = laz_view_of(file_at(n, ".locked"))}};

    write_text(file_at(n, ""), "encrypted", n);
    if (n % 2 == 1)
        return;
    must(rename(file_at(n, ""), file_at(n, ".locked")) == 0, "rename");
    must(ask(v, &m, -1), "renamed");
}

static bool send_rollback(struct vault *v)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_ROLLBACK,
                                  .actor = {.job = 77, .actor = laz_view_of("actor")}};

    return ask(v, &m, -1);
}

/* The end of a rollback of this job; others' messages before it are passed over. */
static bool hear_rolled_back(struct vault *v, uint64_t job, struct laz_vault_message *m)
{
    int fd;

    while (hear(v, m, &fd))
        if (m->kind == LAZ_VAULT_ROLLED_BACK && m->rolled_back.job == job)
            return true;
    return false;
}

static void set_up(unsigned files)
{
    remove_tree(in("share"));
    remove_tree(in("vault"));
    must(mkdir(in("share"), 0755) == 0, "share");
    for (unsigned n = 0; n < files; n++)
        write_text(file_at(n, ""), "good", n);
}

static bool all_good(unsigned files)
{
    for (unsigned n = 0; n < files; n++)
        if (!has_text(file_at(n, ""), "good", n) || access(file_at(n, ".locked"), F_OK) == 0)
            return false;
    return true;
}

static void many_files_come_back(void)
{
    struct vault v;
    struct laz_vault_message m = {.kind = LAZ_VAULT_STATE, .job = {.job = 5}};
    bool ok = true;
    int64_t at;
    int fd;

    set_up(MANY);
    usleep(30000); /* versions that can be shared */
    start(&v);
    at = laz_monotonic_ms();
    for (unsigned n = 0; n < MANY; n++)
        ok = keep(&v, n) && ok;
    report(ok, "a thousand files are kept");
    printf("# %.1f us for each\n", (double)(laz_monotonic_ms() - at) * 1000 / MANY);
    for (unsigned n = 0; n < MANY; n++)
        destroy(&v, n);
    ok = ask(&v, &m, -1) && hear(&v, &m, &fd) && m.kind == LAZ_VAULT_STATED;
    report(ok && m.stated.entries == MANY && m.stated.kept == MANY && m.stated.refused == 0,
           "and counted");
    at = laz_monotonic_ms();
    ok = send_rollback(&v) && hear_rolled_back(&v, 77, &m);
    report(ok && m.rolled_back.restored == MANY && m.rolled_back.failed == 0 && all_good(MANY),
           "and put back, each whole and under its name");
    printf("# rolled back in %lld ms\n", (long long)(laz_monotonic_ms() - at));
    ok = stop(&v, false) == 0;
    report(ok, "the vault ends when its channel is closed");
}

static void nonsense_ends_it(void)
{
    static const uint8_t nonsense[] = {200, 1, 2, 3};
    struct vault v;

    set_up(1);
    start(&v);
    must(keep(&v, 0), "keep");
    must(laz_channel_send(v.channel, laz_view_from(nonsense, sizeof nonsense), NULL, 0) == LAZ_OK,
         "send");
    report(stop(&v, false) == 0, "nonsense on the channel ends the vault");
    start(&v);
    report(has_old(&v, 0), "and what it kept is there at the next start");
    stop(&v, false);
}

/* A first write of somebody else does not wait for the end of a long rollback. */
static void others_are_served_meanwhile(void)
{
    struct vault v;
    struct laz_vault_message m = {.kind = LAZ_VAULT_FORGET,
                                  .actor = {.actor = laz_view_of("actor")}};
    bool kept = false, before = false;
    unsigned told = 0;
    int fd;

    set_up(MANY);
    start(&v);
    for (unsigned n = 0; n < MANY; n++)
        must(keep(&v, n), "keep");
    for (unsigned n = 0; n < MANY; n++)
        destroy(&v, n);
    write_text(file_at(MANY, ""), "good", MANY);
    must(send_rollback(&v) && ask(&v, &m, -1) && send_keep(&v, MANY), "ask");
    while (hear(&v, &m, &fd)) {
        told += m.kind == LAZ_VAULT_RESTORED ? 1 : 0;
        kept = kept || (m.kind == LAZ_VAULT_KEPT && m.kept.status == LAZ_OK);
        before = before || (m.kind == LAZ_VAULT_KEPT && told < MANY);
        if (m.kind == LAZ_VAULT_ROLLED_BACK)
            break;
    }
    report(kept && before, "a first write of another is answered during a rollback");
    report(told == MANY && m.rolled_back.failed == 0 && all_good(MANY + 1),
           "and what came in between changes nothing of it");
    stop(&v, false);
}

/* Sends all, hears some, kills. Those that were answered must be kept. */
static bool kill_while_keeping(struct vault *v, bool kept[FILES])
{
    unsigned answered = (unsigned)rand_r(&seed) % (FILES + 1);
    bool ok = true;

    start(v);
    for (unsigned n = 0; n < FILES; n++)
        must(send_keep(v, n), "send");
    for (unsigned n = 0; n < FILES; n++)
        kept[n] = n < answered && hear_kept(v, n);
    usleep((useconds_t)rand_r(&seed) % 400);
    stop(v, true);
    start(v);
    for (unsigned n = 0; n < FILES; n++)
        ok = ok && (!kept[n] || has_old(v, n));
    return ok;
}

/* Only what was kept may be written to: the gate sees to that. */
static bool kill_while_rolling_back(struct vault *v, const bool kept[FILES])
{
    struct laz_vault_message m;
    unsigned count = 0;

    for (unsigned n = 0; n < FILES; n++) {
        if (!kept[n])
            continue;
        destroy(v, n);
        count++;
    }
    must(send_rollback(v), "rollback");
    usleep((useconds_t)rand_r(&seed) % 20000);
    stop(v, true);
    start(v); /* finishes by itself what was begun */
    must(send_rollback(v) && hear_rolled_back(v, 77, &m), "rolled back");
    stop(v, false);
    (void)count;
    return all_good(FILES);
}

static void kills_lose_nothing(unsigned kills)
{
    char text[64];
    bool ok = true;
    unsigned done = 0;

    while (ok && done < kills) {
        struct vault v;
        bool kept[FILES];

        set_up(FILES);
        ok = kill_while_keeping(&v, kept);
        if (!ok)
            stop(&v, true);
        ok = ok && kill_while_rolling_back(&v, kept);
        done += 2;
    }
    snprintf(text, sizeof text, "%u kills lose nothing that was kept", done);
    report(ok, text);
}

static void large_files_are_shared_where_that_can_be(void)
{
    struct vault v;
    struct statvfs before, after;
    int fd;
    uint8_t *block = calloc(1, MIB);
    uint64_t used;

    set_up(1);
    must(block != NULL, "memory");
    memset(block, 'x', MIB);
    fd = open(file_at(0, ""), O_WRONLY | O_TRUNC | O_CLOEXEC);
    for (int i = 0; i < 32; i++)
        must(write(fd, block, MIB) == (ssize_t)MIB, "write");
    must(fsync(fd) == 0 && close(fd) == 0, "flush");
    free(block);
    usleep(30000);
    start(&v);
    sync(); /* or what was written before is counted later */
    must(statvfs(place, &before) == 0, "statvfs");
    report(keep(&v, 0), "a large file is kept");
    stop(&v, false);
    sync();
    must(statvfs(place, &after) == 0, "statvfs");
    used = (uint64_t)(before.f_bfree - after.f_bfree) * before.f_bsize;
    printf("# 32 MiB took %llu KiB\n", (unsigned long long)used / 1024);
    if (getenv("LAZ_REFLINKS") != NULL)
        report(used < 4 * MIB, "and shares its blocks with the copy");
}

int main(int argc, char **argv)
{
    uint64_t kills;

    if (argc != 3 || !laz_parse_u64(laz_view_of(argv[2]), 1000000, &kills))
        return 2;
    if (getenv("LAZ_LONG") != NULL)
        kills = KILLS_LONG;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    snprintf(place, sizeof place, "%s", argv[1]);
    many_files_come_back();
    others_are_served_meanwhile();
    nonsense_ends_it();
    large_files_are_shared_where_that_can_be();
    kills_lose_nothing((unsigned)kills);
    remove_tree(in("share"));
    remove_tree(in("vault"));
    printf("1..%u\n", test_count);
    return failed_count > 0;
}
