#include "match/database_priv.h"
#include "match/program.h"

struct laz_condition_shape laz_condition_shape(uint8_t op)
{
    switch (op) {
    case LAZ_CONDITION_RETURN:
        return (struct laz_condition_shape){1, 0};
    case LAZ_CONDITION_PUSH:
        return (struct laz_condition_shape){0, 8};
    case LAZ_CONDITION_FILESIZE:
        return (struct laz_condition_shape){0, 0};
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_COUNT:
        return (struct laz_condition_shape){0, 2};
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
        return (struct laz_condition_shape){1, 2};
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT_IN:
        return (struct laz_condition_shape){2, 2};
    case LAZ_CONDITION_RULE:
        return (struct laz_condition_shape){0, 4};
    case LAZ_CONDITION_READ:
        return (struct laz_condition_shape){1, 1};
    case LAZ_CONDITION_JUMP_IF_FALSE:
    case LAZ_CONDITION_JUMP_IF_TRUE:
        return (struct laz_condition_shape){1, 4};
    case LAZ_CONDITION_NOT:
    case LAZ_CONDITION_NEGATE:
    case LAZ_CONDITION_BIT_NOT:
    case LAZ_CONDITION_TRUTH:
    case LAZ_CONDITION_DEFINED:
        return (struct laz_condition_shape){1, 0};
    default: /* arithmetic, comparison, and, or */
        return (struct laz_condition_shape){2, 0};
    }
}

/* Jumps that were passed and not yet landed, by target; each remembers the depth it brings. The
 * nearest target is the last one, so that landing is cheap: conditions nest. */
struct landing {
    uint32_t target, depth;
};

#define LANDINGS_MAX 4096

struct walk {
    struct landing landings[LANDINGS_MAX];
    size_t landing_count;
    uint32_t depth;
};

static bool note_jump(struct walk *w, uint32_t at, uint32_t target, size_t code_len)
{
    if (target <= at || target >= code_len || w->landing_count == LANDINGS_MAX)
        return false;
    if (w->landing_count > 0 && w->landings[w->landing_count - 1].target < target)
        return false; /* jumps that cross one another do not nest */
    w->landings[w->landing_count++] = (struct landing){target, w->depth};
    return true;
}

static bool land(struct walk *w, uint32_t at)
{
    while (w->landing_count > 0 && w->landings[w->landing_count - 1].target <= at) {
        const struct landing *landing = &w->landings[--w->landing_count];

        if (landing->target != at || landing->depth != w->depth)
            return false;
    }
    return true;
}

static bool read_fits(uint8_t how)
{
    uint8_t width = how & LAZ_READ_WIDTH;

    return (width == 1 || width == 2 || width == 4) &&
           (how & ~(LAZ_READ_WIDTH | LAZ_READ_BIG_ENDIAN | LAZ_READ_SIGNED)) == 0;
}

static bool operands_fit(uint8_t op, const uint8_t *operands, uint32_t pattern_count,
                         uint32_t rule_index)
{
    switch (op) {
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT_IN:
        return laz_load_u16(operands) < pattern_count;
    case LAZ_CONDITION_RULE:
        return laz_load_u32(operands) < rule_index;
    case LAZ_CONDITION_READ:
        return read_fits(operands[0]);
    default:
        return true;
    }
}

static bool apply(struct walk *w, uint8_t op, struct laz_condition_shape shape)
{
    if (w->depth < shape.takes)
        return false;
    if (op == LAZ_CONDITION_JUMP_IF_FALSE || op == LAZ_CONDITION_JUMP_IF_TRUE)
        return true;
    w->depth = w->depth - shape.takes + 1;
    return w->depth <= LAZ_CONDITION_STACK_MAX;
}

bool laz_condition_code_check(struct laz_view code, uint32_t pattern_count, uint32_t rule_index)
{
    struct walk w;
    struct laz_view rest = code, operands;
    uint8_t op = LAZ_CONDITION_OPS;

    w.landing_count = 0;
    w.depth = 0;
    if (code.len == 0 || code.len > LAZ_CONDITION_CODE_MAX)
        return false;
    while (rest.len > 0) {
        uint32_t at = (uint32_t)(code.len - rest.len);
        struct laz_condition_shape shape;

        if (!land(&w, at) || !laz_take_u8(&rest, &op) || op >= LAZ_CONDITION_OPS)
            return false;
        shape = laz_condition_shape(op);
        if (!laz_take(&rest, shape.operand_len, &operands) || !apply(&w, op, shape) ||
            !operands_fit(op, operands.data, pattern_count, rule_index))
            return false;
        if ((op == LAZ_CONDITION_JUMP_IF_FALSE || op == LAZ_CONDITION_JUMP_IF_TRUE) &&
            !note_jump(&w, at, laz_load_u32(operands.data), code.len))
            return false;
        if (op == LAZ_CONDITION_RETURN && rest.len > 0)
            return false;
    }
    return op == LAZ_CONDITION_RETURN && w.depth == 1 && w.landing_count == 0;
}
