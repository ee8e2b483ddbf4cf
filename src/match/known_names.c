#include "match/known_names.h"

#include <inttypes.h>

#include "base/number.h"
#include "match/database_priv.h"

#define DIGITS_MAX 18

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

struct laz_name_number laz_name_number(struct laz_view name)
{
    struct laz_name_number best = {0, 0, 0};
    size_t run = 0;

    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && is_digit(name.data[i])) {
            run++;
            continue;
        }
        if (run > 0 && run >= best.len)
            best = (struct laz_name_number){i - run, run, 0};
        run = 0;
    }
    if (best.len > DIGITS_MAX) {
        best.start += best.len - DIGITS_MAX;
        best.len = DIGITS_MAX;
    }
    if (best.len > 1 && name.data[best.start] == '0')
        best.len = 0;
    for (size_t i = 0; i < best.len; i++)
        best.n = best.n * 10 + (uint64_t)(name.data[best.start + i] - '0');
    return best;
}

static bool take_number(struct laz_view *v, uint64_t *out)
{
    uint64_t n = 0;
    uint8_t byte = 0x80;

    for (unsigned shift = 0; byte >= 0x80 && shift < 63; shift += 7) {
        if (!laz_take_u8(v, &byte))
            return false;
        n |= (uint64_t)(byte & 0x7f) << shift;
    }
    *out = n;
    return byte < 0x80;
}

/* The name grows in its number; false when it has none or would be too long. */
static bool grow_number(char name[LAZ_KNOWN_NAME_SIZE], uint64_t step)
{
    struct laz_view v = laz_view_of(name);
    struct laz_name_number number = laz_name_number(v);
    char rest[LAZ_KNOWN_NAME_SIZE];
    uint64_t n;
    int len;

    if (number.len == 0 || laz_ckd_add(&n, number.n, step))
        return false;
    memcpy(rest, name + number.start + number.len, v.len - number.start - number.len + 1);
    len =
        snprintf(name + number.start, LAZ_KNOWN_NAME_SIZE - number.start, "%" PRIu64 "%s", n, rest);
    return len > 0 && (size_t)len < LAZ_KNOWN_NAME_SIZE - number.start;
}

static bool take_new(struct laz_view *v, uint64_t keep, char name[LAZ_KNOWN_NAME_SIZE])
{
    struct laz_view part;
    uint64_t len;

    if (keep > strlen(name) || !take_number(v, &len) || len >= LAZ_KNOWN_NAME_SIZE - keep ||
        !laz_take(v, len, &part))
        return false;
    if (part.len > 0)
        memcpy(name + keep, part.data, part.len);
    name[keep + part.len] = '\0';
    return true;
}

/* Takes this many names; the last one stays. */
static bool walk(struct laz_view v, uint32_t left, char name[LAZ_KNOWN_NAME_SIZE])
{
    while (left > 0) {
        uint64_t n, count = 1;
        bool ok = true;

        if (!take_number(&v, &n))
            return false;
        switch ((enum laz_name_step)(n % 4)) {
        case LAZ_NAME_NEW:
            ok = take_new(&v, n / 4, name);
            break;
        case LAZ_NAME_NEXT:
            ok = grow_number(name, n / 4);
            break;
        case LAZ_NAME_RUN:
            count = n / 4 < left ? n / 4 : left;
            ok = count > 0 && grow_number(name, count);
            break;
        case LAZ_NAME_SAME:
            break;
        }
        if (!ok)
            return false;
        left -= (uint32_t)count;
    }
    return true;
}

void laz_names_get(struct laz_view names, uint32_t label_count, uint32_t label,
                   char out[LAZ_KNOWN_NAME_SIZE])
{
    uint64_t page_count = ((uint64_t)label_count + LAZ_NAMES_PAGE - 1) / LAZ_NAMES_PAGE;
    struct laz_view rest = laz_view_from_offset(names, (uint64_t)(label / LAZ_NAMES_PAGE) * 4);
    uint32_t start;

    out[0] = '\0';
    if (label >= label_count || !laz_take_u32le(&rest, &start) || start < page_count * 4 ||
        !walk(laz_view_from_offset(names, start), label % LAZ_NAMES_PAGE + 1, out))
        out[0] = '\0';
}
