/* Reads views by a program that the input is: each step takes, skips, cuts or searches, and what it
 * gives must lie inside what it was given. */
#include "base/number.h"
#include "base/status.h"
#include "base/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct laz_view part, struct laz_view whole)
{
    if (part.len == 0)
        return;
    LAZ_ASSERT(part.data >= whole.data && part.len <= whole.len);
    LAZ_ASSERT((size_t)(part.data - whole.data) <= whole.len - part.len);
}

static void check_cut(struct laz_view whole, uint64_t offset, uint64_t len)
{
    struct laz_view part = {NULL, 0};
    uint64_t end;
    bool fits = !laz_ckd_add(&end, offset, len) && end <= whole.len;

    LAZ_ASSERT(laz_view_at(whole, offset, len, &part) == fits);
    check_inside(part, whole);
    check_inside(laz_view_from_offset(whole, offset), whole);
    check_inside(laz_view_first(whole, len), whole);
}

static void check_search(struct laz_view whole, uint8_t c)
{
    size_t at = laz_view_find_byte(whole, c);
    struct laz_view needle = laz_view_from_offset(whole, whole.len / 2), rest = whole, part;
    size_t total = 0, parts = 0;

    LAZ_ASSERT(at <= whole.len && (at == whole.len || whole.data[at] == c));
    at = laz_view_find(whole, needle);
    LAZ_ASSERT(needle.len == 0 || at <= whole.len - needle.len);
    LAZ_ASSERT(needle.len == 0 || laz_view_starts(laz_view_from_offset(whole, at), needle));
    while (laz_take_until(&rest, c, &part)) {
        check_inside(part, whole);
        total += part.len;
        parts++;
    }
    LAZ_ASSERT(parts <= whole.len && total <= whole.len);
    check_inside(laz_view_trim(whole), whole);
    LAZ_ASSERT(laz_view_compare(whole, whole) == 0 && laz_view_equal(whole, whole));
}

static bool step(struct laz_view *v, uint8_t what)
{
    uint8_t n8, bytes[8];
    uint16_t n16;
    uint32_t n32;
    uint64_t n64;

    switch (what % 8) {
    case 0:
        return laz_take_u8(v, &n8);
    case 1:
        return laz_take_u16le(v, &n16) || laz_take_u16be(v, &n16);
    case 2:
        return laz_take_u32le(v, &n32) || laz_take_u32be(v, &n32);
    case 3:
        return laz_take_u64le(v, &n64) || laz_take_u64be(v, &n64);
    case 4:
        return laz_take_bytes(v, bytes, sizeof bytes);
    case 5:
        return laz_skip(v, what);
    case 6:
        check_search(*v, what);
        return true;
    default:
        return laz_take_u64le(v, &n64) && laz_skip(v, n64);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view whole = laz_view_from(data, size), v = whole;
    uint64_t offset = 0, len = 0;
    uint8_t what;

    if (laz_take_u64le(&v, &offset) && laz_take_u64le(&v, &len))
        check_cut(whole, offset, len);
    v = whole;
    while (laz_take_u8(&v, &what)) {
        struct laz_view before = v;

        if (!step(&v, what)) /* what is refused takes at most the number before it */
            LAZ_ASSERT(v.len == before.len || what % 8 == 7);
        check_inside(v, before);
    }
    return 0;
}
