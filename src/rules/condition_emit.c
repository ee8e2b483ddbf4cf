#include <stdlib.h>

#include "rules/compiler_priv.h"

/* A node whose program is being written. The work stands on a stack of its own: conditions may be
 * long chains, which are deep trees. */
struct work {
    uint32_t node;
    uint32_t done; /* of its operands, and items */
    size_t patch;  /* where a target is still missing */
    size_t table;  /* of a list: its items' targets */
};

struct emitter {
    struct laz_buf *code;
    size_t start; /* of the program */
    const struct laz_ruleset *set;
    uint32_t program_at, program_first; /* of the rule's expressions: in the code, in the set */
    struct work *stack;
    size_t count, capacity;
    bool failed;
};

static void add_u8(struct emitter *e, uint8_t n)
{
    laz_ignore(laz_buf_add_u8(e->code, n)); /* the buffer remembers a refusal, as all below */
}

static void add_u16(struct emitter *e, uint32_t n)
{
    if (n > UINT16_MAX)
        e->failed = true;
    laz_ignore(laz_buf_add_u16le(e->code, (uint16_t)n));
}

static void add_u32(struct emitter *e, uint32_t n)
{
    laz_ignore(laz_buf_add_u32le(e->code, n));
}

static void add_u64(struct emitter *e, uint64_t n)
{
    laz_ignore(laz_buf_add_u64le(e->code, n));
}

static uint32_t here(const struct emitter *e)
{
    return (uint32_t)(e->code->len - e->start);
}

static void patch(struct emitter *e, size_t at, uint32_t target)
{
    if (laz_buf_failed(e->code) != LAZ_OK || at + 4 > e->code->len)
        return;
    for (unsigned i = 0; i < 4; i++)
        e->code->data[at + i] = (uint8_t)(target >> 8 * i);
}

static void push(struct emitter *e, uint32_t node)
{
    if (e->count == e->capacity) {
        size_t capacity = e->capacity == 0 ? 64 : 2 * e->capacity;
        struct work *stack = realloc(e->stack, capacity * sizeof *stack);

        if (stack == NULL) {
            e->failed = true;
            return;
        }
        e->stack = stack;
        e->capacity = capacity;
    }
    e->stack[e->count++] = (struct work){.node = node};
}

/* What the node's operation takes from the stack, in its order; 0 when there are no more. */
static uint32_t operand_of(const struct emitter *e, const struct laz_node *node, uint32_t index)
{
    if (node->kind == LAZ_NODE_FIELD)
        return index < node->item_count ? laz_node_item(e->set, node, index) : 0;
    for (uint32_t i = 0; i < 3; i++)
        if (node->child[i] != 0 && index-- == 0)
            return node->child[i];
    return 0;
}

/* Operations without operands, by the kind of their node. */
static uint8_t plain_op(uint8_t kind)
{
    static const uint8_t ops[LAZ_NODE_KINDS] = {
        [LAZ_NODE_FILESIZE] = LAZ_CONDITION_FILESIZE,
        [LAZ_NODE_NOT] = LAZ_CONDITION_NOT,
        [LAZ_NODE_DEFINED] = LAZ_CONDITION_DEFINED,
        [LAZ_NODE_NEGATE] = LAZ_CONDITION_NEGATE,
        [LAZ_NODE_BIT_NOT] = LAZ_CONDITION_BIT_NOT,
        [LAZ_NODE_AND] = LAZ_CONDITION_AND,
        [LAZ_NODE_OR] = LAZ_CONDITION_OR,
        [LAZ_NODE_EQUAL] = LAZ_CONDITION_EQUAL,
        [LAZ_NODE_UNEQUAL] = LAZ_CONDITION_UNEQUAL,
        [LAZ_NODE_LESS] = LAZ_CONDITION_LESS,
        [LAZ_NODE_LESS_EQUAL] = LAZ_CONDITION_LESS_EQUAL,
        [LAZ_NODE_GREATER] = LAZ_CONDITION_GREATER,
        [LAZ_NODE_GREATER_EQUAL] = LAZ_CONDITION_GREATER_EQUAL,
        [LAZ_NODE_ADD] = LAZ_CONDITION_ADD,
        [LAZ_NODE_SUBTRACT] = LAZ_CONDITION_SUBTRACT,
        [LAZ_NODE_MULTIPLY] = LAZ_CONDITION_MULTIPLY,
        [LAZ_NODE_DIVIDE] = LAZ_CONDITION_DIVIDE,
        [LAZ_NODE_REMAINDER] = LAZ_CONDITION_REMAINDER,
        [LAZ_NODE_BIT_AND] = LAZ_CONDITION_BIT_AND,
        [LAZ_NODE_BIT_OR] = LAZ_CONDITION_BIT_OR,
        [LAZ_NODE_BIT_XOR] = LAZ_CONDITION_BIT_XOR,
        [LAZ_NODE_SHIFT_LEFT] = LAZ_CONDITION_SHIFT_LEFT,
        [LAZ_NODE_SHIFT_RIGHT] = LAZ_CONDITION_SHIFT_RIGHT,
        [LAZ_NODE_CONTAINS] = LAZ_CONDITION_CONTAINS,
        [LAZ_NODE_ICONTAINS] = LAZ_CONDITION_ICONTAINS,
        [LAZ_NODE_STARTSWITH] = LAZ_CONDITION_STARTSWITH,
        [LAZ_NODE_ISTARTSWITH] = LAZ_CONDITION_ISTARTSWITH,
        [LAZ_NODE_ENDSWITH] = LAZ_CONDITION_ENDSWITH,
        [LAZ_NODE_IENDSWITH] = LAZ_CONDITION_IENDSWITH,
        [LAZ_NODE_IEQUALS] = LAZ_CONDITION_IEQUALS,
        [LAZ_NODE_MATCHES] = LAZ_CONDITION_MATCHES,
    };

    return ops[kind]; /* 0, which is RETURN: none */
}

static uint8_t pattern_op(uint8_t kind)
{
    static const uint8_t ops[LAZ_NODE_KINDS] = {
        [LAZ_NODE_FOUND] = LAZ_CONDITION_FOUND,
        [LAZ_NODE_AT] = LAZ_CONDITION_AT,
        [LAZ_NODE_IN] = LAZ_CONDITION_IN,
        [LAZ_NODE_COUNT] = LAZ_CONDITION_COUNT,
        [LAZ_NODE_COUNT_IN] = LAZ_CONDITION_COUNT_IN,
        [LAZ_NODE_OFFSET] = LAZ_CONDITION_OFFSET,
        [LAZ_NODE_LENGTH] = LAZ_CONDITION_LENGTH,
    };

    return ops[kind];
}

static void emit_of(struct emitter *e, const struct laz_node *node)
{
    bool of_rules = node->kind == LAZ_NODE_OF_RULES;

    add_u8(e, of_rules ? LAZ_CONDITION_OF_RULES : LAZ_CONDITION_OF);
    add_u8(e, node->quantity);
    if (!of_rules)
        add_u8(e, node->child[2] != 0 ? LAZ_OF_IN : node->child[1] != 0 ? LAZ_OF_AT : LAZ_OF_FOUND);
    add_u16(e, node->item_count);
    for (uint32_t i = 0; i < node->item_count; i++)
        if (of_rules)
            add_u32(e, laz_node_item(e->set, node, i));
        else
            add_u16(e, laz_node_item(e->set, node, i));
}

static void emit_real(struct emitter *e, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    add_u8(e, LAZ_CONDITION_REAL);
    add_u64(e, bits);
}

static void emit_regex(struct emitter *e, const struct laz_node *node)
{
    const struct laz_expression *expression =
        laz_list_at(struct laz_expression, &e->set->expressions, node->operand);

    add_u8(e, LAZ_CONDITION_REGEX);
    add_u32(e, e->program_at + (expression->program - e->program_first));
    add_u32(e, expression->program_len);
}

/* The operation itself, behind the programs of its operands. */
static void emit_op(struct emitter *e, const struct laz_node *node)
{
    switch (node->kind) {
    case LAZ_NODE_NUMBER:
        add_u8(e, LAZ_CONDITION_NUMBER);
        add_u64(e, (uint64_t)node->n);
        return;
    case LAZ_NODE_REAL:
        emit_real(e, node->real);
        return;
    case LAZ_NODE_TEXT:
        add_u8(e, LAZ_CONDITION_TEXT);
        add_u32(e, node->operand);
        add_u32(e, (uint32_t)node->n);
        return;
    case LAZ_NODE_REGEX:
        emit_regex(e, node);
        return;
    case LAZ_NODE_EXTERNAL:
        add_u8(e, LAZ_CONDITION_EXTERNAL);
        add_u16(e, node->operand);
        return;
    case LAZ_NODE_VARIABLE:
        add_u8(e, LAZ_CONDITION_LOAD);
        add_u8(e, (uint8_t)node->operand);
        return;
    case LAZ_NODE_RULE:
        add_u8(e, LAZ_CONDITION_RULE);
        add_u32(e, node->operand);
        return;
    case LAZ_NODE_READ:
        add_u8(e, LAZ_CONDITION_READ);
        add_u8(e, (uint8_t)node->operand);
        return;
    case LAZ_NODE_FIELD:
        add_u8(e, LAZ_CONDITION_FIELD);
        add_u32(e, node->operand);
        return;
    case LAZ_NODE_OF:
    case LAZ_NODE_OF_RULES:
        emit_of(e, node);
        return;
    default:
        break;
    }
    if (pattern_op(node->kind) != 0) {
        add_u8(e, pattern_op(node->kind));
        add_u16(e, node->operand == LAZ_NODE_LOOP_PATTERN ? LAZ_CONDITION_LOOP_PATTERN
                                                          : node->operand);
        return;
    }
    LAZ_ASSERT(plain_op(node->kind) != 0);
    add_u8(e, plain_op(node->kind));
}

/* Jumps over the right side as soon as the left one decides. */
static bool step_join(struct emitter *e, struct work *w, const struct laz_node *node)
{
    bool is_or = node->kind == LAZ_NODE_OR;

    switch (w->done++) {
    case 0:
        push(e, node->child[0]);
        return true;
    case 1:
        add_u8(e, is_or ? LAZ_CONDITION_JUMP_IF_TRUE : LAZ_CONDITION_JUMP_IF_FALSE);
        w->patch = e->code->len;
        add_u32(e, 0);
        push(e, node->child[1]);
        return true;
    default:
        emit_op(e, node);
        patch(e, w->patch, here(e));
        return false;
    }
}

static void emit_loop(struct emitter *e, struct work *w, const struct laz_node *node)
{
    bool of_patterns = node->kind == LAZ_NODE_FOR_OF, is_list = node->kind == LAZ_NODE_FOR_LIST;

    add_u8(e, of_patterns                        ? LAZ_CONDITION_LOOP_PATTERNS
              : is_list                          ? LAZ_CONDITION_LOOP_LIST
              : node->kind == LAZ_NODE_FOR_RANGE ? LAZ_CONDITION_LOOP_RANGE
                                                 : LAZ_CONDITION_LOOP_COUNT);
    add_u8(e, node->quantity);
    if (!of_patterns)
        add_u8(e, (uint8_t)node->operand);
    w->patch = e->code->len;
    add_u32(e, 0);
    if (is_list)
        add_u32(e, 0); /* the body */
    if (!of_patterns && !is_list)
        return;
    add_u16(e, node->item_count);
    w->table = e->code->len;
    for (uint32_t i = 0; i < node->item_count; i++)
        if (is_list)
            add_u32(e, 0);
        else
            add_u16(e, laz_node_item(e->set, node, i));
}

/* The programs of a list's items, each with its end. True while there is one more. */
static bool step_item(struct emitter *e, struct work *w, const struct laz_node *node,
                      uint32_t index)
{
    if (index > 0 && index <= node->item_count)
        add_u8(e, LAZ_CONDITION_ITEM);
    if (index >= node->item_count)
        return false;
    patch(e, w->table + 4 * (size_t)index, here(e));
    push(e, laz_node_item(e->set, node, index));
    return true;
}

static uint32_t operand_count(const struct emitter *e, const struct laz_node *node)
{
    uint32_t n = 0;

    while (operand_of(e, node, n) != 0)
        n++;
    return n;
}

static bool step_loop(struct emitter *e, struct work *w, const struct laz_node *node)
{
    uint32_t operands = operand_count(e, node), done = w->done++;

    if (done < operands) {
        push(e, operand_of(e, node, done));
        return true;
    }
    done -= operands;
    if (done == 0)
        emit_loop(e, w, node);
    if (node->kind == LAZ_NODE_FOR_LIST) {
        if (step_item(e, w, node, done))
            return true;
        done -= node->item_count;
    }
    if (done == 0) {
        if (node->kind == LAZ_NODE_FOR_LIST)
            patch(e, w->patch + 4, here(e));
        push(e, node->child[3]);
        return true;
    }
    add_u8(e, LAZ_CONDITION_NEXT);
    patch(e, w->patch, here(e));
    return false;
}

/* One more part of the node's program. False when it is whole. */
static bool step(struct emitter *e, struct work *w)
{
    const struct laz_node *node = laz_node_at(e->set, w->node);
    uint32_t operand;

    switch (node->kind) {
    case LAZ_NODE_AND:
    case LAZ_NODE_OR:
        return step_join(e, w, node);
    case LAZ_NODE_FOR_OF:
    case LAZ_NODE_FOR_RANGE:
    case LAZ_NODE_FOR_LIST:
    case LAZ_NODE_FOR_FIELD:
        return step_loop(e, w, node);
    default:
        operand = operand_of(e, node, w->done++);
        if (operand == 0) {
            emit_op(e, node);
            return false;
        }
        push(e, operand);
        return true;
    }
}

static bool emit_value(struct emitter *e, uint32_t node)
{
    push(e, node);
    while (e->count > 0 && !e->failed && laz_buf_failed(e->code) == LAZ_OK) {
        size_t top = e->count - 1;
        struct work w = e->stack[top];

        if (step(e, &w))
            e->stack[top] = w; /* the step may have moved the stack */
        else
            e->count--;
    }
    free(e->stack);
    e->stack = NULL;
    return !e->failed && laz_buf_failed(e->code) == LAZ_OK;
}

bool laz_condition_emit_value(struct laz_buf *code, size_t start, const struct laz_ruleset *set,
                              uint32_t node)
{
    struct emitter e = {.code = code, .start = start, .set = set};

    return emit_value(&e, node);
}

/* Copies the programs of the rule's expressions before the condition. */
static void emit_programs(struct emitter *e, const struct laz_ir_rule *rule)
{
    struct laz_view all = laz_buf_view(&e->set->programs);
    uint32_t end = 0;

    e->program_at = (uint32_t)e->code->len;
    for (uint32_t i = 0; i < rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(e->set, rule->node_first + i);
        const struct laz_expression *x;

        if (node->kind != LAZ_NODE_REGEX)
            continue;
        x = laz_list_at(struct laz_expression, &e->set->expressions, node->operand);
        if (end == 0)
            e->program_first = x->program;
        end = x->program + x->program_len;
    }
    if (end > 0)
        laz_ignore(laz_buf_add(e->code, laz_view_first(laz_view_from_offset(all, e->program_first),
                                                       end - e->program_first)));
}

bool laz_condition_emit(struct laz_buf *code, const struct laz_ruleset *set,
                        const struct laz_ir_rule *rule, size_t *start)
{
    struct emitter e = {.code = code, .set = set};

    emit_programs(&e, rule);
    *start = e.start = code->len;
    if (!emit_value(&e, rule->condition))
        return false;
    laz_ignore(laz_buf_add_u8(code, LAZ_CONDITION_RETURN)); /* checked below */
    return laz_buf_failed(code) == LAZ_OK && code->len - *start <= LAZ_CONDITION_CODE_MAX;
}

struct laz_condition_bounds laz_condition_bounds_of(const struct laz_ruleset *set,
                                                    const struct laz_ir_rule *rule, uint32_t index,
                                                    struct laz_view code)
{
    return (struct laz_condition_bounds){
        .pattern_count = rule->pattern_count,
        .rule_index = index,
        .external_count = (uint32_t)set->externals.count,
        .text_len = set->text.len,
        .code = code,
    };
}
