#include "base/number.h"

#include "base/text.h"

static bool parse_digits(struct laz_view v, unsigned base, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    uint8_t c;

    if (v.len == 0)
        return false;
    while (laz_take_u8(&v, &c)) {
        int digit = laz_hex_value(c);

        if (digit < 0 || (unsigned)digit >= base)
            return false;
        if (laz_ckd_mul(&n, n, base) || laz_ckd_add(&n, n, (uint64_t)digit))
            return false;
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}

bool laz_parse_u64(struct laz_view v, uint64_t max, uint64_t *out)
{
    return parse_digits(v, 10, max, out);
}

bool laz_parse_hex_u64(struct laz_view v, uint64_t max, uint64_t *out)
{
    return parse_digits(v, 16, max, out);
}

static uint64_t unit_of(uint8_t letter)
{
    switch (letter) {
    case 'K':
    case 'k':
        return KIB;
    case 'M':
    case 'm':
        return MIB;
    case 'G':
    case 'g':
        return GIB;
    default:
        return 1;
    }
}

bool laz_parse_size(struct laz_view v, uint64_t max, uint64_t *out)
{
    uint64_t unit = v.len == 0 ? 1 : unit_of(v.data[v.len - 1]);
    uint64_t n;

    if (unit != 1)
        v.len--;
    if (!parse_digits(v, 10, UINT64_MAX, &n) || laz_ckd_mul(&n, n, unit) || n > max)
        return false;
    *out = n;
    return true;
}
