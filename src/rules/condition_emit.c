#include "rules/compiler_priv.h"

static uint32_t operand_len(uint8_t op)
{
    return laz_condition_shape(op).operand_len;
}

static bool is_jump(uint8_t op)
{
    return op == LAZ_CONDITION_JUMP_IF_FALSE || op == LAZ_CONDITION_JUMP_IF_TRUE;
}

static void emit_operand(struct laz_buf *code, uint32_t len, uint64_t n)
{
    for (uint32_t i = 0; i < len; i++, n >>= 8)
        laz_ignore(laz_buf_add_u8(code, (uint8_t)n)); /* the buffer remembers a refusal */
}

void laz_condition_emit_op(struct laz_buf *code, uint8_t op, uint64_t n)
{
    laz_ignore(laz_buf_add_u8(code, op)); /* the buffer remembers a refusal */
    emit_operand(code, operand_len(op), n);
}

bool laz_condition_emit(struct laz_buf *code, const struct laz_ruleset *set,
                        const struct laz_ir_rule *rule)
{
    const struct laz_op *ops = laz_list_at(struct laz_op, &set->ops, rule->op_first);
    size_t size = 0;
    uint32_t *offsets = calloc(rule->op_count + 1u, sizeof *offsets);

    if (offsets == NULL)
        return false;
    for (uint32_t i = 0; i < rule->op_count; i++) {
        offsets[i] = (uint32_t)size;
        size += 1 + operand_len(ops[i].op);
    }
    for (uint32_t i = 0; i < rule->op_count; i++) {
        uint64_t n = ops[i].op == LAZ_CONDITION_PUSH ? ops[i].n : ops[i].operand;

        laz_condition_emit_op(code, ops[i].op, is_jump(ops[i].op) ? offsets[n] : n);
    }
    free(offsets);
    return laz_buf_failed(code) == LAZ_OK && size <= LAZ_CONDITION_CODE_MAX;
}

/* What a value is when no pattern was found: known, or not. What is undefined is known as 0, for
 * only its truth matters: 'not' of it is false too, so it is not taken for a number. */
struct guess {
    bool is_known;
    int64_t n;
};

static struct guess guess_two(uint8_t op, struct guess a, struct guess b)
{
    if (op == LAZ_CONDITION_AND && ((a.is_known && a.n == 0) || (b.is_known && b.n == 0)))
        return (struct guess){true, 0};
    if (!a.is_known || !b.is_known)
        return (struct guess){false, 0};
    switch (op) {
    case LAZ_CONDITION_AND:
        return (struct guess){true, 1};
    case LAZ_CONDITION_OR:
        return (struct guess){true, a.n != 0 || b.n != 0};
    case LAZ_CONDITION_EQUAL:
        return (struct guess){true, a.n == b.n};
    case LAZ_CONDITION_UNEQUAL:
        return (struct guess){true, a.n != b.n};
    case LAZ_CONDITION_LESS:
        return (struct guess){true, a.n < b.n};
    case LAZ_CONDITION_LESS_EQUAL:
        return (struct guess){true, a.n <= b.n};
    case LAZ_CONDITION_GREATER:
        return (struct guess){true, a.n > b.n};
    case LAZ_CONDITION_GREATER_EQUAL:
        return (struct guess){true, a.n >= b.n};
    case LAZ_CONDITION_ADD:
        return (struct guess){true, (int64_t)((uint64_t)a.n + (uint64_t)b.n)};
    default:
        return (struct guess){false, 0};
    }
}

static struct guess guess_one(const struct laz_op *op, const struct guess *args)
{
    switch (op->op) {
    case LAZ_CONDITION_PUSH:
        return (struct guess){true, (int64_t)op->n};
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_COUNT:
        return (struct guess){true, 0};
    case LAZ_CONDITION_AT:
        return (struct guess){args[0].is_known, 0}; /* an unknown place may be undefined */
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT_IN:
        return (struct guess){true, 0};
    case LAZ_CONDITION_NOT:
        return (struct guess){args[0].is_known, args[0].n == 0};
    case LAZ_CONDITION_TRUTH:
        return (struct guess){args[0].is_known, args[0].n != 0};
    default:
        return (struct guess){false, 0};
    }
}

/* Jumps are only short cuts: what they would skip does not change the value where they land. */
bool laz_condition_needs_nothing(const struct laz_ruleset *set, const struct laz_ir_rule *rule)
{
    const struct laz_op *ops = laz_list_at(struct laz_op, &set->ops, rule->op_first);
    struct guess stack[LAZ_CONDITION_STACK_MAX + 2];
    size_t depth = 0;

    for (uint32_t i = 0; i < rule->op_count; i++) {
        struct laz_condition_shape shape = laz_condition_shape(ops[i].op);

        if (is_jump(ops[i].op) || ops[i].op == LAZ_CONDITION_RETURN)
            continue;
        LAZ_ASSERT(depth >= shape.takes && depth <= LAZ_CONDITION_STACK_MAX);
        depth -= shape.takes;
        stack[depth] =
            shape.takes == 2 && ops[i].op != LAZ_CONDITION_IN && ops[i].op != LAZ_CONDITION_COUNT_IN
                ? guess_two(ops[i].op, stack[depth], stack[depth + 1])
                : guess_one(&ops[i], stack + depth);
        depth++;
    }
    LAZ_ASSERT(depth == 1);
    return !stack[0].is_known || stack[0].n != 0;
}
