#include "engine.h"

#include <stdlib.h>

#include "match/database_priv.h"
#include "match/known.h"
#include "rules/compiler.h"
#include "sign/digest.h"

#define NAMES_MAX 4096
#define PAGE      4096

static enum laz_status open_copy(struct engine *e, struct laz_view image, bool is_large,
                                 struct laz_error *err)
{
    enum laz_status s;

    *e = (struct engine){.image_len = image.len};
    if (posix_memalign(&e->image, PAGE, image.len + 1) != 0)
        return laz_fail(err, LAZ_NOMEM, "test", "", "no memory", "");
    if (image.len > 0)
        memcpy(e->image, image.data, image.len);
    image.data = e->image;
    s = is_large ? laz_database_open_large(image, &e->db, err)
                 : laz_database_open(image, &e->db, err);
    if (s == LAZ_OK)
        s = laz_matcher_new(e->db, &e->matcher, err);
    if (s == LAZ_OK)
        s = laz_modules_new(&e->modules);
    if (s != LAZ_OK)
        engine_clear(e);
    return s;
}

enum laz_status engine_open(struct engine *e, struct laz_view image, struct laz_error *err)
{
    return open_copy(e, image, false, err);
}

enum laz_status engine_open_large(struct engine *e, struct laz_view image, struct laz_error *err)
{
    return open_copy(e, image, true, err);
}

/* LAZ_TEST_WIDTH: what the processor has, and the database must do without. */
static uint32_t features_off(void)
{
    const char *width = getenv("LAZ_TEST_WIDTH");

    if (width == NULL)
        return 0;
    if (strcmp(width, "avx2") == 0)
        return LAZ_FEATURE_AVX512 | LAZ_FEATURE_AVX512VBMI;
    LAZ_ASSERT(strcmp(width, "sse") == 0);
    return LAZ_FEATURES;
}

enum laz_status engine_build(struct engine *e, const struct laz_source *sources, size_t count,
                             const struct laz_source_options *options, struct laz_error *err)
{
    struct laz_source_options none = {.skipped = NULL};
    struct laz_ruleset set;
    struct laz_buf image;
    enum laz_status s = LAZ_OK;

    laz_ruleset_init(&set);
    set.features_off = features_off();
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = laz_source_prepare(&set, &sources[i], err);
    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = laz_source_read(&set, &sources[i], options != NULL ? options : &none, err);
    if (s == LAZ_OK)
        s = laz_compile(&set, "test", 1, &image, err);
    if (s == LAZ_OK)
        s = engine_open(e, laz_buf_view(&image), err);
    LAZ_ASSERT(s != LAZ_OK || (e->db->features & set.features_off) == 0);
    laz_buf_clear(&image);
    laz_ruleset_clear(&set);
    return s;
}

enum laz_status engine_build_text(struct engine *e, const char *name, const char *text,
                                  struct laz_error *err)
{
    struct laz_source source = {.name = name, .text = laz_view_of(text)};

    return engine_build(e, &source, 1, NULL, err);
}

void engine_clear(struct engine *e)
{
    laz_matcher_drop(&e->matcher);
    laz_modules_drop(&e->modules);
    laz_database_drop(&e->db);
    free(e->image);
    e->image = NULL;
}

struct names {
    char *items[NAMES_MAX]; /* owned */
    size_t count;
};

static bool add_name(void *context, const struct laz_hit *hit)
{
    struct names *names = context;

    LAZ_ASSERT(names->count < NAMES_MAX);
    names->items[names->count] = strdup(hit->name);
    LAZ_ASSERT(names->items[names->count++] != NULL);
    return true;
}

static void find_hashes(const struct engine *e, struct laz_view object, struct names *names)
{
    unsigned wanted = laz_database_digests_wanted(e->db, LAZ_HASH_FILE, object.len);

    laz_digest_init();
    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++) {
        uint8_t digest[LAZ_DIGEST_SIZE_MAX];
        struct laz_known known;

        if ((wanted & 1u << kind) != 0 &&
            laz_digest((enum laz_digest)kind, object, digest) == LAZ_OK &&
            laz_database_find_digest(e->db, LAZ_HASH_FILE, (enum laz_digest_kind)kind, digest,
                                     object.len, &known))
            add_name(names, &known.hit);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum laz_status engine_scan(struct engine *e, struct laz_view object, enum laz_target target,
                            const struct laz_match_limits *limits, struct laz_buf *out)
{
    struct laz_match_object o = {
        .bytes = object, .target = target, .field = laz_modules_field, .context = e->modules};
    struct names names = {.count = 0};
    enum laz_status s;

    find_hashes(e, object, &names);
    e->input.bytes = object;
    laz_modules_start(e->modules, &e->input);
    s = laz_matcher_run(e->matcher, &o, limits, add_name, &names);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, compare_texts);
    for (size_t i = 0; i < names.count; i++) {
        laz_ignore(laz_buf_addf(out, "%s\n", names.items[i])); /* the buffer remembers a refusal */
        free(names.items[i]);
    }
    return s;
}
