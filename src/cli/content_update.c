#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/cli.h"
#include "cli/content.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define ROUNDS_MAX    6 /* of leaving out what fires on clean files */
#define SAMPLE        2000u
#define PROVE_S       120u
#define LEFT_OUT_MAX  20u
#define SLOWER_MAX    4u
#define FAST_ENOUGH   (20 * MIB)
#define RUN_PAUSE_MS  60000
#define RUN_SPREAD_MS 30000

struct arguments {
    const char *data;
    struct laz_content_update update;
};

/* ---------------------------------------------------------------- build, prove, put in place */

static enum laz_status open_next(const struct laz_content *c, int *out, struct laz_error *err)
{
    laz_ignore(unlinkat(c->store.db_fd, LAZ_STORE_NEXT, 0) != 0); /* of a run that was ended */
    *out = openat(c->store.db_fd, LAZ_STORE_NEXT,
                  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    return *out < 0 ? laz_fail_errno(err, "content", c->store.db_path, "check rights and space")
                    : LAZ_OK;
}

static void say_proof(const struct laz_content_update *u, const struct laz_content_proof *p)
{
    if (u->quiet)
        return;
    printf("proved on %llu clean files (%llu MiB) in %lld ms%s\n", (unsigned long long)p->files,
           (unsigned long long)(p->bytes / MIB), (long long)p->elapsed_ms,
           p->stopped ? "; the time ran out before all were seen" : "");
    fflush(stdout);
}

/* What fires is left out and the database made again, until nothing does. */
static enum laz_status make_proved(struct laz_content_build *b, const struct laz_content_update *u,
                                   struct laz_content_clean_set *clean, int out,
                                   struct laz_error *err)
{
    struct laz_content_proof proof;

    for (int round = 1; round <= ROUNDS_MAX; round++) {
        bool again = false;
        enum laz_status s = laz_content_compile(b, out, err);

        if (s == LAZ_OK)
            s = laz_content_prove_clean(b, out, u, clean, round > 1, &proof, &again, err);
        if (s != LAZ_OK)
            return s;
        if (round == 1)
            say_proof(u, &proof);
        if (!again && proof.fired == 0)
            return LAZ_OK;
        if (!again)
            break; /* it was left out and fires all the same */
        s = laz_content_gather(b, NULL, err);
        if (s != LAZ_OK)
            return s;
    }
    return laz_fail(err, LAZ_INVALID, "content", "database",
                    "fires on clean files whatever is left out",
                    "the one in use stays; remove the source that is named above");
}

static enum laz_status prove_rest(const struct laz_content *c, const struct laz_content_update *u,
                                  const struct laz_content_clean_set *clean, int db,
                                  struct laz_error *err)
{
    enum laz_status s = laz_content_prove_samples(db, err);

    return s == LAZ_OK ? laz_content_prove_speed(c, db, u, clean, err) : s;
}

/* What stands in the database is kept beside what comes next. */
static void note_good(const struct laz_content_build *b)
{
    struct laz_content *c = b->content;

    c->registry.left_out = 0;
    for (size_t i = 0; i < b->part_count; i++) {
        const struct laz_content_part *part = &b->parts[i];
        struct laz_feed_source *s = part->source;
        LAZ_OWNED(laz_fd_drop) int dir = -1;

        c->registry.left_out += part->left_out;
        if (s == NULL)
            continue;
        s->left_out = part->left_out;
        s->taken = part->taken;
        s->unusable = part->unusable;
        if (!laz_feed_is_remote(s) || part->refused || part->use_good || s->digest[0] == '\0')
            continue;
        dir = laz_feed_store_source(&c->store, s->id);
        if (dir >= 0 && laz_feed_store_link(dir, "content", "good", NULL) == LAZ_OK)
            memcpy(s->good, s->digest, sizeof s->good);
    }
}

static enum laz_status install(struct laz_content_build *b, int out,
                               const char inputs[LAZ_FEED_DIGEST_SIZE], struct laz_error *err)
{
    struct laz_content *c = b->content;
    enum laz_status s;

    if (fchmod(out, 0644) != 0 || fsync(out) != 0)
        return laz_fail_errno(err, "content", c->store.db_path, "check the disk's space");
    s = laz_feed_store_swap(&c->store, err);
    if (s != LAZ_OK)
        return s;
    note_good(b);
    memcpy(c->registry.inputs, inputs, LAZ_FEED_DIGEST_SIZE);
    c->registry.built_ms = (uint64_t)laz_now_ms();
    c->registry.held_ms = 0;
    return laz_content_save(c, err);
}

static enum laz_status build(struct laz_content_build *b, const struct laz_content_update *u,
                             const char inputs[LAZ_FEED_DIGEST_SIZE], struct laz_error *err)
{
    struct laz_content *c = b->content;
    struct laz_content_clean_set clean = {0};
    LAZ_OWNED(laz_fd_drop) int out = -1;
    enum laz_status s = open_next(c, &out, err);

    if (s == LAZ_OK)
        s = laz_content_clean_collect(u, &clean, err);
    if (s == LAZ_OK)
        s = make_proved(b, u, &clean, out, err);
    if (s == LAZ_OK)
        s = prove_rest(c, u, &clean, out, err);
    if (s == LAZ_OK && !u->dry_run)
        s = install(b, out, inputs, err);
    if (out >= 0 && (s != LAZ_OK || u->dry_run))
        laz_ignore(unlinkat(c->store.db_fd, LAZ_STORE_NEXT, 0) != 0); /* or it went into place */
    laz_content_clean_clear(&clean);
    return s;
}

static bool has_database(const struct laz_content *c)
{
    return faccessat(c->store.db_fd, LAZ_STORE_CURRENT, F_OK, 0) == 0;
}

static void say(const struct laz_content_update *u, const char *text)
{
    if (u->quiet)
        return;
    printf("%s\n", text);
    fflush(stdout);
}

static enum laz_status build_if_new(struct laz_content *c, const struct laz_content_update *u,
                                    struct laz_error *err)
{
    char inputs[LAZ_FEED_DIGEST_SIZE] = "";
    struct laz_content_build b;
    enum laz_status s;

    laz_content_build_init(&b, c);
    s = laz_content_gather(&b, inputs, err);
    if (s == LAZ_OK && strcmp(inputs, c->registry.inputs) == 0 && has_database(c) &&
        c->registry.held_ms == 0) {
        say(u, "nothing is new: the database stays");
    } else if (s == LAZ_OK) {
        s = build(&b, u, inputs, err);
        if (s == LAZ_OK)
            say(u, u->dry_run ? "the new database would be put in place"
                              : "the new database is in place");
    }
    laz_content_build_clear(&b);
    return s;
}

static enum laz_status update(struct laz_content *c, const struct laz_content_update *u,
                              struct laz_error *err)
{
    struct laz_error saved;
    bool changed;
    enum laz_status s;

    if (u->only != NULL && laz_feed_registry_find(&c->registry, u->only) == NULL)
        return laz_fail(err, LAZ_NOT_FOUND, "content", u->only, "is no source",
                        "see 'lazaret content list'");
    s = laz_content_fetch(c, u, &changed, err);
    if (s != LAZ_OK)
        return s;
    if (u->due && c->registry.held_ms > 0) {
        say(u,
            "the database was taken back: it stays until 'lazaret content update' is run by hand");
        return LAZ_OK;
    }
    s = build_if_new(c, u, err);
    /* What was learned of the sources is kept also when no database came of it. */
    if (laz_content_save(c, &saved) != LAZ_OK && s == LAZ_OK) {
        if (err != NULL)
            *err = saved;
        s = saved.status;
    }
    return s;
}

/* ---------------------------------------------------------------- arguments */

static bool take_number(uint32_t *out, uint64_t least, uint64_t most)
{
    uint64_t n;

    if (!laz_parse_u64(laz_view_of(optarg), most, &n) || n < least)
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool take_option(struct arguments *a, int option)
{
    struct laz_content_update *u = &a->update;

    switch (option) {
    case 'd':
        a->data = optarg;
        return true;
    case 'o':
        u->only = optarg;
        return true;
    case 'u':
        return u->due = true;
    case 'w':
        return u->now = true;
    case 'n':
        return u->dry_run = true;
    case 'q':
        return u->quiet = true;
    case 'c':
        if (u->clean_count == LAZ_CONTENT_CLEAN_MAX)
            return false;
        u->clean[u->clean_count++] = optarg;
        return true;
    case 's':
        return take_number(&u->sample, 0, 100000);
    case 'p':
        return take_number(&u->prove_s, 1, 3600);
    case 'l':
        return take_number(&u->left_out_max, 0, 100000);
    case 'x':
        return take_number(&u->slower_max, 1, 1000);
    case 'f':
        return laz_parse_size(laz_view_of(optarg), UINT64_MAX / 1000, &u->fast_enough);
    case 't':
        return take_number(&u->slow_s, 1, 3600);
    default:
        return false;
    }
}

static bool parse(struct arguments *a, int argc, char **argv, int *status)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'},
        {"only", required_argument, NULL, 'o'},
        {"due", no_argument, NULL, 'u'},
        {"now", no_argument, NULL, 'w'},
        {"dry-run", no_argument, NULL, 'n'},
        {"quiet", no_argument, NULL, 'q'},
        {"clean", required_argument, NULL, 'c'},
        {"sample", required_argument, NULL, 's'},
        {"prove-seconds", required_argument, NULL, 'p'},
        {"left-out-max", required_argument, NULL, 'l'},
        {"slower-max", required_argument, NULL, 'x'},
        {"fast-enough", required_argument, NULL, 'f'},
        {"slow-seconds", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *a = (struct arguments){.data = LAZ_CONTENT_DATA,
                            .update = {.sample = SAMPLE,
                                       .prove_s = PROVE_S,
                                       .left_out_max = LEFT_OUT_MAX,
                                       .slower_max = SLOWER_MAX,
                                       .fast_enough = FAST_ENOUGH}};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (take_option(a, option))
            continue;
        *status = laz_cli_usage_error("content", argv[optind - 1],
                                      option == '?' ? "is not an option, or has no value"
                                                    : "is not a value that the option takes");
        return false;
    }
    if (optind == argc)
        return true;
    *status = laz_cli_usage_error("content", argv[optind], "is an argument too many");
    return false;
}

/* ---------------------------------------------------------------- the subcommands */

int laz_content_update(int argc, char **argv)
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    enum laz_status s;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    s = laz_content_open(a.data, true, &c, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    s = update(&c, &a.update, &err);
    laz_content_close(&c);
    return s == LAZ_OK ? LAZ_EXIT_OK : laz_cli_fail(&err);
}

int laz_content_back(int argc, char **argv)
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    enum laz_status s;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    s = laz_content_open(a.data, true, &c, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    s = laz_feed_store_back(&c.store, &err);
    if (s == LAZ_OK) {
        c.registry.held_ms = c.registry.held_ms == 0 ? (uint64_t)laz_now_ms() : 0;
        s = laz_content_save(&c, &err);
    }
    if (s == LAZ_OK)
        printf(c.registry.held_ms > 0
                   ? "The database from before is in place, and stays until 'lazaret content "
                     "update' is run by hand. 'lazaret content back' undoes this.\n"
                   : "The newer database is in place again.\n");
    laz_content_close(&c);
    return s == LAZ_OK ? LAZ_EXIT_OK : laz_cli_fail(&err);
}

/* How long nothing is due; at most an hour, for sources may be added meanwhile. */
static int64_t pause_ms(const struct laz_feed_registry *r)
{
    int64_t next = laz_now_ms() + 60 * RUN_PAUSE_MS, wait;
    uint32_t chance;

    for (size_t i = 0; i < r->count; i++)
        if (r->sources[i].enabled && (int64_t)r->sources[i].next_ms < next)
            next = (int64_t)r->sources[i].next_ms;
    laz_random_bytes(&chance, sizeof chance);
    wait = next - laz_now_ms();
    return (wait > RUN_PAUSE_MS ? RUN_PAUSE_MS
            : wait > 1000       ? wait
                                : 1000) +
           (wait > RUN_PAUSE_MS ? chance % RUN_SPREAD_MS : 0);
}

static bool something_is_due(const struct laz_feed_registry *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->sources[i].enabled && (int64_t)r->sources[i].next_ms <= laz_now_ms())
            return true;
    return false;
}

/* One look. What goes wrong is told, and tried again when its time comes. */
static int64_t run_once(const struct arguments *a)
{
    struct laz_content c;
    struct laz_error err;
    int64_t wait = RUN_PAUSE_MS;
    enum laz_status s = laz_content_open(a->data, true, &c, &err);

    if (s != LAZ_OK) {
        laz_ignore(laz_cli_fail(&err)); /* told */
        return wait;
    }
    if (something_is_due(&c.registry) && update(&c, &a->update, &err) != LAZ_OK)
        laz_ignore(laz_cli_fail(&err)); /* told */
    wait = pause_ms(&c.registry);
    laz_content_close(&c);
    return wait;
}

int laz_content_run(int argc, char **argv)
{
    struct arguments a;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    a.update.due = a.update.quiet = true;
    for (;;)
        laz_sleep_ms(run_once(&a));
}
