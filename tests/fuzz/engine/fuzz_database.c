/* A database file from anybody: it is refused, or used without harm. Checksums are made right
 * first, for they keep nobody out who means harm; the matcher of Vectorscan, which cannot be
 * checked, is taken out. */
#include <stdlib.h>

#include "match/database_priv.h"
#include "match/format_known.h"
#include "match/lists.h"
#include "match/matcher.h"
#include "rules/compiler.h"
#include "rules/source.h"

#define IMAGE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Atoms with the lowest numbers, each of which stands in the object. */
static const char rules[] =
    "rule a { strings: $a = \"needle\" $b = \"ABCD\" $c = \"qrs\" $d = \"xyzw\" "
    "condition: any of them }";
static const char object_head[] = "needle ABCDEFGH qrs xyzw..ABCD..CD needle";

/* A whole image with a matcher, kept for all inputs. */
static const struct laz_buf *our_image(void)
{
    static struct laz_buf image;
    struct laz_source source = {.name = "a.yar", .text = laz_view_of(rules)};
    struct laz_source_options options = {.skipped = NULL};
    struct laz_ruleset set;

    if (image.len > 0)
        return &image;
    laz_ruleset_init(&set);
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    LAZ_ASSERT(laz_source_read(&set, &source, &options, NULL) == LAZ_OK &&
               laz_compile(&set, "", 1, &image, NULL) == LAZ_OK);
    laz_ruleset_clear(&set);
    return &image;
}

static void put(uint8_t *p, uint64_t n, unsigned len)
{
    for (unsigned i = 0; i < len; i++, n >>= 8)
        p[i] = (uint8_t)n;
}

static uint8_t *entry_of(uint8_t *image, enum laz_section section)
{
    return image + LAZ_DB_ENTRIES_AT + (size_t)section * LAZ_DB_ENTRY_SIZE;
}

static struct laz_view section_of(struct laz_view image, enum laz_section section)
{
    struct laz_view numbers =
        laz_view_from_offset(image, LAZ_DB_ENTRIES_AT + (uint64_t)section * LAZ_DB_ENTRY_SIZE);
    struct laz_view part = {NULL, 0};
    uint64_t offset, len;

    if (laz_take_u64le(&numbers, &offset) && laz_take_u64le(&numbers, &len) &&
        laz_view_at(image, offset, len, &part))
        return part;
    return (struct laz_view){NULL, 0};
}

/* The first group has our matcher, however long this version's is and whatever pads its section. */
static void take_matcher(uint8_t *image, size_t size, const struct laz_buf *ours)
{
    struct laz_view groups = section_of(laz_view_from(image, size), LAZ_SECTION_GROUPS);
    struct laz_view our_groups = section_of(laz_buf_view(ours), LAZ_SECTION_GROUPS);

    LAZ_ASSERT(our_groups.len >= LAZ_GROUP_SIZE);
    if (groups.len >= LAZ_GROUP_SIZE) /* offset and length */
        memcpy(image + (groups.data - image) + 16, our_groups.data + 16, 8);
}

/* data with our matcher behind it, and with all that says so made right. Free the result. */
static uint8_t *make_image(const uint8_t *data, size_t size, size_t *len)
{
    const struct laz_buf *ours = our_image();
    struct laz_view matcher = section_of(laz_buf_view(ours), LAZ_SECTION_MATCHER);
    size_t start = (size + LAZ_DB_PAGE - 1) / LAZ_DB_PAGE * LAZ_DB_PAGE;
    void *image;

    *len = start + matcher.len;
    if (size < LAZ_DB_PAGE || posix_memalign(&image, LAZ_DB_PAGE, *len) != 0)
        return NULL;
    LAZ_ASSERT(data != NULL && matcher.data != NULL);
    memset(image, 0, *len);
    memcpy(image, data, size);
    memcpy((uint8_t *)image + start, matcher.data, matcher.len);
    put((uint8_t *)image + 16, *len, 8);
    memcpy((uint8_t *)image + 40, ours->data + 40, 4); /* features */
    memcpy((uint8_t *)image + 52, ours->data + 52, 4); /* of the table of fields */
    put(entry_of(image, LAZ_SECTION_MATCHER), start, 8);
    put(entry_of(image, LAZ_SECTION_MATCHER) + 8, matcher.len, 8);
    take_matcher(image, size, ours);
    for (size_t i = 0; i < LAZ_SECTIONS; i++)
        put(entry_of(image, (enum laz_section)i) + 16,
            laz_db_checksum(section_of(laz_view_from(image, *len), (enum laz_section)i)), 4);
    put((uint8_t *)image + LAZ_DB_CHECKSUM_AT,
        laz_db_checksum(laz_view_from(image, LAZ_DB_CHECKSUM_AT)), 4);
    return image;
}

static bool count_hit(void *context, const struct laz_hit *hit)
{
    *(size_t *)context += strlen(hit->name) + strlen(hit->source) + strlen(hit->tags);
    return true;
}

static void look_up_digests(const struct laz_database *db, struct laz_view bytes)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX] = {0};
    struct laz_known known;

    memcpy(digest, bytes.data, bytes.len < sizeof digest ? bytes.len : sizeof digest);
    for (unsigned use = 0; use < LAZ_HASH_USES; use++)
        for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
            if (laz_database_find_digest(db, (enum laz_hash_use)use, (enum laz_digest_kind)kind,
                                         digest, bytes.len, &known))
                LAZ_ASSERT(strlen(known.hit.name) < sizeof known.name &&
                           strlen(known.hit.source) + strlen(known.hit.tags) < 2 * IMAGE_MAX);
}

static void look_up_lists(const struct laz_database *db, struct laz_view bytes)
{
    struct laz_known known;
    struct laz_url url;

    if (laz_url_read(laz_view_of("http://a.example.com/p?q"), &url) &&
        laz_database_find_url(db, &url, &known))
        LAZ_ASSERT(strlen(known.hit.name) < sizeof known.name);
    if (laz_url_read(laz_view_of("http://192.0.2.7/"), &url) &&
        laz_database_find_url(db, &url, &known))
        LAZ_ASSERT(strlen(known.hit.name) < sizeof known.name);
    if (laz_url_read(bytes, &url) && laz_database_find_url(db, &url, &known))
        LAZ_ASSERT(strlen(known.hit.name) < sizeof known.name);
}

static void use(const struct laz_database *db, struct laz_view bytes)
{
    struct laz_match_object object = {.bytes = bytes};
    struct laz_match_limits limits = {.steps_max = 100000};
    LAZ_OWNED(laz_matcher_drop) struct laz_matcher *m = NULL;
    struct laz_database_info info;
    size_t len = 0;

    laz_database_info_get(db, &info);
    for (uint32_t i = 0; i < info.source_count; i++) {
        struct laz_database_source source;

        laz_database_source_get(db, i, &source);
        len += strlen(source.name);
    }
    if (laz_matcher_new(db, &m, NULL) == LAZ_OK)
        laz_ignore(laz_matcher_run(m, &object, &limits, count_hit, &len)); /* whatever it says */
    look_up_digests(db, bytes);
    look_up_lists(db, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAZ_OWNED(laz_database_drop) struct laz_database *db = NULL;
    uint8_t object[256];
    uint8_t *image;
    size_t len, tail = size < 128 ? size : 128;

    image = size <= IMAGE_MAX ? make_image(data, size, &len) : NULL;
    if (image == NULL)
        return 0;
    memcpy(object, object_head, sizeof object_head);
    memcpy(object + sizeof object_head, data + (size - tail), tail);
    if (laz_database_open(laz_view_from(image, len), &db, NULL) == LAZ_OK)
        use(db, laz_view_from(object, sizeof object_head + tail));
    laz_database_drop(&db);
    if (laz_database_open_large(laz_view_from(image, len), &db, NULL) == LAZ_OK)
        use(db, laz_view_from(object, sizeof object_head + tail));
    laz_database_drop(&db);
    free(image);
    return 0;
}
