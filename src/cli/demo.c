#include "cli/demo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"
#include "cli/cli.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define TESTFILES       "/usr/share/clamav-testfiles"
#define SAMPLE_MAX      (16 * MIB)
#define CATCH_WAIT_MS   10000
#define ATTACK_WAIT_MS  30000
#define RESTORE_WAIT_MS 30000

struct demo {
    char share[PATH_MAX];
    unsigned failed; /* acts that did not end as they must */
};

static void print_usage(void)
{
    printf(
        "usage: lazaret demo [--data DIR] [--share DIR]\n\n"
        "Plays an attack on a scratch share that the running agent guards: test files of malware\n"
        "are dropped on it, then a program encrypts its documents one after another. Tells what\n"
        "was caught, and compares every document with what it was.\n\n"
        "  --data DIR   the data folder of 'lazaret up' (default: data)\n"
        "  --share DIR  the scratch share (default: DIR/share)\n\n"
        "Exits 0 when everything was caught and nothing was lost, 1 when not, 2 on an error.\n");
}

static void tell(struct demo *d, bool good, const char *text)
{
    printf("  %s %s\n", good ? "[stopped]" : "[MISSED] ", text);
    fflush(stdout);
    if (!good)
        d->failed++;
}

static void share_path(const struct demo *d, const char *name, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s", d->share, name);

    LAZ_ASSERT(len > 0 && len < PATH_MAX);
}

/* True when path is gone before the time is over. */
static bool waits_until_gone(const char *path, int timeout_ms)
{
    int64_t end = laz_monotonic_ms() + timeout_ms;

    while (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        if (laz_monotonic_ms() > end)
            return false;
        laz_sleep_ms(20);
    }
    return true;
}

static bool write_sample(const char *path, struct laz_view content)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    return fd >= 0 && laz_write_all(fd, content, NULL) == LAZ_OK;
}

static void drop_eicar_on_close(struct demo *d)
{
    char eicar[LAZ_DEMO_EICAR_SIZE + 1], path[PATH_MAX], text[PATH_MAX + 64];
    int64_t start = laz_monotonic_ms();

    laz_demo_eicar(eicar);
    share_path(d, "invoice.com", path);
    if (!write_sample(path, laz_view_of(eicar))) {
        tell(d, false, "EICAR's test file could not be written");
        return;
    }
    if (waits_until_gone(path, CATCH_WAIT_MS)) {
        snprintf(text, sizeof text, "EICAR written as invoice.com: quarantined %lld ms after close",
                 (long long)(laz_monotonic_ms() - start));
        tell(d, true, text);
        return;
    }
    tell(d, false, "EICAR written as invoice.com was not caught on close");
    laz_ignore(unlink(path)); /* the demo leaves no sample behind */
}

/* A file that was there before anybody looked: moved in whole, so that no close tells of it. */
static void drop_eicar_on_open(struct demo *d)
{
    char eicar[LAZ_DEMO_EICAR_SIZE + 1], outside[PATH_MAX + 16], path[PATH_MAX];
    LAZ_OWNED(laz_fd_drop) int fd = -1;

    laz_demo_eicar(eicar);
    snprintf(outside, sizeof outside, "%s.before", d->share);
    share_path(d, "old-backup.com", path);
    if (!write_sample(outside, laz_view_of(eicar)) || rename(outside, path) != 0) {
        tell(d, false, "EICAR could not be moved in");
        laz_ignore(unlink(outside)); /* the demo leaves no sample behind */
        return;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    tell(d, fd < 0, "EICAR moved in as old-backup.com: its first open was refused");
    if (!waits_until_gone(path, CATCH_WAIT_MS)) {
        tell(d, false, "old-backup.com was not quarantined");
        laz_ignore(unlink(path)); /* the demo leaves no sample behind */
    }
}

static bool copy_sample(const char *name, const char *to)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf content = {0};
    char from[PATH_MAX];

    laz_buf_init(&content, SAMPLE_MAX);
    snprintf(from, sizeof from, "%s/%s", TESTFILES, name);
    return laz_read_file(from, &content, NULL) == LAZ_OK &&
           write_sample(to, laz_buf_view(&content));
}

/* All test files are dropped first and looked for afterwards, as a worm would. */
static unsigned drop_test_files(struct demo *d)
{
    DIR *folder = opendir(TESTFILES);
    unsigned count = 0;

    if (folder == NULL)
        return 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char to[PATH_MAX];

        if (e->d_name[0] == '.')
            continue;
        share_path(d, e->d_name, to);
        if (copy_sample(e->d_name, to))
            count++;
    }
    closedir(folder);
    return count;
}

/* Counts those that are still there after they all had time, and removes them. */
static unsigned collect_test_files(struct demo *d)
{
    DIR *folder = opendir(TESTFILES);
    unsigned left = 0;

    if (folder == NULL)
        return 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char to[PATH_MAX];

        if (e->d_name[0] == '.')
            continue;
        share_path(d, e->d_name, to);
        if (unlink(to) == 0)
            left++;
    }
    closedir(folder);
    return left;
}

static void drop_malware_in_containers(struct demo *d)
{
    static const char *const opened[] = {"clam.exe", "clam.zip",    "clam.7z",
                                         "clam.cab", "clam.tar.gz", "clam.newc.cpio"};
    char text[256];
    unsigned count = drop_test_files(d), caught = 0, left;

    if (count == 0) {
        printf("  [skipped] %s is not there (apt install clamav-testfiles)\n", TESTFILES);
        return;
    }
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
        char path[PATH_MAX];

        share_path(d, opened[i], path);
        caught += waits_until_gone(path, CATCH_WAIT_MS);
    }
    laz_sleep_ms(1000); /* the rest has had the same time and a second more */
    left = collect_test_files(d);
    snprintf(text, sizeof text,
             "clamav-testfiles: %u of %u quarantined by one signature; the other %u are in formats "
             "not opened yet and were reported as incomplete",
             count - left, count, left);
    tell(d, caught == sizeof opened / sizeof *opened, text);
}

static bool starts_attacker(struct demo *d, struct laz_child *out, struct laz_error *err)
{
    char dir[PATH_MAX], path[PATH_MAX + 32];
    const char *argv[] = {"lazaret-demo-attacker", d->share, NULL};
    struct laz_spawn spawn = {.path = path, .argv = argv, .dies_with_parent = true};

    if (laz_program_dir(dir, sizeof dir, err) != LAZ_OK)
        return false;
    snprintf(path, sizeof path, "%s/lazaret-demo-attacker", dir);
    return laz_child_spawn(&spawn, out, err) == LAZ_OK;
}

static void wait_for_documents(struct demo *d)
{
    int64_t start = laz_monotonic_ms();
    char first[NAME_MAX + 1], text[NAME_MAX + 128];
    unsigned damaged;

    do {
        damaged = laz_demo_share_damaged(d->share, first, sizeof first);
        if (damaged > 0)
            laz_sleep_ms(50);
    } while (damaged > 0 && laz_monotonic_ms() < start + RESTORE_WAIT_MS);
    if (damaged == 0)
        snprintf(text, sizeof text,
                 "all %d documents are byte for byte what they were, %lld ms later",
                 LAZ_DEMO_DOCUMENTS, (long long)(laz_monotonic_ms() - start));
    else
        snprintf(text, sizeof text, "%u documents are lost or damaged, the first: %s", damaged,
                 first);
    tell(d, damaged == 0, text);
}

static void remove_locked_files(struct demo *d)
{
    DIR *folder = opendir(d->share);

    if (folder == NULL)
        return;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        if (laz_view_ends_text(laz_view_of(e->d_name), ".locked"))
            laz_ignore(
                unlinkat(dirfd(folder), e->d_name, 0)); /* an earlier, lost round's remains */
    closedir(folder);
}

static void play_encryption(struct demo *d)
{
    struct laz_child attacker;
    struct laz_error err;
    int wait_status = 0;
    enum laz_status s;

    remove_locked_files(d);
    if (!starts_attacker(d, &attacker, &err)) {
        laz_ignore(laz_cli_fail(&err)); /* told; counted below */
        d->failed++;
        return;
    }
    printf("  process %ld encrypts the documents one after another…\n", (long)attacker.pid);
    fflush(stdout);
    s = laz_child_wait(&attacker, ATTACK_WAIT_MS, &wait_status);
    if (s != LAZ_OK)
        laz_child_stop(&attacker, 0);
    tell(d, s == LAZ_OK && WIFSIGNALED(wait_status),
         s == LAZ_OK && WIFSIGNALED(wait_status) ? "the encrypting process was ended"
                                                 : "the encrypting process ran to its end");
    wait_for_documents(d);
}

static int play(struct demo *d)
{
    struct laz_error err;

    printf("Lazaret's demo on %s\n", d->share);
    if (laz_demo_share_make(d->share, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    printf("1. %d documents stand on the share. Malware's test files arrive:\n",
           LAZ_DEMO_DOCUMENTS);
    drop_eicar_on_close(d);
    drop_eicar_on_open(d);
    drop_malware_in_containers(d);
    printf("2. Ransomware's stand-in starts:\n");
    play_encryption(d);
    if (d->failed == 0)
        printf("Everything was stopped and nothing was lost. See it on the page.\n");
    else
        printf("%u acts did not end as they must. Is 'lazaret up' running as root, with this share "
               "guarded?\n",
               d->failed);
    return d->failed == 0 ? 0 : 1;
}

int laz_cli_demo(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"share", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *data = "data", *share = NULL;
    struct demo d = {.failed = 0};
    int option;

    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            data = optarg;
            break;
        case 's':
            share = optarg;
            break;
        case 'h':
            print_usage();
            return LAZ_EXIT_OK;
        default:
            return laz_cli_usage_error("demo", argv[optind - 1], "is not an option");
        }
    }
    if (optind != argc)
        return laz_cli_usage_error("demo", argv[optind], "is not an option");
    if (share == NULL ? snprintf(d.share, sizeof d.share, "%s/share", data) >= PATH_MAX - NAME_MAX
                      : snprintf(d.share, sizeof d.share, "%s", share) >= PATH_MAX - NAME_MAX)
        return laz_cli_usage_error("demo", data, "is too long a path");
    return play(&d);
}
