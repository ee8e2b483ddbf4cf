/* One worker from its client's side: what it is asked, and what it survives. Prints TAP. */
#include <fcntl.h>
#include <lazaret/scan.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box/worker.h"
#include "sys/channel.h"
#include "sys/fd.h"

static struct laz_worker_answer answer; /* too large for a stack */
static char worker_path[1024], db_path[1024];
static unsigned number, failures;

static void check(bool ok, const char *what)
{
    failures += !ok;
    printf("%s %u - %s\n", ok ? "ok" : "not ok", ++number, what);
}

static struct laz_worker_end start(bool with_database)
{
    struct laz_worker_config config = {.program = worker_path,
                                       .db_path = with_database ? db_path : NULL,
                                       .db_fd = -1,
                                       .drop_identity = true};
    struct laz_worker_end end = {-1, {0, -1}};
    struct laz_error err = {0};

    if (laz_worker_spawn(&config, &end, &err) != LAZ_OK) {
        printf("Bail out! %s %s\n", err.where, err.why);
        exit(1);
    }
    return end;
}

static int file_of(const void *bytes, size_t len)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        exit(1);
    return fd;
}

static void a_worker_says_how_it_is_sealed(void)
{
    struct laz_worker_end end = start(true);

    check(laz_worker_receive(end.channel, &answer) == LAZ_OK && answer.kind == LAZ_ANSWER_HELLO,
          "a worker says hello when it is sealed");
    check(answer.hello.no_new_privs && answer.hello.seccomp, "by no_new_privs and seccomp");
    check(geteuid() != 0 || answer.hello.identity_dropped, "without the rights of root");
    laz_worker_end_drop(&end);
}

static void two_states_of_a_file_are_compared(void)
{
    static uint8_t noise[20000];
    struct laz_worker_end end = start(false);
    int old_fd = file_of("%PDF-1.4 a letter, a letter, a letter", 36), new_fd;
    uint32_t n = 1;

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((n = n * 1664525 + 1013904223) >> 24);
    new_fd = file_of(noise, sizeof noise);
    check(laz_worker_receive(end.channel, &answer) == LAZ_OK,
          "a worker needs no database to compare");
    check(laz_worker_send_compare(end.channel, 5, old_fd, new_fd) == LAZ_OK &&
              laz_worker_receive(end.channel, &answer) == LAZ_OK &&
              answer.kind == LAZ_ANSWER_COMPARE && answer.job == 5,
          "two states of a file are compared");
    check(answer.change.old_size == 36 && answer.change.new_size == sizeof noise, "by their sizes");
    check(strcmp(answer.change.old_type, "pdf") == 0 && answer.change.old_known_type &&
              !answer.change.new_known_type,
          "and their types");
    check(answer.change.new_entropy > 7.5, "and the noise of the new one");
    laz_worker_end_drop(&end);
    laz_fd_drop(&old_fd);
    laz_fd_drop(&new_fd);
}

/* Cut while it is mapped: the worker's next touch of a lost page is a fault. */
static void a_file_that_is_cut_is_unreadable(void)
{
    struct laz_worker_end end = start(true);
    struct laz_scan_limits limits;
    int fd = memfd_create("input", MFD_CLOEXEC);
    unsigned cut = 0, other = 0;

    laz_scan_limits_init(&limits);
    limits.want_sha256 = true;
    if (fd < 0 || laz_worker_receive(end.channel, &answer) != LAZ_OK)
        exit(1);
    for (unsigned i = 0; i < 200 && cut == 0; i++) {
        enum laz_status s;

        if (ftruncate(fd, 64 << 20) != 0 ||
            laz_worker_send_scan(end.channel, i, fd, &limits) != LAZ_OK)
            break;
        usleep(1000 + i % 10 * 1000);
        if (ftruncate(fd, 4096) != 0)
            break;
        s = laz_worker_receive(end.channel, &answer);
        if (s != LAZ_OK || answer.kind != LAZ_ANSWER_SCAN || answer.job != i)
            break;
        cut += strcmp(answer.verdict.reason, "unreadable") == 0;
        other++;
    }
    printf("# %u scans until a cut fell into one\n", other);
    check(cut == 1 && answer.verdict.kind == LAZ_INCOMPLETE,
          "a file that is cut while it is read is unreadable, not clean");
    check(laz_worker_receive(end.channel, &answer) == LAZ_CLOSED,
          "and the worker, which may be confused, ends after its answer");
    laz_worker_end_drop(&end);
    laz_fd_drop(&fd);
}

static void nonsense_ends_a_worker(void)
{
    struct laz_worker_end end = start(true);

    if (laz_worker_receive(end.channel, &answer) != LAZ_OK)
        exit(1);
    check(laz_channel_send(end.channel, laz_view_of("nonsense"), NULL, 0) == LAZ_OK &&
              laz_worker_receive(end.channel, &answer) == LAZ_CLOSED,
          "a worker that is told nonsense ends");
    laz_worker_end_drop(&end);
}

static void what_is_no_file_is_unreadable(void)
{
    struct laz_worker_end end = start(true);
    struct laz_scan_limits limits;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    laz_scan_limits_init(&limits);
    check(laz_worker_receive(end.channel, &answer) == LAZ_OK &&
              laz_worker_send_scan(end.channel, 1, fd, &limits) == LAZ_OK &&
              laz_worker_receive(end.channel, &answer) == LAZ_OK &&
              strcmp(answer.verdict.reason, "unreadable") == 0,
          "a device is unreadable");
    laz_worker_end_drop(&end);
    laz_fd_drop(&fd);
}

static void a_damaged_database_is_said(void)
{
    int db = file_of("this is no database, but it is long enough to be read as one", 60);
    struct laz_worker_config config = {.program = worker_path, .db_fd = db};
    struct laz_worker_end end = {-1, {0, -1}};

    check(laz_worker_spawn(&config, &end, NULL) == LAZ_OK &&
              laz_worker_receive(end.channel, &answer) == LAZ_OK &&
              answer.kind == LAZ_ANSWER_FAILED && answer.error.why[0] != 0,
          "a worker with a damaged database says why it ends");
    laz_worker_end_drop(&end);
    laz_fd_drop(&db);
}

static void the_public_library_scans(void)
{
    char error[512] = "";
    struct lazaret_scanner *s = lazaret_scanner_open(worker_path, db_path, error, sizeof error);
    struct lazaret_result r;
    int fd = file_of("a letter", 8);

    check(s != NULL && error[0] == 0, "the public library opens a scanner");
    check(s != NULL && lazaret_scan_fd(s, fd, &r) == 0 && r.verdict == LAZARET_CLEAN && r.size == 8,
          "and scans a file");
    lazaret_scanner_close(s);
    s = lazaret_scanner_open(worker_path, "/nowhere.lzdb", error, sizeof error);
    check(s == NULL && strstr(error, "lazaret: database: /nowhere.lzdb: ") == error,
          "and says why it cannot");
    laz_fd_drop(&fd);
}

int main(void)
{
    const char *build = getenv("LAZ_BUILD");

    if (build == NULL)
        return 1;
    snprintf(worker_path, sizeof worker_path, "%s/lazaret-worker", build);
    snprintf(db_path, sizeof db_path, "%s/content.lzdb", build);
    a_worker_says_how_it_is_sealed();
    two_states_of_a_file_are_compared();
    a_file_that_is_cut_is_unreadable();
    nonsense_ends_a_worker();
    what_is_no_file_is_unreadable();
    a_damaged_database_is_said();
    the_public_library_scans();
    printf("1..%u\n", number);
    return failures == 0 ? 0 : 1;
}
