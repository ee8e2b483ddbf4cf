/* A file's way with a database: any bytes are identified, matched, unpacked, and each member the
 * same. The verdict must fit together: what was found is malicious, what was not read is not clean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "rules/compiler.h"
#include "rules/source.h"
#include "scan/scan.h"

#define PAGE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Hashes of "hello" and of a size that an object may have, bodies for several targets, a rule that
 * asks for more than one string, and one that only raises suspicion. */
static const struct {
    const char *name, *text;
} sources[] = {
    {"a.hdb", "5d41402abc4b2a76b9719d911017c592:5:Hash.Hello\n"
              "00000000000000000000000000000000:64:Hash.Zero\n"},
    {"a.ndb", "Body.Any:0:*:6e6565646c65\n"
              "Body.Pe:1:0:4d5a{2-80}50450000\n"
              "Body.Html:3:*:3c7363726970743e\n"},
    {"a.yar", "rule Two { strings: $a = \"alpha\" $b = \"beta\" nocase "
              "condition: all of them and filesize < 1MB }\n"
              "rule May : suspicious { strings: $a = { 66 6F ?? 66 6F } "
              "condition: $a at 0 or #a > 2 }\n"},
};

/* Each look at the clock takes a millisecond, so that every input ends at the same place. */
static int64_t now_ms;

static int64_t count_looks(void)
{
    return now_ms++;
}

static struct laz_scanner *make_scanner(void)
{
    struct laz_source_options options = {.skipped = NULL};
    struct laz_database *db = NULL;
    struct laz_scanner *s = NULL;
    struct laz_ruleset set;
    struct laz_buf image;
    void *page;

    laz_ruleset_init(&set);
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct laz_source source = {.name = sources[i].name, .text = laz_view_of(sources[i].text)};

        LAZ_ASSERT(laz_source_read(&set, &source, &options, NULL) == LAZ_OK);
    }
    LAZ_ASSERT(laz_compile(&set, "", 1, &image, NULL) == LAZ_OK);
    LAZ_ASSERT(posix_memalign(&page, PAGE, image.len) == 0);
    memcpy(page, image.data, image.len);
    LAZ_ASSERT(laz_database_open(laz_view_from(page, image.len), &db, NULL) == LAZ_OK);
    LAZ_ASSERT(laz_scanner_new(db, count_looks, &s, NULL) == LAZ_OK);
    laz_buf_clear(&image);
    laz_ruleset_clear(&set);
    return s;
}

static void check_verdict(const struct laz_verdict *v)
{
    LAZ_ASSERT((v->kind == LAZ_CLEAN) == (v->reason[0] == 0));
    LAZ_ASSERT((v->detection_count > 0) == (v->kind == LAZ_MALICIOUS || v->kind == LAZ_SUSPICIOUS));
    LAZ_ASSERT(v->kind != LAZ_CLEAN || v->note_count == 0);
    LAZ_ASSERT(v->detection_count <= LAZ_VERDICT_DETECTIONS_MAX);
    LAZ_ASSERT(v->note_count <= LAZ_VERDICT_NOTES_MAX && v->objects > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct laz_scan_limits limits = {.bytes_max = 4 * MIB,
                                                  .objects_max = 256,
                                                  .depth_max = 6,
                                                  .time_max_ms = 2000,
                                                  .want_sha256 = true};
    static struct laz_scanner *scanner; /* kept for all inputs, as a worker does */
    static struct laz_verdict verdict;

    if (scanner == NULL)
        scanner = make_scanner();
    now_ms = 0;
    laz_scan(scanner, laz_view_from(data, size), size, &limits, &verdict);
    check_verdict(&verdict);
    return 0;
}
