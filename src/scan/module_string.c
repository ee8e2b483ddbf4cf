/* module_string.c - YARA's module string. */
#include "base/number.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

#define BASE_MAX 36u

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* 0 to 35; BASE_MAX for what is no digit in any base. */
static unsigned digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10u;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10u;
    return BASE_MAX;
}

static bool has_hex_prefix(struct laz_view v)
{
    return v.len > 2 && v.data[0] == '0' && (v.data[1] == 'x' || v.data[1] == 'X') &&
           digit_of(v.data[2]) < 16;
}

/* As strtol tells the base by the text, and passes over 0x where it is 16. */
static unsigned take_base(struct laz_view *v, unsigned base)
{
    bool hex = has_hex_prefix(*v);

    if (base == 0)
        base = hex ? 16 : v->len > 0 && v->data[0] == '0' ? 8 : 10;
    if (base == 16 && hex)
        laz_ignore(!laz_skip(v, 2)); /* they are there */
    return base;
}

/* The whole of v, as strtol reads it. False when it is no number or does not fit. */
static bool to_int(struct laz_view v, unsigned base, int64_t *out)
{
    bool negative;
    uint8_t c;

    *out = 0;
    while (v.len > 0 && is_blank(v.data[0]))
        v = laz_view_from_offset(v, 1);
    negative = v.len > 0 && v.data[0] == '-';
    if (v.len > 0 && (v.data[0] == '-' || v.data[0] == '+'))
        v = laz_view_from_offset(v, 1);
    base = take_base(&v, base);
    if (v.len == 0)
        return false;
    while (laz_take_u8(&v, &c)) {
        int64_t digit = digit_of(c);

        if (digit >= base || laz_ckd_mul(out, *out, (int64_t)base) ||
            laz_ckd_add(out, *out, negative ? -digit : digit))
            return false;
    }
    return true;
}

bool laz_module_string(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                       struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_string.fields[index];
    int64_t base = field->args[1] == 'i' ? args[1].n : 0;
    int64_t n;

    if (field->n == LAZ_STRING_LENGTH) {
        *out = laz_value_number((int64_t)args[0].text.len);
        return true;
    }
    if (base < 0 || base == 1 || base > BASE_MAX || !to_int(args[0].text, (unsigned)base, &n))
        return false;
    *out = laz_value_number(n);
    return true;
}
