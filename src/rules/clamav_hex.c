/* ClamAV's bodies: hexadecimal digits with wildcards (its manual, "Body-based Signature Content
 * Format"). */
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "match/program.h"
#include "rules/clamav_priv.h"

#define SMALL_GAP  128 /* smaller ones of one size do not divide a body */
#define ANCHOR_MAX 32  /* bytes between a single byte and what it is anchored to */

/* Where a body is being read, and what may come next. */
struct reader {
    struct laz_ruleset *set;
    const struct laz_clamav_line *line;
    struct laz_view rest;
    unsigned depth;
    uint32_t first, open_at; /* the body's first token, and that which opened the alternatives */
    bool in_not;
    bool wide; /* each byte has a zero behind it */
};

static enum laz_status expected(const struct reader *r, const char *what, struct laz_error *err)
{
    return laz_clamav_fail(r->line, LAZ_INVALID, r->rest.data, what, "", err);
}

static void add(struct reader *r, struct laz_token token)
{
    laz_ruleset_add_token(r->set, token);
}

static void add_byte(struct reader *r, uint8_t value, uint8_t mask)
{
    add(r, (struct laz_token){.kind = LAZ_TOKEN_BYTE, .value = value, .mask = mask});
}

static void add_gap(struct reader *r, uint64_t min, uint64_t max)
{
    add(r, (struct laz_token){.kind = LAZ_TOKEN_GAP, .min = (uint32_t)min, .max = (uint32_t)max});
}

/* Two digits, either of which may be a question mark. */
static bool take_byte(struct reader *r)
{
    struct laz_view pair;
    uint8_t value = 0, mask = 0;

    if (!laz_view_at(r->rest, 0, 2, &pair))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        int digit = laz_hex_value(pair.data[i]);

        if (digit < 0 && pair.data[i] != '?')
            return false;
        value = (uint8_t)(value << 4 | (digit < 0 ? 0 : digit));
        mask = (uint8_t)(mask << 4 | (digit < 0 ? 0 : 15));
    }
    if (mask == 0)
        add_gap(r, 1, 1);
    else
        add_byte(r, value, mask);
    if (r->wide) /* behind ?? too, but not behind a gap */
        add_byte(r, 0, 0xff);
    return laz_skip(&r->rest, 2);
}

/* n, -n, n- or n-m. */
static bool read_range(struct laz_view text, uint64_t *min, uint64_t *max)
{
    struct laz_view low;
    bool is_exact = laz_view_find_byte(text, '-') == text.len;

    *min = 0;
    *max = LAZ_GAP_MAX;
    if (!laz_take_until(&text, '-', &low))
        return false;
    if (low.len == 0 && text.len == 0)
        return false;
    if (low.len > 0 && !laz_parse_u64(low, LAZ_GAP_MAX - 1, min))
        return false;
    if (is_exact)
        *max = *min;
    else if (text.len > 0 && !laz_parse_u64(text, LAZ_GAP_MAX - 1, max))
        return false;
    return *min <= *max;
}

/* What stands between the brace or bracket that comes next and its counterpart. */
static bool take_enclosed(struct reader *r, uint8_t close, struct laz_view *out)
{
    struct laz_view rest = r->rest;

    if (!laz_skip(&rest, 1) || laz_view_find_byte(rest, close) == rest.len ||
        !laz_take_until(&rest, close, out))
        return false;
    r->rest = rest;
    return true;
}

static enum laz_status take_range(struct reader *r, struct laz_error *err)
{
    struct laz_view text;
    struct reader at = *r;
    uint64_t min, max;

    if (!take_enclosed(r, '}', &text) || !read_range(text, &min, &max))
        return expected(&at, "expected a gap: {n}, {-n}, {n-} or {n-m}", err);
    if (r->depth > 0 && (min != max || min >= SMALL_GAP || r->in_not))
        return expected(&at, "expected no gap inside alternatives but {n} of less than 128", err);
    add_gap(r, min, max);
    return LAZ_OK;
}

/* AA[x-y]BODY and BODY[x-y]AA: one byte at a distance. */
static enum laz_status take_anchor(struct reader *r, struct laz_error *err)
{
    struct laz_view text;
    struct reader at = *r;
    uint64_t min, max;

    if (r->depth > 0 || !take_enclosed(r, ']', &text) || !read_range(text, &min, &max) ||
        max > ANCHOR_MAX)
        return expected(&at, "expected a distance of at most 32: [n-m]", err);
    if (r->set->tokens.count - r->first != 1 && r->rest.len != 2)
        return expected(r, "expected a single byte on one side of a distance", err);
    add_gap(r, min, max);
    return LAZ_OK;
}

/* Whether what comes next begins, or ends, a part of the body: gaps divide it. */
static bool begins_part(const struct reader *r)
{
    const struct laz_token *last;

    if (r->set->tokens.count == r->first)
        return true;
    last = laz_list_at(struct laz_token, &r->set->tokens, r->set->tokens.count - 1);
    return last->kind == LAZ_TOKEN_GAP && (last->min != last->max || last->min >= SMALL_GAP);
}

static bool ends_part(struct laz_view rest)
{
    struct laz_view range;
    uint64_t min, max;

    if (rest.len == 0 || rest.data[0] == '*')
        return true;
    if (rest.data[0] != '{')
        return false;
    laz_ignore(laz_skip(&rest, 1)); /* it is there */
    return laz_take_until(&rest, '}', &range) && read_range(range, &min, &max) &&
           (min != max || min >= SMALL_GAP);
}

/* One character of a set, or none of them. */
static void add_set(struct reader *r, const char *set, bool is_not)
{
    add(r, (struct laz_token){.kind = is_not ? LAZ_TOKEN_OPEN_NOT : LAZ_TOKEN_OPEN});
    for (size_t i = 0; set[i] != '\0'; i++) {
        if (i > 0)
            add(r, (struct laz_token){.kind = LAZ_TOKEN_BAR});
        add_byte(r, (uint8_t)set[i], 0xff);
    }
    add(r, (struct laz_token){.kind = LAZ_TOKEN_CLOSE});
}

/* In the middle of a part such a class stands for a character. */
static void add_class(struct reader *r, uint8_t letter, bool is_not)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    if (letter == 'W') {
        add_set(r, letters, !is_not);
    } else if (letter == 'B') {
        add_set(r, "\n\r \"'-./<=>@_", is_not);
    } else if (is_not) {
        add_set(r, "\n", true);
    } else {
        add(r, (struct laz_token){.kind = LAZ_TOKEN_OPEN});
        add_byte(r, '\n', 0xff);
        add(r, (struct laz_token){.kind = LAZ_TOKEN_BAR});
        add_byte(r, '\r', 0xff);
        add_byte(r, '\n', 0xff);
        add(r, (struct laz_token){.kind = LAZ_TOKEN_CLOSE});
    }
}

/* (B), (L) and (W), at the ends of a part beside it and otherwise in it. */
static void take_class(struct reader *r, bool is_not)
{
    uint8_t letter = r->rest.data[is_not ? 2 : 1];
    uint8_t border = letter == 'B'   ? LAZ_BORDER_WORD_BEGINS
                     : letter == 'L' ? LAZ_BORDER_LINE_BEGINS
                                     : LAZ_BORDER_NO_LETTER_BEFORE;
    /* clamscan takes a negated class at the beginning for a character too. */
    bool begins = begins_part(r) && !is_not;

    laz_ignore(laz_skip(&r->rest, is_not ? 4 : 3)); /* it is there */
    if (!begins && (begins_part(r) || !ends_part(r->rest))) {
        add_class(r, letter, is_not);
        return;
    }
    if (!begins)
        border = (uint8_t)(border + LAZ_BORDER_WORD_ENDS);
    add(r, (struct laz_token){.kind = LAZ_TOKEN_BORDER,
                              .value = (uint8_t)(border | (is_not ? LAZ_BORDER_NOT : 0))});
}

static bool is_class(struct laz_view rest, bool is_not)
{
    struct laz_view text;

    return laz_view_at(rest, is_not ? 1 : 0, 3, &text) && text.data[2] == ')' &&
           strchr("BLW", text.data[1]) != NULL && text.data[1] != '\0';
}

static enum laz_status take_open(struct reader *r, bool is_not, struct laz_error *err)
{
    struct laz_view rest = r->rest, first;

    if (is_class(rest, is_not) && r->depth == 0) {
        take_class(r, is_not);
        return LAZ_OK;
    }
    if (r->depth > 0)
        return expected(r, "expected no alternatives inside alternatives", err);
    if (!laz_skip(&rest, is_not ? 2 : 1) || !laz_view_at(rest, 0, 1, &first))
        return expected(r, "expected alternatives: (aa|bb)", err);
    r->rest = rest;
    r->depth = 1;
    r->in_not = is_not;
    r->open_at = (uint32_t)r->set->tokens.count;
    add(r, (struct laz_token){.kind = is_not ? LAZ_TOKEN_OPEN_NOT : LAZ_TOKEN_OPEN});
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
    add(r, (struct laz_token){.kind = is_close ? LAZ_TOKEN_CLOSE : LAZ_TOKEN_BAR});
    if (r->set->failed)
        return laz_ruleset_failed(r->set, err);
    if (is_close && r->in_not && !not_fits(r))
        return expected(r, "expected alternatives of one length and of whole bytes after '!'", err);
    if (is_close)
        r->depth = 0;
    laz_ignore(laz_skip(&r->rest, 1)); /* the mark, which is there */
    return LAZ_OK;
}

static enum laz_status take_star(struct reader *r, struct laz_error *err)
{
    if (r->depth > 0)
        return expected(r, "expected no gap inside alternatives", err);
    add_gap(r, 0, LAZ_GAP_MAX);
    laz_ignore(laz_skip(&r->rest, 1)); /* the star, which is there */
    return LAZ_OK;
}

static enum laz_status take_one(struct reader *r, struct laz_error *err)
{
    if (r->set->failed)
        return laz_ruleset_failed(r->set, err);
    switch (r->rest.data[0]) {
    case '{':
        return take_range(r, err);
    case '[':
        return take_anchor(r, err);
    case '(':
        return take_open(r, false, err);
    case '!':
        if (r->rest.len < 2 || r->rest.data[1] != '(')
            return expected(r, "expected '(' after '!'", err);
        return take_open(r, true, err);
    case '|':
    case ')':
        return take_mark(r, err);
    case '*':
        return take_star(r, err);
    default:
        return take_byte(r) ? LAZ_OK : expected(r, "expected two hexadecimal digits", err);
    }
}

enum laz_status laz_clamav_read_tokens(const struct laz_clamav_line *line, struct laz_view body,
                                       struct laz_clamav_modifiers modifiers, struct laz_error *err)
{
    struct reader r = {
        .set = line->set,
        .line = line,
        .rest = body,
        .first = (uint32_t)line->set->tokens.count,
        .wide = modifiers.wide,
    };

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
