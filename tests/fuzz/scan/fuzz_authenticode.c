/* A signature: whatever it claims, it is read within bounds, and verified against some bytes. */
#include "sign/authenticode.h"
#include "sign/digest.h"

#define ARENA_MAX ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct laz_certificate_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        LAZ_ASSERT(list->items[i].subject.data != NULL);
}

static void check(const struct laz_authenticode *a)
{
    check_list(&a->certificates);
    check_list(&a->chain);
    LAZ_ASSERT(a->counter_count <= LAZ_AUTHENTICODE_COUNTERS_MAX);
    for (uint32_t i = 0; i < a->counter_count; i++)
        check_list(&a->counters[i].chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_signed_parts parts = {.parts = {{data, size}}, .count = 1};
    struct laz_arena *arena = laz_arena_new(ARENA_MAX);
    struct laz_authenticode_list list;

    laz_digest_init();
    if (arena == NULL)
        return 0;
    for (int verifies = 0; verifies < 2; verifies++) {
        laz_ignore(!laz_authenticode_read(laz_view_from(data, size), verifies ? &parts : NULL,
                                          arena, &list)); /* what was read before is there */
        LAZ_ASSERT(list.count <= LAZ_AUTHENTICODE_MAX);
        for (uint32_t i = 0; i < list.count; i++)
            check(&list.items[i]);
    }
    laz_arena_free(arena);
    return 0;
}
