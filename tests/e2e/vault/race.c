/* race.c - somebody swaps names, folders and links under the quarantine's hands, as fast as the
 * machine can. Whatever happens, no file is removed but the one that was looked at. Prints TAP.
 *
 * usage: race SWAPS */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/quarantine.h"
#include "base/number.h"
#include "sys/fd.h"

#define PATH_SIZE  512
#define GOOD       "a good file that nobody may touch"
#define BAD        "bad"
#define SWAPS_LONG 100000

/* What both processes see. */
struct shared {
    atomic_uint swaps;
    atomic_bool stop;
};

static char place[PATH_SIZE];
static struct shared *shared;

static const char *in(const char *name)
{
    static char paths[8][2 * PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", place, name);
    return path;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool write_new(const char *path, const char *text)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static void set_up(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(place, sizeof place, "%s/lazaret-race.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    must(mkdtemp(place) != NULL, "mkdtemp");
    must(mkdir(in("share"), 0755) == 0 && mkdir(in("share/sub"), 0755) == 0 &&
             mkdir(in("other"), 0755) == 0,
         "mkdir");
    must(symlink("../other", in("share/link")) == 0, "symlink");
    must(symlink("../good2", in("share/filelink")) == 0, "symlink");
    must(write_new(in("share/sub/victim"), BAD) && write_new(in("other/victim"), GOOD) &&
             write_new(in("share/good1"), GOOD) && write_new(in("good2"), GOOD),
         "files");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(shared != MAP_FAILED, "mmap");
}

static void swap(const char *a, const char *b)
{
    if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
        atomic_fetch_add(&shared->swaps, 1);
}

/* Only exchanges: nothing is ever lost by the attacker's own hand. */
static void attack(unsigned seed)
{
    while (!atomic_load(&shared->stop)) {
        if (rand_r(&seed) % 16 == 0)
            usleep((useconds_t)rand_r(&seed) % 12000); /* else no put would ever get through */
        switch (rand_r(&seed) % 4) {
        case 0:
            swap(in("share/sub/victim"), in("share/good1"));
            break;
        case 1:
            swap(in("share/sub"), in("share/link"));
            break;
        case 2:
            swap(in("share/sub"), in("other"));
            break;
        default:
            swap(in("share/sub/victim"), in("share/filelink"));
            break;
        }
    }
    _exit(0);
}

static bool is_bad(int fd)
{
    char text[8] = {0};

    return pread(fd, text, sizeof text - 1, 0) == (ssize_t)strlen(BAD) && strcmp(text, BAD) == 0;
}

struct tally {
    unsigned tries, taken, refused, restored;
};

static bool try_put(struct laz_quarantine *q, const char *path, struct laz_quarantine_id *id,
                    struct tally *t)
{
    static const struct laz_quarantine_meta meta;
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct laz_quarantine_put put;
    struct laz_error err;
    enum laz_status s;

    if (fd < 0 || !is_bad(fd))
        return false;
    t->tries++;
    s = laz_quarantine_put(q, fd, path, &meta, &put, &err);
    t->taken += s == LAZ_OK ? 1 : 0;
    t->refused += s != LAZ_OK ? 1 : 0;
    *id = put.id;
    return s == LAZ_OK;
}

static void work(struct laz_quarantine *q, unsigned swaps, struct tally *t)
{
    const char *victim = "share/sub/victim";

    while (atomic_load(&shared->swaps) < swaps) {
        struct laz_quarantine_id id;
        struct laz_error err;

        if (!try_put(q, in(victim), &id, t))
            continue;
        if (t->taken % 2 == 0 && laz_quarantine_restore(q, &id, NULL, false, &err) == LAZ_OK)
            t->restored++;
        else
            while (!write_new(in(victim), BAD) && atomic_load(&shared->swaps) < swaps)
                usleep(100); /* another stands there just now */
        must(laz_quarantine_delete(q, &id, &err) == LAZ_OK, "delete");
    }
}

static unsigned good_count, hidden_count, beside_count;

static int look(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    LAZ_OWNED(laz_fd_drop) int fd = kind == FTW_F ? open(path, O_RDONLY | O_NOFOLLOW) : -1;
    char text[64] = {0};

    (void)st;
    if (strncmp(path + walk->base, ".lazaret-", 9) == 0)
        hidden_count++;
    if (fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strcmp(text, GOOD) == 0) {
        good_count++;
        beside_count += strstr(path, ".lazaret-") != NULL ? 1 : 0;
    }
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static unsigned test_count, failed_count;

static void report(bool ok, const char *text)
{
    test_count++;
    failed_count += ok ? 0 : 1;
    printf("%sok %u - %s\n", ok ? "" : "not ", test_count, text);
}

int main(int argc, char **argv)
{
    static const struct laz_quarantine_limits limits = {.free_min = 1};
    struct laz_quarantine *q;
    struct laz_error err;
    struct tally t = {0};
    uint64_t swaps;
    pid_t pid;

    if (argc != 2 || !laz_parse_u64(laz_view_of(argv[1]), 100000000, &swaps))
        return 2;
    if (getenv("LAZ_LONG") != NULL)
        swaps = SWAPS_LONG;
    set_up();
    must(laz_quarantine_open(in("q"), &limits, &q, &err) == LAZ_OK, "quarantine");
    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0)
        attack((unsigned)getpid());
    work(q, (unsigned)swaps, &t);
    atomic_store(&shared->stop, true);
    must(waitpid(pid, NULL, 0) == pid, "waitpid");
    nftw(place, look, 16, FTW_PHYS);
    printf("# %u swaps, %u puts: %u taken, %u refused; %u restored; %u good files moved beside\n",
           atomic_load(&shared->swaps), t.tries, t.taken, t.refused, t.restored, beside_count);
    report(good_count == 3, "no good file was removed or changed");
    report(hidden_count == 0, "no hidden folder is left");
    report(t.taken > 0 && t.refused > 0, "some were taken, and some refused");
    laz_quarantine_free(q);
    nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("1..%u\n", test_count);
    return failed_count > 0;
}
