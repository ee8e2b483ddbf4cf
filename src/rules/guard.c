#include <stdlib.h>

#include "rules/compiler_priv.h"

/* Operations [first, end) of a rule that make one value. */
struct part {
    uint32_t first, end;
};

static bool is_jump(uint8_t op)
{
    return op == LAZ_CONDITION_JUMP_IF_FALSE || op == LAZ_CONDITION_JUMP_IF_TRUE;
}

static bool asks_pattern(uint8_t op)
{
    return op >= LAZ_CONDITION_FOUND && op <= LAZ_CONDITION_LENGTH;
}

/* Where the operations of each value begin: firsts[i] for the value that operation i leaves. */
static void find_firsts(const struct laz_op *ops, uint32_t count, uint32_t *firsts)
{
    uint32_t stack[LAZ_CONDITION_STACK_MAX + 2];
    size_t depth = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct laz_condition_shape shape = laz_condition_shape(ops[i].op);

        if (is_jump(ops[i].op) || ops[i].op == LAZ_CONDITION_RETURN)
            continue;
        LAZ_ASSERT(depth >= shape.takes && depth <= LAZ_CONDITION_STACK_MAX);
        depth -= shape.takes;
        firsts[i] = shape.takes == 0 ? i : stack[depth];
        stack[depth++] = firsts[i];
    }
}

static bool is_free_of_patterns(const struct laz_op *ops, struct part part)
{
    for (uint32_t i = part.first; i < part.end; i++)
        if (asks_pattern(ops[i].op) || ops[i].op == LAZ_CONDITION_RULE)
            return false;
    return true;
}

static uint32_t size_of(const struct laz_op *ops, uint32_t from, uint32_t to)
{
    uint32_t size = 0;

    for (uint32_t i = from; i < to; i++)
        size += 1u + laz_condition_shape(ops[i].op).operand_len;
    return size;
}

/* The part's operations; its jumps stay inside it. */
static void emit_part(struct laz_buf *code, size_t start, const struct laz_op *ops,
                      struct part part, bool is_first)
{
    uint32_t at = (uint32_t)(code->len - start);

    for (uint32_t i = part.first; i < part.end; i++) {
        uint64_t n = ops[i].op == LAZ_CONDITION_PUSH ? ops[i].n : ops[i].operand;

        if (is_jump(ops[i].op)) {
            LAZ_ASSERT(n > i && n <= part.end);
            n = at + size_of(ops, part.first, (uint32_t)n);
        }
        laz_condition_emit_op(code, ops[i].op, n);
    }
    if (!is_first)
        laz_condition_emit_op(code, LAZ_CONDITION_AND, 0);
}

/* The last value is the condition: what 'and' joins in it is taken apart from the right. */
bool laz_guard_emit(struct laz_buf *code, const struct laz_ruleset *set,
                    const struct laz_ir_rule *rule)
{
    const struct laz_op *ops = laz_list_at(struct laz_op, &set->ops, rule->op_first);
    uint32_t *firsts = calloc(rule->op_count + 1u, sizeof *firsts);
    size_t start = code->len;
    uint32_t end = rule->op_count - 1; /* RETURN */
    bool is_first = true;

    if (firsts == NULL)
        return false;
    find_firsts(ops, rule->op_count, firsts);
    while (end > 0) {
        bool is_and = ops[end - 1].op == LAZ_CONDITION_AND;
        uint32_t last = is_and ? end - 1 : end;
        struct part part = {firsts[last - 1], last};

        if (is_free_of_patterns(ops, part)) {
            emit_part(code, start, ops, part, is_first);
            is_first = false;
        }
        if (!is_and)
            break;
        end = part.first;
        if (end > 0 && is_jump(ops[end - 1].op))
            end--;
    }
    free(firsts);
    if (!is_first)
        laz_condition_emit_op(code, LAZ_CONDITION_RETURN, 0);
    return laz_buf_failed(code) == LAZ_OK;
}

static void widen(struct laz_span_wanted *span, uint64_t first, uint64_t last)
{
    if (!span->is_asked || first < span->first)
        span->first = first;
    if (!span->is_asked || last > span->last)
        span->last = last;
    span->is_asked = true;
}

static bool is_number(const struct laz_op *op)
{
    return op->op == LAZ_CONDITION_PUSH && op->n <= INT64_MAX;
}

void laz_spans_find(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                    struct laz_span_wanted *spans)
{
    const struct laz_op *ops = laz_list_at(struct laz_op, &set->ops, rule->op_first);

    for (uint32_t i = 0; i < rule->op_count; i++) {
        uint8_t op = ops[i].op;
        uint32_t pattern = ops[i].operand;

        if (!asks_pattern(op))
            continue;
        if (op == LAZ_CONDITION_AT && i >= 1 && is_number(&ops[i - 1]))
            widen(&spans[pattern], ops[i - 1].n, ops[i - 1].n);
        else if ((op == LAZ_CONDITION_IN || op == LAZ_CONDITION_COUNT_IN) && i >= 2 &&
                 is_number(&ops[i - 2]) && is_number(&ops[i - 1]))
            widen(&spans[pattern], ops[i - 2].n, ops[i - 1].n);
        else
            widen(&spans[pattern], 0, UINT64_MAX);
    }
}
