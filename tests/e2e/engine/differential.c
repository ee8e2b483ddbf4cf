/* The same rules and objects to this engine and to its peers, yara and clamscan, which Debian
 * brings: every rule must come to the same answer on every object. Rules and objects are made up
 * from a seed, over few letters, so that much matches and much nearly does. Prints TAP.
 *
 * usage: differential [SEED [ROUNDS [conditions]]]     only conditions, which need no clamscan */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "engine.h"
#include "generate.h"
#include "sys/fd.h"
#include "sys/process.h"

#define OBJECTS  120
#define RULES    80
#define TEXT_MAX (8 * MIB)

struct trial {
    char folder[64];
    struct laz_buf rules;
    struct laz_buf objects[OBJECTS];
    struct laz_buf theirs; /* what the peer printed */
};

static void write_file(const char *path, struct laz_view content)
{
    struct laz_error err;

    if (laz_replace_file(AT_FDCWD, path, content, 0600, &err) != LAZ_OK)
        LAZ_ASSERT(!"a file could not be written");
}

static void make_objects(struct trial *t, struct dice *dice)
{
    char path[128];

    for (size_t i = 0; i < OBJECTS; i++) {
        generate_object(dice, &t->objects[i]);
        snprintf(path, sizeof path, "%s/objects/%03zu", t->folder, i);
        write_file(path, laz_buf_view(&t->objects[i]));
    }
}

static void run_peer(struct trial *t, const char *const *argv)
{
    int out = memfd_create("out", MFD_CLOEXEC), status = 0;
    struct laz_spawn spawn = {.path = argv[0], .argv = argv, .output = out};
    struct laz_child child;
    struct laz_error err;

    LAZ_ASSERT(out >= 0 && laz_child_spawn(&spawn, &child, &err) == LAZ_OK);
    LAZ_ASSERT(laz_child_wait(&child, 120000, &status) == LAZ_OK && WIFEXITED(status));
    LAZ_ASSERT(WEXITSTATUS(status) <= 1); /* clamscan says 1 when it found something */
    LAZ_ASSERT(lseek(out, 0, SEEK_SET) == 0);
    laz_buf_reset(&t->theirs);
    LAZ_ASSERT(laz_read_all(out, &t->theirs, &err) == LAZ_OK);
    close(out);
}

static bool they_found(const struct trial *t, bool is_yara, size_t object, size_t rule)
{
    char line[160];
    int len =
        is_yara ? snprintf(line, sizeof line, "r%03zu %s/objects/%03zu\n", rule, t->folder, object)
                : snprintf(line, sizeof line, "%s/objects/%03zu: r%03zu.UNOFFICIAL FOUND\n",
                           t->folder, object, rule);

    return laz_view_find(laz_buf_view(&t->theirs), laz_view_from(line, (size_t)len)) <
           t->theirs.len;
}

/* Compares all answers. The number of those that both gave as yes, or -1 at the first difference.
 */
static long compare(struct trial *t, bool is_yara)
{
    struct laz_source source = {.name = is_yara ? "r.yar" : "r.ndb",
                                .text = laz_buf_view(&t->rules)};
    struct engine e;
    struct laz_error err;
    struct laz_buf ours;
    char text[1200];
    long both = 0;

    if (engine_build(&e, &source, 1, NULL, &err) != LAZ_OK) {
        laz_error_text(&err, text, sizeof text);
        printf("# %s\n", text);
        return -1;
    }
    laz_buf_init(&ours, TEXT_MAX);
    for (size_t i = 0; i < OBJECTS && both >= 0; i++) {
        laz_buf_reset(&ours);
        LAZ_ASSERT(engine_scan(&e, laz_buf_view(&t->objects[i]), LAZ_TARGET_ANY, NULL, &ours) ==
                   LAZ_OK);
        for (size_t rule = 0; rule < RULES; rule++) {
            bool we, they = they_found(t, is_yara, i, rule);
            char line[16];
            int len = snprintf(line, sizeof line, "r%03zu\n", rule);

            we = laz_view_find(laz_buf_view(&ours), laz_view_from(line, (size_t)len)) < ours.len;
            both += we && they;
            if (we == they)
                continue;
            printf("# rule %zu, object %zu: ours %s, theirs %s\n", rule, i, we ? "yes" : "no",
                   they ? "yes" : "no");
            both = -1;
            break;
        }
    }
    laz_buf_clear(&ours);
    engine_clear(&e);
    return both;
}

typedef void generate_fn(struct dice *dice, size_t number, struct laz_buf *out);

static long run_yara(struct trial *t, struct dice *dice, generate_fn *generate)
{
    char rules[96], objects[96];
    const char *argv[] = {"/usr/bin/yara", "-w", "-r", rules, objects, NULL};

    snprintf(rules, sizeof rules, "%s/r.yar", t->folder);
    snprintf(objects, sizeof objects, "%s/objects", t->folder);
    laz_buf_reset(&t->rules);
    for (size_t i = 0; i < RULES; i++)
        generate(dice, i, &t->rules);
    write_file(rules, laz_buf_view(&t->rules));
    run_peer(t, argv);
    return compare(t, true);
}

static long run_clamscan(struct trial *t, struct dice *dice)
{
    char rules[96], objects[96], database[112];
    const char *argv[] = {
        "/usr/bin/clamscan", database, "--allmatch", "--no-summary", "-i", "-r", objects, NULL};

    snprintf(rules, sizeof rules, "%s/r.ndb", t->folder);
    snprintf(database, sizeof database, "--database=%s", rules);
    snprintf(objects, sizeof objects, "%s/objects", t->folder);
    laz_buf_reset(&t->rules);
    for (size_t i = 0; i < RULES; i++)
        generate_clamav_rule(dice, i, &t->rules);
    write_file(rules, laz_buf_view(&t->rules));
    run_peer(t, argv);
    return compare(t, false);
}

static void remove_folder(const char *folder)
{
    char path[128];

    for (size_t i = 0; i < OBJECTS; i++) {
        snprintf(path, sizeof path, "%s/objects/%03zu", folder, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/objects", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/r.yar", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/r.ndb", folder);
    unlink(path);
    rmdir(folder);
}

static bool report(unsigned number, const char *peer, uint64_t seed, long both)
{
    bool ok = both > 0; /* without any agreement on a find, nothing was compared */

    printf("%s %u - the same answers as %s, seed %llu\n", ok ? "ok" : "not ok", number, peer,
           (unsigned long long)seed);
    if (ok)
        printf("# %d answers, %ld of them yes\n", OBJECTS * RULES, both);
    return ok;
}

/* The number of checks in a round. */
static unsigned checks_of(bool only_conditions)
{
    return only_conditions ? 1 : 3;
}

static bool compare_all(struct trial *t, struct dice *dice, uint64_t seed, unsigned number,
                        bool only_conditions)
{
    bool ok = true;

    if (!only_conditions) {
        ok = report(number++, "yara", seed, run_yara(t, dice, generate_yara_rule));
        ok = ok && report(number, "clamscan", seed, run_clamscan(t, dice));
        number++;
    }
    return ok &&
           report(number, "yara, of conditions", seed, run_yara(t, dice, generate_condition_rule));
}

static bool run_round(uint64_t seed, unsigned number, bool only_conditions)
{
    struct trial t = {.folder = "/tmp/lazaret-differential-XXXXXX"};
    struct dice dice = {seed};
    char path[96];
    bool ok;

    LAZ_ASSERT(mkdtemp(t.folder) != NULL);
    snprintf(path, sizeof path, "%s/objects", t.folder);
    LAZ_ASSERT(mkdir(path, 0755) == 0 && chmod(t.folder, 0755) == 0);
    laz_buf_init(&t.rules, TEXT_MAX);
    laz_buf_init(&t.theirs, TEXT_MAX);
    for (size_t i = 0; i < OBJECTS; i++)
        laz_buf_init(&t.objects[i], TEXT_MAX);
    make_objects(&t, &dice);
    ok = compare_all(&t, &dice, seed, number, only_conditions);
    if (ok)
        remove_folder(t.folder);
    else
        printf("# kept: %s\n", t.folder);
    for (size_t i = 0; i < OBJECTS; i++)
        laz_buf_clear(&t.objects[i]);
    laz_buf_clear(&t.rules);
    laz_buf_clear(&t.theirs);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, rounds = getenv("LAZ_LONG") != NULL ? 12 : 4; /* 9,600 answers a check */
    bool only_conditions = argc > 3 && strcmp(argv[3], "conditions") == 0, ok = true;

    if ((argc > 1 && !laz_parse_u64(laz_view_of(argv[1]), UINT32_MAX, &seed)) ||
        (argc > 2 && !laz_parse_u64(laz_view_of(argv[2]), 10000, &rounds))) {
        fprintf(stderr, "usage: differential [SEED [ROUNDS [conditions]]]\n");
        return 2;
    }
    printf("1..%u\n", checks_of(only_conditions) * (unsigned)rounds);
    for (uint64_t i = 0; i < rounds; i++)
        ok = run_round(seed + i, checks_of(only_conditions) * (unsigned)i + 1, only_conditions) &&
             ok;
    return !ok;
}
