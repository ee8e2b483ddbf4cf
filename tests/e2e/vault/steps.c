/* steps.c - every step of quarantine and vault can be the last one: the process is ended before
 * each of its system calls in turn, and each call that writes is made to fail in turn. After each,
 * what must hold is looked at. Prints TAP. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/quarantine.h"
#include "agent/vault.h"
#include "step.h"
#include "sys/fd.h"

#define PATH_SIZE  512
#define STEPS_MAX  20000u
#define SIZE       ((size_t)100000)
#define TREE_FILES 4

/* Children are ended on purpose; what they leave is no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static char place[PATH_SIZE];
static unsigned test_count, failed_count;

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

static void report(bool ok, const char *text, unsigned steps)
{
    test_count++;
    failed_count += ok ? 0 : 1;
    printf("%sok %u - %s (%u steps)\n", ok ? "" : "not ", test_count, text, steps);
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

static unsigned count_in(const char *dir, const char *suffix)
{
    DIR *d = opendir(dir);
    unsigned count = 0;

    if (d == NULL)
        return 0;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        size_t len = strlen(e->d_name), want = strlen(suffix);

        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && len >= want &&
            strcmp(e->d_name + len - want, suffix) == 0)
            count++;
    }
    closedir(d);
    return count;
}

static void write_pattern(const char *path, uint8_t seed)
{
    uint8_t *data = malloc(SIZE);
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    must(data != NULL && fd >= 0, path);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * seed + i / 256);
    must(write(fd, data, SIZE) == (ssize_t)SIZE, path);
    must(fsetxattr(fd, "user.seed", &seed, 1, 0) == 0, path);
    free(data);
}

static bool is_pattern(const char *path, uint8_t seed)
{
    uint8_t *data = malloc(SIZE + 1), found = 0;
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool same = fd >= 0 && data != NULL && read(fd, data, SIZE + 1) == (ssize_t)SIZE;

    for (size_t i = 0; same && i < SIZE; i++)
        same = data[i] == (uint8_t)(i * seed + i / 256);
    free(data);
    return same && fgetxattr(fd, "user.seed", &found, 1) == 1 && found == seed;
}

/* Quarantine. */

static const struct laz_quarantine_limits q_limits = {.free_min = 1};

static struct laz_quarantine *open_quarantine(void)
{
    struct laz_quarantine *q = NULL;
    struct laz_error err;

    must(laz_quarantine_open(in("q"), &q_limits, &q, &err) == LAZ_OK, "quarantine");
    return q;
}

static int do_put(void *context)
{
    static const struct laz_quarantine_meta meta;
    struct laz_quarantine *q = NULL;
    struct laz_quarantine_put put;
    struct laz_error err;
    enum laz_status s = laz_quarantine_open(in("q"), &q_limits, &q, &err);
    int fd = open(in("share/file"), O_RDONLY | O_CLOEXEC);

    (void)context;
    if (s == LAZ_OK)
        s = fd < 0 ? LAZ_IO : laz_quarantine_put(q, fd, in("share/file"), &meta, &put, &err);
    return (int)s;
}

struct first {
    struct laz_quarantine_id id;
    unsigned count;
};

static bool take_first(void *context, const struct laz_quarantine_entry *e)
{
    struct first *f = context;

    f->id = e->id;
    f->count += e->damaged ? 100 : 1;
    return true;
}

static struct first list_quarantine(struct laz_quarantine *q)
{
    struct first f = {.count = 0};
    struct laz_error err;

    must(laz_quarantine_list(q, take_first, &f, &err) == LAZ_OK, "list");
    return f;
}

/* The content stands in exactly one place, and nothing is left beside. result: of the put, or -1.
 */
static bool put_holds(int result)
{
    struct laz_quarantine *q = open_quarantine();
    struct first f = list_quarantine(q);
    bool there = is_pattern(in("share/file"), 7), ok;
    struct laz_error err;

    ok = there ? f.count == 0 : f.count == 1;
    ok = ok && (result < 0 || result == LAZ_OK || there);
    ok = ok && (result != LAZ_OK || !there);
    if (ok && !there)
        ok = laz_quarantine_restore(q, &f.id, NULL, false, &err) == LAZ_OK &&
             is_pattern(in("share/file"), 7);
    ok = ok && count_in(in("share"), "") == 1 && count_in(in("q"), ".t") == 0 &&
         count_in(in("q"), ".m") == 0;
    laz_quarantine_free(q);
    return ok;
}

static void set_up_put(void)
{
    remove_tree(in("q"));
    remove_tree(in("share"));
    must(mkdir(in("share"), 0755) == 0, "share");
    write_pattern(in("share/file"), 7);
    laz_quarantine_free(open_quarantine());
}

static int do_restore(void *context)
{
    const struct first *f = context;
    struct laz_quarantine *q = NULL;
    struct laz_error err;
    enum laz_status s = laz_quarantine_open(in("q"), &q_limits, &q, &err);

    return (int)(s == LAZ_OK ? laz_quarantine_restore(q, &f->id, NULL, false, &err) : s);
}

/* The file is there whole or not at all, and the entry stays. */
static bool restore_holds(int result)
{
    struct laz_quarantine *q = open_quarantine();
    struct first f = list_quarantine(q);
    bool there = is_pattern(in("share/file"), 7);
    bool ok =
        f.count == 1 && count_in(in("share"), "") == (there ? 1 : 0) && (result != LAZ_OK || there);

    laz_quarantine_free(q);
    return ok;
}

/* Vault. */

static const struct laz_vault_limits v_limits = {.free_min = 1};

static struct laz_vault *open_vault(void)
{
    struct laz_vault *v = NULL;
    struct laz_error err;

    must(laz_vault_open(in("vault"), LAZ_VAULT_WRITE, &v_limits, &v, &err) == LAZ_OK, "vault");
    return v;
}

static enum laz_status keep_at(struct laz_vault *v, const char *path)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct laz_vault_kept kept;
    struct laz_error err;

    return fd < 0 ? LAZ_IO
                  : laz_vault_keep(v, laz_view_of("actor"), fd, laz_view_of(path), &kept, &err);
}

static int do_keep(void *context)
{
    struct laz_vault *v = NULL;
    struct laz_error err;
    enum laz_status s = laz_vault_open(in("vault"), LAZ_VAULT_WRITE, &v_limits, &v, &err);

    (void)context;
    return (int)(s == LAZ_OK ? keep_at(v, in("share/file")) : s);
}

static bool keep_holds(int result)
{
    struct laz_vault *v = open_vault();
    struct laz_vault_state s;
    bool ok;
    int old = -1;
    enum laz_status found =
        laz_vault_open_old(v, laz_view_of("actor"), laz_view_of(in("share/file")), -1, &old);

    laz_vault_state(v, &s);
    ok = is_pattern(in("share/file"), 7) && s.entries == (found == LAZ_OK ? 1 : 0) &&
         count_in(in("vault/objects"), "") == s.entries && (result != LAZ_OK || found == LAZ_OK) &&
         s.damaged == 0;
    laz_fd_drop(&old);
    laz_vault_free(v);
    return ok;
}

static void set_up_keep(void)
{
    remove_tree(in("vault"));
    remove_tree(in("share"));
    must(mkdir(in("share"), 0755) == 0, "share");
    write_pattern(in("share/file"), 7);
    laz_vault_free(open_vault());
}

/* Four files: one is written to, one is renamed too, one is replaced, one has a second name. */
static void set_up_attack(void)
{
    static const char *const names[TREE_FILES] = {"share/a", "share/b", "share/c", "share/d"};
    struct laz_vault *v;
    struct laz_view actor = laz_view_of("actor");

    set_up_keep();
    for (int i = 0; i < TREE_FILES; i++)
        write_pattern(in(names[i]), (uint8_t)(11 + i));
    must(link(in("share/d"), in("share/e")) == 0, "link");
    v = open_vault();
    for (int i = 0; i < TREE_FILES; i++)
        must(keep_at(v, in(names[i])) == LAZ_OK, names[i]);
    write_pattern(in("share/a"), 99);
    write_pattern(in("share/b"), 99);
    must(rename(in("share/b"), in("share/b.locked")) == 0, "rename");
    must(laz_vault_renamed(v, actor, laz_view_of(in("share/b")), laz_view_of(in("share/b.locked")),
                           0, 0) == LAZ_OK,
         "renamed");
    must(unlink(in("share/c")) == 0, "unlink");
    write_pattern(in("share/c"), 99);
    write_pattern(in("share/d"), 99);
    laz_vault_free(v);
}

static void ignore_report(void *context, const struct laz_vault_report *r)
{
    (void)context;
    (void)r;
}

static int do_rollback(void *context)
{
    static const struct laz_vault_listener nobody = {.report = ignore_report};
    LAZ_OWNED(laz_vault_drop) struct laz_vault *v = NULL;
    struct laz_vault_rollback done = {0};
    struct laz_error err;
    enum laz_status s = laz_vault_open(in("vault"), LAZ_VAULT_WRITE, &v_limits, &v, &err);

    (void)context;
    if (s == LAZ_OK)
        s = laz_vault_roll_back(v, laz_view_of("actor"), &nobody, &done, &err);
    if (s == LAZ_OK && done.failed > 0)
        s = LAZ_IO;
    return (int)s;
}

/* A second try brings all back, whatever happened to the first. */
static bool rollback_holds(int result)
{
    int again = do_rollback(NULL);

    return (again == LAZ_OK || (again == LAZ_NOT_FOUND && result <= 0)) &&
           is_pattern(in("share/file"), 7) && is_pattern(in("share/a"), 11) &&
           is_pattern(in("share/b"), 12) && is_pattern(in("share/c"), 13) &&
           is_pattern(in("share/d"), 14) && is_pattern(in("share/e"), 14) &&
           count_in(in("share"), "") == 6;
}

struct story {
    const char *what;
    void (*set_up)(void);
    int (*act)(void *context);
    bool (*holds)(int result);
    bool with_entry; /* the context is an entry that a put made */
};

static const struct story stories[] = {
    {"putting into quarantine", set_up_put, do_put, put_holds, false},
    {"restoring from quarantine", set_up_put, do_restore, restore_holds, true},
    {"keeping in the vault", set_up_keep, do_keep, keep_holds, false},
    {"rolling back", set_up_attack, do_rollback, rollback_holds, false},
};

static void prepare(const struct story *story, struct first *entry)
{
    story->set_up();
    if (!story->with_entry)
        return;
    must(do_put(NULL) == LAZ_OK, "put");
    {
        struct laz_quarantine *q = open_quarantine();

        *entry = list_quarantine(q);
        laz_quarantine_free(q);
    }
}

static void play(const struct story *story, const struct step_plan *faults, const char *text)
{
    struct step_plan plan = *faults;
    char line[256];
    bool ok = true;

    for (plan.at = 0; plan.at < STEPS_MAX && ok; plan.at++) {
        struct first entry = {.count = 0};
        int result;
        enum step_end end;

        prepare(story, &entry);
        end = step_run(story->act, &entry, &plan, &result);
        ok = story->holds(result);
        if (!ok)
            printf("# step %u, result %d\n", plan.at, result);
        if (end == STEP_DONE) {
            ok = ok && result == LAZ_OK;
            break;
        }
    }
    snprintf(line, sizeof line, "%s: %s", story->what, text);
    report(ok && plan.at > 10 && plan.at < STEPS_MAX, line, plan.at);
}

int main(void)
{
    static const struct step_plan killed = {.fault = STEP_KILL};
    static const struct step_plan full = {.fault = STEP_ERROR, .error = ENOSPC};
    static const struct step_plan broken = {.fault = STEP_ERROR, .error = EIO};
    const char *tmp = getenv("TMPDIR");

    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(place, sizeof place, "%s/lazaret-steps.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    must(mkdtemp(place) != NULL, "mkdtemp");
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        play(&stories[i], &killed, "killed before every call, nothing is lost");
        if (!step_can_disturb())
            continue;
        play(&stories[i], &full, "the disk full at every call, nothing is lost");
        play(&stories[i], &broken, "the disk failing at every call, nothing is lost");
    }
    remove_tree(place);
    printf("1..%u\n", test_count);
    return failed_count > 0;
}
