/* A writer is killed with SIGKILL at random moments, 100 times (500 with LAZ_LONG set), while a
 * reader takes events away. Whatever the spool called durable is read exactly once. Prints TAP. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "store/spool.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define EVENTS_MAX 4000000

/* What the two processes share: it outlives the writer. */
struct shared {
    volatile uint64_t next;  /* number of the next event */
    volatile uint64_t began; /* events of this writer begin here */
    volatile uint8_t promised[EVENTS_MAX];
    uint8_t seen[EVENTS_MAX];
};

static unsigned chance(unsigned below)
{
    uint32_t n;

    laz_random_bytes(&n, sizeof n);
    return n % below;
}

static void promise(struct shared *shared)
{
    for (uint64_t i = shared->began; i < shared->next; i++)
        shared->promised[i] = 1;
    shared->began = shared->next;
}

static _Noreturn void write_for_ever(const char *dir, struct shared *shared)
{
    struct laz_spool_limits limits = {64 * MIB, 0, 64 * KIB};
    struct laz_spool *spool = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    shared->began = shared->next;
    if (laz_spool_open(dir, &limits, &spool, NULL) != LAZ_OK)
        _exit(1);
    for (;;) {
        bool urgent = chance(20) == 0;
        char text[200];

        if (shared->next == EVENTS_MAX)
            _exit(2);
        snprintf(text, sizeof text, "%" PRIu64 " %.*s", shared->next, (int)chance(150),
                 "....................................................................."
                 "....................................................................."
                 ".............");
        shared->next++;
        if (laz_spool_append(spool, laz_view_of(text), urgent, NULL, NULL) != LAZ_OK)
            _exit(3);
        if (urgent || (chance(30) == 0 && laz_spool_sync(spool, NULL) == LAZ_OK))
            promise(shared);
    }
}

static bool note_events(struct shared *shared, const struct laz_spool_batch *batch)
{
    struct laz_view v = laz_buf_view(&batch->lines), line, digits;
    uint64_t n;

    while (laz_take_until(&v, '\n', &line)) {
        if (!laz_take_until(&line, ' ', &digits) || !laz_parse_u64(digits, EVENTS_MAX - 1, &n) ||
            shared->seen[n] != 0)
            return false;
        shared->seen[n] = 1;
    }
    return true;
}

/* Takes up to count batches away. False when an event came twice or was none of ours. */
static bool take_batches(struct laz_spool_reader *reader, struct shared *shared, unsigned count)
{
    struct laz_spool_batch batch;
    bool ok = true;

    laz_spool_batch_init(&batch);
    while (count-- > 0 && ok) {
        if (laz_spool_read(reader, 20000, 1 + chance(300), &batch, NULL) != LAZ_OK)
            ok = false;
        if (!ok || batch.count == 0)
            break;
        ok = batch.gap_to == 0 && note_events(shared, &batch) &&
             laz_spool_ack(reader, batch.epoch, batch.first + batch.count - 1, NULL) == LAZ_OK;
    }
    laz_spool_batch_drop(&batch);
    return ok;
}

static bool kill_once(const char *dir, struct shared *shared)
{
    struct laz_spool_reader *reader = NULL;
    int64_t end = laz_monotonic_ms() + chance(25);
    bool ok = laz_spool_reader_open(dir, &reader, NULL) == LAZ_OK;
    int status = 0;
    pid_t writer = fork();

    if (writer == 0)
        write_for_ever(dir, shared);
    while (ok && laz_monotonic_ms() < end) {
        ok = take_batches(reader, shared, chance(3));
        laz_sleep_ms(1);
    }
    kill(writer, SIGKILL);
    waitpid(writer, &status, 0);
    laz_spool_reader_drop(&reader);
    if (!ok || !WIFSIGNALED(status))
        printf("# reader ok=%d, writer status=%d\n", ok, status);
    return ok && WIFSIGNALED(status);
}

/* A last writer recovers everything, and all of it is read. */
static bool read_rest(const char *dir, struct shared *shared)
{
    struct laz_spool_reader *reader = NULL;
    struct laz_spool *spool = NULL;
    bool ok = laz_spool_open(dir, NULL, &spool, NULL) == LAZ_OK &&
              laz_spool_reader_open(dir, &reader, NULL) == LAZ_OK &&
              take_batches(reader, shared, UINT32_MAX);

    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
    return ok;
}

static void remove_folder(const char *dir)
{
    char command[128];
    pid_t child = fork();
    int status;

    snprintf(command, sizeof command, "rm -rf %s", dir);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
}

int main(void)
{
    unsigned kills = getenv("LAZ_LONG") != NULL ? 500 : 100, done = 0;
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char dir[] = "/tmp/laz-spool-kill-XXXXXX";
    uint64_t promised = 0, lost = 0, seen = 0;
    bool ok = true;

    if (shared == MAP_FAILED || mkdtemp(dir) == NULL)
        return 1;
    printf("1..3\n");
    while (done < kills && ok) {
        ok = kill_once(dir, shared);
        done += ok;
    }
    printf("%s 1 - the writer was killed %u times and no event came twice\n", ok ? "ok" : "not ok",
           done);
    ok = read_rest(dir, shared) && ok;
    printf("%s 2 - what it left is read by the next one\n", ok ? "ok" : "not ok");
    for (uint64_t i = 0; i < shared->next; i++) {
        promised += shared->promised[i];
        seen += shared->seen[i];
        lost += shared->promised[i] != 0 && shared->seen[i] == 0;
    }
    printf("# %" PRIu64 " events written, %" PRIu64 " promised, %" PRIu64 " read\n", shared->next,
           promised, seen);
    printf("%s 3 - of %" PRIu64 " durable events %" PRIu64 " are lost\n",
           lost == 0 && promised > 100 ? "ok" : "not ok", promised, lost);
    remove_folder(dir);
    return ok && lost == 0 && promised > 100 ? 0 : 1;
}
