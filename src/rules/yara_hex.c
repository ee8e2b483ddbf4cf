#include "base/number.h"
#include "base/text.h"
#include "rules/yara_priv.h"

#define JUMP_DIGITS_MAX      10
#define ALTERNATIVE_JUMP_MAX 200 /* YARA's own */

/* A hex string on its way: which token came last decides what may follow. */
struct hex {
    struct laz_yara *y;
    unsigned depth;
    bool needs_byte; /* at the start, behind '(' and '|', and behind a jump */
    bool is_first;
    bool is_open; /* an alternative begins */
};

static enum laz_status wrong(const struct hex *h, const char *why, struct laz_error *err)
{
    return laz_yara_fail_here(h->y, LAZ_INVALID, why, "", err);
}

static bool take_char(struct hex *h, uint8_t c)
{
    if (h->y->rest.len == 0 || h->y->rest.data[0] != c)
        return false;
    return laz_skip(&h->y->rest, 1);
}

static bool take_digit(struct laz_view *v, uint8_t *value, uint8_t *mask)
{
    uint8_t c;
    int digit;

    if (v->len == 0)
        return false;
    c = v->data[0];
    digit = laz_hex_value(c);
    if (digit < 0 && c != '?')
        return false;
    *value = (uint8_t)(*value << 4 | (digit < 0 ? 0 : digit));
    *mask = (uint8_t)(*mask << 4 | (digit < 0 ? 0 : 15));
    return laz_skip(v, 1);
}

static enum laz_status take_byte(struct hex *h, struct laz_error *err)
{
    struct laz_token token = {.kind = LAZ_TOKEN_BYTE};
    bool is_not = take_char(h, '~');
    struct laz_view rest = h->y->rest;

    if (!take_digit(&rest, &token.value, &token.mask) ||
        !take_digit(&rest, &token.value, &token.mask))
        return wrong(h, "expected two hexadecimal digits", err);
    if (is_not && token.mask == 0)
        return wrong(h, "expected a digit after '~': no byte differs from every byte", err);
    if (is_not)
        token.kind = LAZ_TOKEN_NOT_BYTE;
    else if (token.mask == 0)
        token = (struct laz_token){.kind = LAZ_TOKEN_GAP, .min = 1, .max = 1};
    laz_ruleset_add_token(h->y->set, token);
    h->y->rest = rest;
    h->needs_byte = false;
    h->is_first = false;
    h->is_open = false;
    return LAZ_OK;
}

static bool take_number(struct hex *h, uint32_t *out)
{
    size_t len = 0;
    uint64_t n;

    laz_yara_skip_blank(h->y);
    while (len < h->y->rest.len && h->y->rest.data[len] >= '0' && h->y->rest.data[len] <= '9')
        len++;
    if (len > JUMP_DIGITS_MAX ||
        !laz_parse_u64(laz_view_first(h->y->rest, len), LAZ_GAP_MAX - 1, &n))
        return false;
    *out = (uint32_t)n;
    LAZ_ASSERT(laz_skip(&h->y->rest, len));
    laz_yara_skip_blank(h->y);
    return true;
}

/* [n], [n-m], [n-], [-] behind the opening bracket. */
static enum laz_status take_jump(struct hex *h, struct laz_error *err)
{
    struct laz_token token = {.kind = LAZ_TOKEN_GAP, .max = LAZ_GAP_MAX};
    bool has_min = take_number(h, &token.min);

    if (take_char(h, '-')) {
        if (!has_min)
            token.min = 0;
        else if (!take_number(h, &token.max))
            token.max = LAZ_GAP_MAX;
    } else if (has_min) {
        token.max = token.min;
        if (token.max == 0)
            return wrong(h, "expected a jump over at least one byte", err);
    } else {
        return wrong(h, "expected a jump: [n], [n-m], [n-] or [-]", err);
    }
    if (h->depth > 0 && token.max > ALTERNATIVE_JUMP_MAX)
        return wrong(h, "expected a jump of at most 200 bytes inside alternatives", err);
    if (token.min > token.max)
        return wrong(h, "expected a jump whose end is not before its start", err);
    laz_yara_skip_blank(h->y);
    if (!take_char(h, ']'))
        return wrong(h, "expected ']'", err);
    if (h->is_first || h->is_open)
        return wrong(h, "expected a byte before the first jump", err);
    laz_ruleset_add_token(h->y->set, token);
    h->needs_byte = true;
    return LAZ_OK;
}

static enum laz_status add_mark(struct hex *h, enum laz_token_kind kind, struct laz_error *err)
{
    if (kind == LAZ_TOKEN_OPEN && ++h->depth > LAZ_NESTING_MAX)
        return wrong(h, "expected fewer alternatives inside one another", err);
    if (kind != LAZ_TOKEN_OPEN && (h->depth == 0 || h->needs_byte))
        return wrong(h, "expected a byte", err);
    if (kind == LAZ_TOKEN_CLOSE)
        h->depth--;
    laz_ruleset_add_token(h->y->set, (struct laz_token){.kind = (uint8_t)kind});
    h->needs_byte = kind != LAZ_TOKEN_CLOSE;
    h->is_open = h->needs_byte;
    return LAZ_OK;
}

static enum laz_status take_one(struct hex *h, struct laz_error *err)
{
    if (take_char(h, '['))
        return take_jump(h, err);
    if (take_char(h, '('))
        return add_mark(h, LAZ_TOKEN_OPEN, err);
    if (take_char(h, '|'))
        return add_mark(h, LAZ_TOKEN_BAR, err);
    if (take_char(h, ')'))
        return add_mark(h, LAZ_TOKEN_CLOSE, err);
    return take_byte(h, err);
}

enum laz_status laz_yara_hex(struct laz_yara *y, struct laz_error *err)
{
    struct hex h = {.y = y, .needs_byte = true, .is_first = true};

    for (;;) {
        enum laz_status s;

        laz_yara_skip_blank(y);
        if (y->rest.len == 0)
            return wrong(&h, "expected '}' at the end of the hex string", err);
        if (y->rest.data[0] == '}')
            break;
        s = take_one(&h, err);
        if (s == LAZ_OK)
            s = laz_ruleset_failed(y->set, err);
        if (s != LAZ_OK)
            return s;
    }
    if (h.needs_byte || h.depth > 0)
        return wrong(&h, h.depth > 0 ? "expected ')'" : "expected a byte", err);
    LAZ_ASSERT(take_char(&h, '}'));
    laz_yara_advance(y);
    return LAZ_OK;
}
