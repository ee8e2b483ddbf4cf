#include "base/number.h"
#include "base/text.h"
#include "rules/clamav_priv.h"

/* Where a body is being read, and what may come next. */
struct reader {
    struct laz_ruleset *set;
    const struct laz_clamav_line *line;
    struct laz_view rest;
    unsigned depth;
    uint32_t open_at; /* the token that opened the alternatives */
    bool in_not;
    bool wide; /* each byte has a zero behind it */
};

static enum laz_status expected(const struct reader *r, const char *what, struct laz_error *err)
{
    return laz_clamav_fail(r->line, LAZ_INVALID, r->rest.data, what, "", err);
}

/* Two digits, either of which may be a question mark. */
static bool take_byte(struct laz_view *v, struct laz_token *out)
{
    struct laz_view pair;
    struct laz_token token = {.kind = LAZ_TOKEN_BYTE};

    if (!laz_view_at(*v, 0, 2, &pair))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        int digit = laz_hex_value(pair.data[i]);

        if (digit < 0 && pair.data[i] != '?')
            return false;
        token.value = (uint8_t)(token.value << 4 | (digit < 0 ? 0 : digit));
        token.mask = (uint8_t)(token.mask << 4 | (digit < 0 ? 0 : 15));
    }
    if (token.mask == 0)
        token = (struct laz_token){.kind = LAZ_TOKEN_GAP, .min = 1, .max = 1};
    *out = token;
    return laz_skip(v, 2);
}

/* {n}, {-n}, {n-}, {n-m}, without its braces. */
static bool read_range(struct laz_view text, struct laz_token *out)
{
    struct laz_view low;
    uint64_t min = 0, max = LAZ_GAP_MAX;
    bool is_exact = laz_view_find_byte(text, '-') == text.len;

    if (!laz_take_until(&text, '-', &low))
        return false;
    if (low.len == 0 && text.len == 0)
        return false;
    if (low.len > 0 && !laz_parse_u64(low, LAZ_GAP_MAX - 1, &min))
        return false;
    if (is_exact)
        max = min;
    else if (text.len > 0 && !laz_parse_u64(text, LAZ_GAP_MAX - 1, &max))
        return false;
    *out = (struct laz_token){.kind = LAZ_TOKEN_GAP, .min = (uint32_t)min, .max = (uint32_t)max};
    return min <= max;
}

static enum laz_status take_range(struct reader *r, struct laz_error *err)
{
    struct laz_view rest = r->rest, text;
    struct laz_token token;

    if (r->depth > 0)
        return expected(r, "expected no gap inside alternatives", err);
    if (!laz_skip(&rest, 1) || laz_view_find_byte(rest, '}') == rest.len ||
        !laz_take_until(&rest, '}', &text) || !read_range(text, &token))
        return expected(r, "expected a gap: {n}, {-n}, {n-} or {n-m}", err);
    laz_ruleset_add_token(r->set, token);
    r->rest = rest;
    return LAZ_OK;
}

static enum laz_status take_open(struct reader *r, bool is_not, struct laz_error *err)
{
    struct laz_view rest = r->rest, first;

    if (r->depth > 0)
        return expected(r, "expected no alternatives inside alternatives", err);
    if (!laz_skip(&rest, is_not ? 2 : 1) || !laz_view_at(rest, 0, 1, &first))
        return expected(r, "expected alternatives: (aa|bb)", err);
    if (laz_view_find_byte(laz_view_from(" BLWblw", 7), first.data[0]) < 7 && rest.len > 1 &&
        rest.data[1] == ')')
        return laz_clamav_fail(r->line, LAZ_UNSUPPORTED, r->rest.data,
                               "borders of words and lines are not supported",
                               "use alternatives of bytes", err);
    r->rest = rest;
    r->depth = 1;
    r->in_not = is_not;
    r->open_at = (uint32_t)r->set->tokens.count;
    laz_ruleset_add_token(r->set,
                          (struct laz_token){.kind = is_not ? LAZ_TOKEN_OPEN_NOT : LAZ_TOKEN_OPEN});
    return LAZ_OK;
}

/* What is negated must say how many bytes it stands for, and which. */
static bool not_fits(const struct reader *r)
{
    size_t len = 0, first_len = 0;

    for (size_t i = r->open_at + 1u; i < r->set->tokens.count; i++) {
        const struct laz_token *token = laz_list_at(struct laz_token, &r->set->tokens, i);
        bool is_end = token->kind == LAZ_TOKEN_BAR || token->kind == LAZ_TOKEN_CLOSE;

        if (!is_end && (token->kind != LAZ_TOKEN_BYTE || token->mask != 0xff))
            return false;
        len += !is_end;
        if (is_end && first_len == 0)
            first_len = len;
        if (is_end && len != first_len)
            return false;
        if (is_end)
            len = 0;
    }
    return true;
}

static enum laz_status take_mark(struct reader *r, struct laz_error *err)
{
    const struct laz_token *last =
        laz_list_at(struct laz_token, &r->set->tokens, r->set->tokens.count - 1);
    bool is_close = r->rest.data[0] == ')';

    if (r->depth == 0 || (last->kind != LAZ_TOKEN_BYTE && last->kind != LAZ_TOKEN_GAP))
        return expected(r, "expected a byte", err);
    laz_ruleset_add_token(r->set,
                          (struct laz_token){.kind = is_close ? LAZ_TOKEN_CLOSE : LAZ_TOKEN_BAR});
    if (is_close && r->in_not && !not_fits(r))
        return expected(r, "expected alternatives of one length and of whole bytes after '!'", err);
    if (is_close)
        r->depth = 0;
    laz_ignore(laz_skip(&r->rest, 1)); /* the mark, which is there */
    return LAZ_OK;
}

static enum laz_status take_one(struct reader *r, struct laz_error *err)
{
    struct laz_token token;

    if (r->set->failed)
        return laz_ruleset_failed(r->set, err);
    switch (r->rest.data[0]) {
    case '{':
        return take_range(r, err);
    case '(':
        return take_open(r, false, err);
    case '!':
        if (r->rest.len < 2 || r->rest.data[1] != '(')
            return expected(r, "expected '(' after '!'", err);
        return take_open(r, true, err);
    case '|':
    case ')':
        return take_mark(r, err);
    case '[':
        return laz_clamav_fail(r->line, LAZ_UNSUPPORTED, r->rest.data,
                               "anchored bytes ([n-m]) are not supported", "use a gap: {n-m}", err);
    case '*':
        if (r->depth > 0)
            return expected(r, "expected no gap inside alternatives", err);
        laz_ruleset_add_token(r->set,
                              (struct laz_token){.kind = LAZ_TOKEN_GAP, .max = LAZ_GAP_MAX});
        laz_ignore(laz_skip(&r->rest, 1)); /* the star, which is there */
        return LAZ_OK;
    default:
        if (!take_byte(&r->rest, &token))
            return expected(r, "expected two hexadecimal digits", err);
        laz_ruleset_add_token(r->set, token);
        return LAZ_OK;
    }
}

enum laz_status laz_clamav_read_tokens(const struct laz_clamav_line *line, struct laz_view body,
                                       struct laz_clamav_modifiers modifiers, struct laz_error *err)
{
    struct reader r = {.set = line->set, .line = line, .rest = body, .wide = modifiers.wide};

    if (body.len == 0)
        return expected(&r, "expected a body of hexadecimal digits", err);
    while (r.rest.len > 0) {
        enum laz_status s = take_one(&r, err);

        if (s != LAZ_OK)
            return s;
    }
    if (r.depth > 0)
        return expected(&r, "expected ')'", err);
    return LAZ_OK;
}
