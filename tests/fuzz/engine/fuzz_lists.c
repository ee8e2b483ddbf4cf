/* A list from anybody: the first byte says in which form and what it is said to hold. What is taken
 * is compiled, and must be found again in the database. */
#include <stdlib.h>

#include "match/lists.h"
#include "rules/compiler.h"
#include "rules/source.h"

#define TEXT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_skipped(void *context, const struct laz_error *why)
{
    LAZ_ASSERT(why->why[0] != '\0' && why->status != LAZ_OK);
    ++*(size_t *)context;
}

/* What a database of our own making says of itself holds. */
static void open_image(struct laz_view image)
{
    struct laz_database *db = NULL;
    struct laz_database_info info;
    struct laz_known known;
    void *copy;

    LAZ_ASSERT(posix_memalign(&copy, 4096, image.len) == 0);
    memcpy(copy, image.data, image.len);
    image.data = copy;
    LAZ_ASSERT(laz_database_open(image, &db, NULL) == LAZ_OK && laz_database_verify(db, image));
    laz_database_info_get(db, &info);
    LAZ_ASSERT(info.source_count == 1);
    if (laz_database_find_host(db, "bad.example.com", &known))
        LAZ_ASSERT(strlen(known.name) > 0);
    laz_database_free(db);
    free(copy);
}

static void read_list(const struct laz_source *source, bool with_skipping)
{
    size_t skipped = 0;
    struct laz_source_options options = {.skipped = with_skipping ? count_skipped : NULL,
                                         .context = &skipped,
                                         .now = "2026-01-01T00:00:00"};
    struct laz_ruleset set;
    struct laz_buf image;
    struct laz_error err = {.status = LAZ_OK};

    laz_ruleset_init(&set);
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    if (laz_source_read(&set, source, &options, &err) == LAZ_OK) {
        LAZ_ASSERT(laz_compile(&set, "", 1, &image, NULL) == LAZ_OK);
        open_image(laz_buf_view(&image));
    } else {
        LAZ_ASSERT(!with_skipping && err.why[0] != '\0' && err.line > 0);
    }
    laz_buf_clear(&image);
    laz_ruleset_clear(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"f.txt", "f.csv", "f.json"};
    static const char *const kinds[] = {NULL,    NULL,        "hashes",     "urls",
                                        "hosts", "addresses", "allow-list", "list=A.B"};
    struct laz_source source;

    if (size == 0 || size > TEXT_MAX)
        return 0;
    source = (struct laz_source){
        .name = names[data[0] % 3],
        .list = kinds[data[0] / 3 % 8],
        .text = laz_view_from(data + 1, size - 1),
    };
    read_list(&source, false);
    read_list(&source, true);
    return 0;
}
