/* lazaret scan: hands every file to a pool of boxed workers, and says what they found. */
#include "cli/scan.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "box/pool.h"
#include "cli/cli.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define EXIT_DETECTED   1
#define EXIT_INCOMPLETE 3
#define INSTALLED_DB    "/var/lib/lazaret/db/current.lzdb"
#define OPEN_MAX_COUNT  (LAZ_POOL_WORKERS_MAX * LAZ_POOL_QUEUE_MAX)
#define TIME_MAX_S      86400

struct options {
    const char *db, *crash_dir;
    bool json, verbose;
    uint32_t jobs;
    struct laz_scan_limits limits;
};

struct run {
    struct options options;
    struct laz_pool *pool;
    struct laz_walk walk;
    struct laz_scan_summary summary;
    struct laz_worker_answer answer;
    char *open_paths[OPEN_MAX_COUNT]; /* of the jobs that the pool has, by job number */
    bool failed;                      /* the pool is of no more use */
};

static void print_usage(FILE *out)
{
    fprintf(
        out,
        "usage: lazaret scan [OPTION...] PATH...\n\n"
        "Scans files, and folders with all below them. Links below a folder are not followed.\n\n"
        "  --db FILE          detection database (default: the installed one, or in a build\n"
        "                     tree the one made from content/)\n"
        "  --json             one line of JSON for each file\n"
        "  --jobs N           worker processes (default: one for each processor)\n"
        "  --max-bytes N      unpacked from one file, in all; K, M or G may follow\n"
        "                     (default 512M)\n"
        "  --max-objects N    members of one file, in all (default 100000)\n"
        "  --max-depth N      of archives in archives (default 16, at most 64)\n"
        "  --max-time N       seconds of processor time for one file (default 10)\n"
        "  --crash-dir DIR    keep files that ended a worker there\n"
        "  --verbose          name clean files too\n"
        "  --help             this text\n\n"
        "Exit status: 0 all is clean; 1 something was detected; 2 an error;\n"
        "3 nothing was detected, but something could not be read completely.\n");
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    return laz_parse_u64(laz_view_of(text), max, out) && *out >= min;
}

static bool set_option(struct options *o, int option, const char *value)
{
    uint64_t n;

    switch (option) {
    case 'd':
        o->db = value;
        return true;
    case 'c':
        o->crash_dir = value;
        return true;
    case 'J':
        o->json = o->limits.want_sha256 = true;
        return true;
    case 'v':
        o->verbose = true;
        return true;
    case 'j':
        if (!parse_number(value, 1, LAZ_POOL_WORKERS_MAX, &n))
            return false;
        o->jobs = (uint32_t)n;
        return true;
    case 'b':
        return laz_parse_size(laz_view_of(value), UINT64_MAX, &o->limits.bytes_max);
    case 'o':
        return laz_parse_u64(laz_view_of(value), UINT64_MAX, &o->limits.objects_max);
    case 'p':
        if (!parse_number(value, 0, LAZ_SCAN_DEPTH_LIMIT, &n))
            return false;
        o->limits.depth_max = (uint32_t)n;
        return true;
    case 't':
        if (!parse_number(value, 1, TIME_MAX_S, &n))
            return false;
        o->limits.time_max_ms = (uint32_t)n * 1000;
        return true;
    }
    return false;
}

/* The status to exit with, or -1 to go on. */
static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"db", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'J'},
        {"jobs", required_argument, NULL, 'j'},
        {"max-bytes", required_argument, NULL, 'b'},
        {"max-objects", required_argument, NULL, 'o'},
        {"max-depth", required_argument, NULL, 'p'},
        {"max-time", required_argument, NULL, 't'},
        {"crash-dir", required_argument, NULL, 'c'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, index;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, &index)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            return LAZ_EXIT_OK;
        }
        if (option == '?')
            return laz_cli_usage_error("scan", argv[optind - 1], "is not an option");
        if (option == ':')
            return laz_cli_usage_error("scan", argv[optind - 1], "needs a value");
        if (!set_option(o, option, optarg))
            return laz_cli_usage_error("scan", optarg, "is not a number in the range allowed");
    }
    if (optind == argc)
        return laz_cli_usage_error("scan", "", "no path was named");
    return -1;
}

/* The status of the worst thing told so far is kept by the counters. */
static void tell_error(void *context, const char *path, const struct laz_error *err)
{
    struct run *run = context;

    run->summary.errors++;
    laz_ignore(laz_cli_fail(err)); /* the exit status comes at the end */
    if (run->options.json) {
        struct laz_verdict *v = &run->answer.verdict;

        laz_verdict_init_incomplete(v, LAZ_REASON_UNREADABLE);
        laz_scan_print_json(path, v);
    }
}

static void count(struct laz_scan_summary *s, const struct laz_verdict *v)
{
    s->files++;
    s->bytes_read += v->read;
    switch (v->kind) {
    case LAZ_CLEAN:
        s->clean++;
        break;
    case LAZ_SUSPICIOUS:
        s->suspicious++;
        break;
    case LAZ_MALICIOUS:
        s->malicious++;
        break;
    case LAZ_INCOMPLETE:
        s->incomplete++;
        break;
    }
}

static void tell_answer(struct run *run)
{
    const struct laz_verdict *v = &run->answer.verdict;
    char **path = &run->open_paths[run->answer.job];

    LAZ_ASSERT(run->answer.job < OPEN_MAX_COUNT && *path != NULL);
    count(&run->summary, v);
    if (v->kind == LAZ_INCOMPLETE && strcmp(v->reason, "unreadable") == 0) {
        struct laz_error err;

        run->summary.errors++;
        laz_ignore(laz_fail(&err, LAZ_IO, "scan", *path, "was cut or failed while it was read",
                            "scan it again"));
        laz_ignore(laz_cli_fail(&err)); /* the exit status comes at the end */
    }
    if (run->options.json)
        laz_scan_print_json(*path, v);
    else
        laz_scan_print_text(*path, v, run->options.verbose);
    free(*path);
    *path = NULL;
}

/* Waits for one answer. False when the pool is of no more use. */
static bool take_answer(struct run *run)
{
    struct laz_error err;
    enum laz_status s = laz_pool_next(run->pool, -1, &run->answer, &err);

    if (s == LAZ_OK) {
        tell_answer(run);
        return true;
    }
    if (s != LAZ_NOT_FOUND) {
        run->failed = true;
        laz_ignore(laz_cli_fail(&err)); /* the exit status comes at the end */
    }
    return false;
}

/* OPEN_MAX_COUNT when the pool has as many jobs as it can ever take. */
static size_t find_free_job(const struct run *run)
{
    size_t job = 0;

    while (job < OPEN_MAX_COUNT && run->open_paths[job] != NULL)
        job++;
    return job;
}

static enum laz_status submit(struct run *run, const char *path, int fd)
{
    struct laz_scan_limits limits = run->options.limits;
    size_t job = find_free_job(run);
    enum laz_status s;

    if (job == OPEN_MAX_COUNT)
        return LAZ_BUSY;
    run->open_paths[job] = strdup(path);
    if (run->open_paths[job] == NULL)
        return LAZ_NOMEM;
    laz_scan_limits_name(&limits, laz_view_of(path));
    s = laz_pool_submit(run->pool, job, fd, &limits);
    if (s != LAZ_OK) {
        free(run->open_paths[job]);
        run->open_paths[job] = NULL;
    }
    return s;
}

static bool scan_file(void *context, const char *path, int fd)
{
    struct run *run = context;
    struct laz_error err;
    enum laz_status s = submit(run, path, fd);

    while (s == LAZ_BUSY) {
        if (!take_answer(run)) /* a busy pool has an answer coming, or has failed */
            return false;
        s = submit(run, path, fd);
    }
    if (s == LAZ_OK)
        return true;
    laz_ignore(laz_fail(&err, s, "scan", path, "cannot be handed to a worker",
                        "raise the limits of memory and of open files"));
    tell_error(run, path, &err);
    return true;
}

static void choose_db(struct options *o, char *room, size_t size)
{
    if (o->db != NULL)
        return;
    if (laz_program_dir(room, size - sizeof "/content.lzdb", NULL) == LAZ_OK) {
        snprintf(room + strlen(room), sizeof "/content.lzdb", "/content.lzdb");
        if (access(room, F_OK) == 0) {
            o->db = room;
            return;
        }
    }
    o->db = INSTALLED_DB;
}

static uint32_t processor_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > (long)LAZ_POOL_WORKERS_MAX ? LAZ_POOL_WORKERS_MAX : (uint32_t)n;
}

static enum laz_status open_pool(struct run *run, struct laz_error *err)
{
    struct laz_pool_config config = {
        .worker = {.db_path = run->options.db, .db_fd = -1, .drop_identity = true},
        .crash_dir = run->options.crash_dir,
    };

    return laz_pool_new(&config, run->options.jobs, &run->pool, err);
}

static int exit_status(const struct run *run)
{
    const struct laz_scan_summary *s = &run->summary;

    if (s->malicious + s->suspicious > 0)
        return EXIT_DETECTED;
    if (run->failed || s->errors > 0)
        return LAZ_EXIT_ERROR;
    return s->incomplete > 0 ? EXIT_INCOMPLETE : LAZ_EXIT_OK;
}

/* Who reads our output must not take a part of it for all. */
static void check_output(struct run *run)
{
    struct laz_error err;

    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return;
    run->failed = true;
    laz_ignore(laz_fail(&err, LAZ_IO, "scan", "standard output", "could not be written",
                        "check its space, and who reads it"));
    laz_ignore(laz_cli_fail(&err)); /* the exit status comes at the end */
}

static void scan_all(struct run *run, char **paths)
{
    int64_t start = laz_monotonic_ms();

    run->walk = (struct laz_walk){.file = scan_file, .error = tell_error, .context = run};
    while (*paths != NULL && laz_walk_path(&run->walk, *paths))
        paths++;
    while (!run->failed && take_answer(run))
        continue;
    run->summary.elapsed_ms = laz_monotonic_ms() - start;
    check_output(run);
    laz_scan_print_summary(&run->summary, &run->walk);
}

int laz_cli_scan(int argc, char **argv)
{
    static struct run run; /* too large for a stack */
    static char db_room[1024];
    struct laz_error err;
    int status;

    run.options.jobs = processor_count();
    laz_scan_limits_init(&run.options.limits);
    status = parse_options(argc, argv, &run.options);
    if (status >= 0)
        return status;
    choose_db(&run.options, db_room, sizeof db_room);
    if (open_pool(&run, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    scan_all(&run, argv + optind);
    laz_pool_free(run.pool);
    for (size_t i = 0; i < OPEN_MAX_COUNT; i++)
        free(run.open_paths[i]);
    return exit_status(&run);
}
