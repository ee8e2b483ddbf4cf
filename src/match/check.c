#include <string.h>

#include "match/program.h"

/* Where instructions begin, as bits. Programs of a condition may be long, so it is given room. */
struct starts {
    uint8_t bits[LAZ_VERIFY_CODE_MAX / 8];
};

static void mark(struct starts *starts, size_t at)
{
    starts->bits[at / 8] |= (uint8_t)(1u << at % 8);
}

static bool is_start(const struct starts *starts, size_t at)
{
    return (starts->bits[at / 8] >> at % 8 & 1) != 0;
}

/* What of one instruction of verification matters to the check. */
struct step {
    uint8_t op;
    uint32_t target; /* 0: none */
    bool is_choice;
    uint16_t gap;
};

static bool take_blob(struct laz_view *v, unsigned item_len)
{
    uint8_t n;

    return laz_take_u8(v, &n) && n > 0 && laz_skip(v, (uint64_t)n * item_len);
}

static bool take_not_any(struct laz_view *v)
{
    uint8_t len;

    return laz_take_u8(v, &len) && len > 0 && take_blob(v, len);
}

static bool take_gap(struct laz_view *v, struct step *step)
{
    uint32_t min, max;

    step->is_choice = true;
    return laz_take_u16le(v, &step->gap) && laz_take_u32le(v, &min) && laz_take_u32le(v, &max) &&
           min <= max;
}

static bool take_border(struct laz_view *v)
{
    uint8_t kind;

    return laz_take_u8(v, &kind) && (kind & ~(unsigned)LAZ_BORDER_NOT) < LAZ_BORDER_KINDS;
}

static bool take_step(struct laz_view *v, struct step *step)
{
    *step = (struct step){0};
    if (!laz_take_u8(v, &step->op) || step->op >= LAZ_VERIFY_OPS)
        return false;
    switch ((enum laz_verify_op)step->op) {
    case LAZ_VERIFY_MATCH:
        return v->len == 0;
    case LAZ_VERIFY_BYTES:
    case LAZ_VERIFY_NOCASE:
        return take_blob(v, 1);
    case LAZ_VERIFY_MASKED:
        return take_blob(v, 2);
    case LAZ_VERIFY_NOT_MASKED:
        return laz_skip(v, 2);
    case LAZ_VERIFY_NOT_ANY:
        return take_not_any(v);
    case LAZ_VERIFY_SKIP:
        return laz_skip(v, 4);
    case LAZ_VERIFY_GAP:
        return take_gap(v, step);
    case LAZ_VERIFY_SPLIT:
        step->is_choice = true;
        return laz_take_u32le(v, &step->target);
    case LAZ_VERIFY_JUMP:
        return laz_take_u32le(v, &step->target);
    case LAZ_VERIFY_BORDER:
        return take_border(v);
    case LAZ_VERIFY_OPS:
        break;
    }
    return false;
}

/* Every instruction is whole, the last one and no other is MATCH. */
static bool scan_steps(struct laz_view code, uint32_t gap_count, struct starts *starts)
{
    struct laz_view rest = code;
    struct step step = {.op = LAZ_VERIFY_OPS};
    uint32_t choices = 0;

    while (rest.len > 0) {
        mark(starts, code.len - rest.len);
        if (!take_step(&rest, &step) || (step.op == LAZ_VERIFY_GAP && step.gap >= gap_count))
            return false;
        choices += step.is_choice;
    }
    return step.op == LAZ_VERIFY_MATCH && choices <= LAZ_VERIFY_CHOICES_MAX;
}

bool laz_verify_code_check(struct laz_view code, uint32_t gap_count)
{
    struct starts starts;
    struct laz_view rest = code;
    struct step step;

    if (code.len == 0 || code.len > LAZ_VERIFY_CODE_MAX)
        return false;
    memset(starts.bits, 0,
           code.len / 8 + 1 < sizeof starts.bits ? code.len / 8 + 1 : sizeof starts.bits);
    if (!scan_steps(code, gap_count, &starts))
        return false;
    while (rest.len > 0 && take_step(&rest, &step))
        if ((step.op == LAZ_VERIFY_SPLIT || step.op == LAZ_VERIFY_JUMP) &&
            (step.target < code.len - rest.len || step.target >= code.len ||
             !is_start(&starts, step.target)))
            return false;
    return true;
}
