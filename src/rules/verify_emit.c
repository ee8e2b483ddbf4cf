#include "rules/compiler_priv.h"

#define RUN_MAX 255 /* a count has one byte */

struct emitter {
    struct laz_buf *code;
    size_t start; /* of the program in code */
    const struct laz_token *tokens;
    bool ahead, nocase;
    uint32_t *gap_count;
    uint32_t choice_count; /* gaps and splits of this program */
    unsigned depth;
};

static void add_u8(struct emitter *e, unsigned n)
{
    laz_ignore(laz_buf_add_u8(e->code, (uint8_t)n)); /* the buffer remembers a refusal */
}

static void add_u32(struct emitter *e, uint32_t n)
{
    laz_ignore(laz_buf_add_u32le(e->code, n)); /* the buffer remembers a refusal */
}

/* A place for a target that is known later; its offset in code. */
static size_t add_target(struct emitter *e, enum laz_verify_op op)
{
    add_u8(e, op);
    add_u32(e, 0);
    return e->code->len - 4;
}

static void set_target(struct emitter *e, size_t at)
{
    uint32_t target = (uint32_t)(e->code->len - e->start);

    if (laz_buf_failed(e->code) != LAZ_OK)
        return;
    for (unsigned i = 0; i < 4; i++)
        e->code->data[at + i] = (uint8_t)(target >> 8 * i);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Bytes [from, to) of one kind: all whole, or with masks. Their order is the object's. */
static void emit_run(struct emitter *e, uint32_t from, uint32_t to)
{
    bool whole = e->tokens[from].mask == 0xff;

    add_u8(e, !whole ? LAZ_VERIFY_MASKED : e->nocase ? LAZ_VERIFY_NOCASE : LAZ_VERIFY_BYTES);
    add_u8(e, to - from);
    for (uint32_t i = from; i < to; i++) {
        if (!whole)
            add_u8(e, e->tokens[i].mask);
        add_u8(e, whole && e->nocase ? lower(e->tokens[i].value) : e->tokens[i].value);
    }
}

static void emit_gap(struct emitter *e, struct laz_token token)
{
    if (token.min == token.max) {
        add_u8(e, LAZ_VERIFY_SKIP);
        add_u32(e, token.min);
        return;
    }
    add_u8(e, LAZ_VERIFY_GAP);
    laz_ignore(laz_buf_add_u16le(e->code, (uint16_t)*e->gap_count)); /* remembered */
    add_u32(e, token.min);
    add_u32(e, token.max);
    ++*e->gap_count;
    e->choice_count++;
}

/* The item that begins at from when going ahead, or ends before to when going back: one byte, gap
 * or whole alternatives, or a run of bytes that can be compared at once. */
static void next_item(const struct emitter *e, uint32_t from, uint32_t to, uint32_t *first,
                      uint32_t *end)
{
    uint32_t at = e->ahead ? from : to - 1;
    struct laz_token token = e->tokens[at];
    int step = e->ahead ? 1 : -1, depth = 0;
    uint32_t limit = e->ahead ? to - 1 : from, last = at;

    if (token.kind == LAZ_TOKEN_BYTE) {
        while (last != limit && (e->ahead ? last - at : at - last) < RUN_MAX - 1 &&
               e->tokens[last + (uint32_t)step].kind == LAZ_TOKEN_BYTE &&
               (e->tokens[last + (uint32_t)step].mask == 0xff) == (token.mask == 0xff))
            last += (uint32_t)step;
    } else if (token.kind != LAZ_TOKEN_GAP && token.kind != LAZ_TOKEN_NOT_BYTE &&
               token.kind != LAZ_TOKEN_BORDER) {
        for (;; last += (uint32_t)step) {
            uint8_t kind = e->tokens[last].kind;

            depth += kind == LAZ_TOKEN_OPEN || kind == LAZ_TOKEN_OPEN_NOT;
            depth -= kind == LAZ_TOKEN_CLOSE;
            if (depth == 0 || last == limit)
                break;
        }
    }
    *first = e->ahead ? at : last;
    *end = (e->ahead ? last : at) + 1;
}

static void emit_range(struct emitter *e, uint32_t from, uint32_t to);

/* The end of the alternative that begins at from: its bar, or the close at close. */
static uint32_t branch_end(const struct emitter *e, uint32_t from, uint32_t close)
{
    int depth = 0;

    for (uint32_t i = from; i < close; i++) {
        uint8_t kind = e->tokens[i].kind;

        depth += kind == LAZ_TOKEN_OPEN || kind == LAZ_TOKEN_OPEN_NOT;
        depth -= kind == LAZ_TOKEN_CLOSE;
        if (depth == 0 && kind == LAZ_TOKEN_BAR)
            return i;
    }
    return close;
}

/* [open, close]: each alternative is tried, and what follows them stands once. */
static void emit_alternatives(struct emitter *e, uint32_t open, uint32_t close)
{
    size_t jumps[RUN_MAX];
    size_t jump_count = 0;
    uint32_t from = open + 1;

    for (;;) {
        uint32_t end = branch_end(e, from, close);
        bool is_last = end == close || jump_count == RUN_MAX;
        size_t split = is_last ? 0 : add_target(e, LAZ_VERIFY_SPLIT);

        emit_range(e, from, end);
        if (is_last)
            break;
        e->choice_count++;
        jumps[jump_count++] = add_target(e, LAZ_VERIFY_JUMP);
        set_target(e, split);
        from = end + 1;
    }
    for (size_t i = 0; i < jump_count; i++)
        set_target(e, jumps[i]);
}

/* Alternatives of whole bytes and one length: the front end saw to it. */
static void emit_not_any(struct emitter *e, uint32_t open, uint32_t close)
{
    unsigned len = branch_end(e, open + 1, close) - open - 1;

    LAZ_ASSERT(len < close - open);
    add_u8(e, LAZ_VERIFY_NOT_ANY);
    add_u8(e, len);
    add_u8(e, (close - open) / (len + 1));
    for (uint32_t i = open + 1; i < close; i++)
        if (e->tokens[i].kind == LAZ_TOKEN_BYTE)
            add_u8(e, e->tokens[i].value);
}

static void emit_item(struct emitter *e, uint32_t first, uint32_t end)
{
    struct laz_token token = e->tokens[first];

    switch ((enum laz_token_kind)token.kind) {
    case LAZ_TOKEN_BYTE:
        emit_run(e, first, end);
        break;
    case LAZ_TOKEN_NOT_BYTE:
        add_u8(e, LAZ_VERIFY_NOT_MASKED);
        add_u8(e, token.mask);
        add_u8(e, token.value);
        break;
    case LAZ_TOKEN_GAP:
        emit_gap(e, token);
        break;
    case LAZ_TOKEN_BORDER:
        add_u8(e, LAZ_VERIFY_BORDER);
        add_u8(e, token.value);
        break;
    case LAZ_TOKEN_OPEN:
        emit_alternatives(e, first, end - 1);
        break;
    case LAZ_TOKEN_OPEN_NOT:
        emit_not_any(e, first, end - 1);
        break;
    case LAZ_TOKEN_BAR:
    case LAZ_TOKEN_CLOSE:
        break;
    }
}

/* It calls itself for each level of alternatives, of which front ends allow LAZ_NESTING_MAX. */
static void emit_range(struct emitter *e, uint32_t from, uint32_t to)
{
    LAZ_ASSERT(e->depth <= LAZ_NESTING_MAX);
    e->depth++;
    while (from < to && laz_buf_failed(e->code) == LAZ_OK) {
        uint32_t first, end;

        next_item(e, from, to, &first, &end);
        emit_item(e, first, end);
        if (e->ahead)
            from = end;
        else
            to = first;
    }
    e->depth--;
}

bool laz_verify_emit(struct laz_buf *code, const struct laz_ruleset *set,
                     const struct laz_cut_form *form, bool ahead, uint32_t *gap_count)
{
    struct emitter e = {
        .code = code,
        .start = code->len,
        .tokens = laz_list_at(struct laz_token, &set->tokens, form->token_first),
        .ahead = ahead,
        .nocase = laz_list_at(struct laz_body, &set->bodies, form->body)->nocase,
        .gap_count = gap_count,
    };

    if (ahead)
        emit_range(&e, form->atom_at + form->atom_len, form->token_count);
    else
        emit_range(&e, 0, form->atom_at);
    add_u8(&e, LAZ_VERIFY_MATCH);
    return laz_buf_failed(code) == LAZ_OK && *gap_count < LAZ_VERIFY_CHOICES_MAX &&
           e.choice_count <= LAZ_VERIFY_CHOICES_MAX && code->len - e.start <= LAZ_VERIFY_CODE_MAX;
}
