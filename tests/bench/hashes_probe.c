/* Asks a database for digests: those of a list, which it has, and made ones, which it has not.
 *
 *   hashes_probe DATABASE LIST     prints, in this order: microseconds from open to the first
 *                                  answer, nanoseconds of a miss and of a hit, private kB
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/number.h"
#include "base/text.h"
#include "match/format_known.h"
#include "sys/fd.h"

#define ASKED  1000000u
#define ROUNDS 9

static double now_ns(void)
{
    struct timespec t;

    laz_ignore(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

struct asked {
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    uint64_t size;
};

/* Digests that are not listed, of sizes that may be. */
static void make(struct asked *asked, uint64_t size)
{
    uint64_t state = 88172645463325253u;

    for (unsigned i = 0; i < ASKED; i++) {
        for (unsigned j = 0; j < LAZ_DIGEST_SIZE_MAX; j++)
            asked[i].digest[j] = (uint8_t)(next_random(&state) >> 32);
        asked[i].size = size;
    }
}

/* Every so manieth line of DIGEST:SIZE:NAME. */
static unsigned read_list(struct laz_view list, struct asked *asked)
{
    struct laz_view line, digest, size;
    unsigned count = 0;
    size_t step = list.len / ASKED;

    for (size_t at = 0; count < ASKED && at < list.len; at += step) {
        struct laz_view rest = laz_view_from_offset(list, at);

        if ((at > 0 && !laz_take_until(&rest, '\n', &line)) ||
            !laz_take_until(&rest, '\n', &line) || !laz_take_until(&line, ':', &digest) ||
            !laz_take_until(&line, ':', &size) ||
            !laz_hex_decode(digest, asked[count].digest, 16) ||
            !laz_parse_u64(size, UINT64_MAX, &asked[count].size))
            continue;
        count++;
    }
    return count;
}

static double ask(const struct laz_database *db, const struct asked *asked, unsigned count,
                  unsigned *found)
{
    double start = now_ns();
    struct laz_known known;

    *found = 0;
    for (unsigned i = 0; i < count; i++)
        *found += laz_database_find_digest(db, LAZ_HASH_FILE, LAZ_DIGEST_MD5, asked[i].digest,
                                           asked[i].size, &known);
    return (now_ns() - start) / count;
}

/* The least of some rounds: others use this machine too, and the pages must be there first. */
static double ask_best(const struct laz_database *db, const struct asked *asked, unsigned count,
                       unsigned *found)
{
    double best = ask(db, asked, count, found);

    for (unsigned i = 1; i < ROUNDS; i++) {
        double ns = ask(db, asked, count, found);

        best = ns < best ? ns : best;
    }
    return best;
}

/* What is ours alone: mapped pages of the file are everybody's. */
static unsigned long private_kb(void)
{
    char line[256];
    unsigned long kb = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL &&
           sscanf(line, "Private_Dirty: %lu", &kb) != 1)
        continue;
    if (f != NULL)
        fclose(f);
    return kb;
}

int main(int argc, char **argv)
{
    struct asked *asked = calloc(ASKED, sizeof *asked);
    struct laz_mapping image = {{NULL, 0}}, list = {{NULL, 0}};
    struct laz_database *db = NULL;
    unsigned count, found, missed, first;
    unsigned long before = private_kb(), after;
    double open_ns, miss_ns, hit_ns, start;
    int fd = argc == 3 ? laz_open_read(argv[1]) : -1,
        list_fd = argc == 3 ? laz_open_read(argv[2]) : -1;

    if (asked == NULL || fd < 0 || list_fd < 0)
        return 2;
    start = now_ns();
    if (laz_map_fd(fd, &image, NULL) != LAZ_OK ||
        laz_database_open(image.bytes, &db, NULL) != LAZ_OK)
        return 2;
    laz_ignore(ask(db, asked, 1, &first) < 0); /* its time is part of the start's */
    open_ns = now_ns() - start;
    after = private_kb();
    if (laz_map_fd(list_fd, &list, NULL) != LAZ_OK)
        return 2;
    count = read_list(list.bytes, asked);
    hit_ns = ask_best(db, asked, count, &found);
    make(asked, asked[0].size);
    miss_ns = ask_best(db, asked, ASKED, &missed);
    printf("%.0f %.0f %.0f %lu\n", open_ns / 1000, miss_ns, hit_ns,
           after > before ? after - before : 0);
    if (found != count || missed != 0 || first != 0)
        fprintf(stderr, "hashes_probe: found %u of %u, and %u that are not listed\n", found, count,
                missed + first);
    return found == count && missed == 0 && first == 0 ? 0 : 1;
}
