#include "match/condition_priv.h"
#include "match/fields.h"

static struct laz_value read_object(const struct laz_matcher *m, uint8_t how,
                                    struct laz_value offset)
{
    uint8_t width = how & LAZ_READ_WIDTH;
    uint64_t n = 0;
    struct laz_view part;

    if (offset.kind != LAZ_VALUE_NUMBER || offset.n < 0 ||
        !laz_view_at(m->object->bytes, (uint64_t)offset.n, width, &part))
        return laz_value_undefined();
    for (unsigned i = 0; i < width; i++)
        n = n << 8 | part.data[(how & LAZ_READ_BIG_ENDIAN) != 0 ? i : width - 1u - i];
    if ((how & LAZ_READ_SIGNED) != 0 && (n >> (8 * width - 1) & 1) != 0)
        return laz_value_number((int64_t)(n - (UINT64_C(1) << 8 * width)));
    return laz_value_number((int64_t)n);
}

static bool fits_type(struct laz_value *v, char type)
{
    switch (type) {
    case 'i':
    case 'b':
        return v->kind == LAZ_VALUE_NUMBER;
    case 'f':
        if (v->kind == LAZ_VALUE_NUMBER)
            *v = laz_value_real((double)v->n);
        return v->kind == LAZ_VALUE_REAL;
    case 's':
        return v->kind == LAZ_VALUE_TEXT;
    default:
        return v->kind == LAZ_VALUE_REGEX;
    }
}

/* A field is asked only with arguments that all are what its row names. */
static struct laz_value read_field(struct laz_condition *c, uint32_t number)
{
    const struct laz_field *field = laz_field_get(number);
    const struct laz_match_object *object = c->m->object;
    size_t count = strlen(field->args);
    struct laz_value *args = c->stack + (c->depth - count);
    struct laz_value out = laz_value_undefined();

    c->depth -= (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        if (!fits_type(&args[i], field->args[i]))
            return laz_value_undefined();
    if (field->is_constant)
        return laz_value_number(field->n);
    if (object->field == NULL)
        return laz_value_undefined();
    if (!object->field(object->context, number, args, &out)) {
        if (object->is_field_cut != NULL && *object->is_field_cut) {
            c->m->status = LAZ_LIMIT;
            c->m->is_unsure = true;
        }
        return laz_value_undefined();
    }
    return fits_type(&out, field->result) ? out : laz_value_undefined();
}

/* 'and' and 'or' take what is undefined as false, but for what nothing is known of. */
static struct laz_value join(const struct laz_matcher *m, bool is_or, struct laz_value a,
                             struct laz_value b)
{
    bool x = laz_condition_is_true(a), y = laz_condition_is_true(b);
    bool decided =
        is_or ? x || y
              : (!x && !laz_condition_is_unknown(m, a)) || (!y && !laz_condition_is_unknown(m, b));

    if (decided)
        return laz_value_number(is_or);
    if (laz_condition_is_unknown(m, a) || laz_condition_is_unknown(m, b))
        return laz_value_undefined();
    return laz_value_number(is_or ? x || y : x && y);
}

static struct laz_value number_of(const uint8_t *operand)
{
    return laz_value_number((int64_t)laz_load_u64(operand));
}

static struct laz_value real_of(const uint8_t *operand)
{
    uint64_t bits = laz_load_u64(operand);
    struct laz_value v = {.kind = LAZ_VALUE_REAL};

    memcpy(&v.real, &bits, sizeof v.real);
    return v;
}

static struct laz_value text_of(const struct laz_matcher *m, const uint8_t *operand)
{
    struct laz_view all = m->db->sections[LAZ_SECTION_TEXT];

    return laz_value_text(laz_view_first(laz_view_from_offset(all, laz_load_u32(operand)),
                                         laz_load_u32(operand + 4)));
}

static struct laz_value regex_of(const struct laz_matcher *m, const uint8_t *operand)
{
    struct laz_value v = laz_value_text(
        laz_view_from(laz_database_code(m->db, laz_load_u32(operand)), laz_load_u32(operand + 4)));

    v.kind = LAZ_VALUE_REGEX;
    return v;
}

/* What the run brings, when it is of the kind that the rules were checked with. */
static struct laz_value external_of(const struct laz_matcher *m, uint32_t index)
{
    const struct laz_match_object *object = m->object;
    struct laz_db_external e = laz_database_external(m->db, index);

    for (size_t i = 0; i < object->external_count; i++) {
        struct laz_value v = object->externals[i].value;

        if (laz_view_equal_text(object->externals[i].name, e.name))
            return v.kind == e.value.kind ? v : laz_value_undefined();
    }
    return e.value;
}

/* Operations that only give a value. False when op is none of them. */
static bool give(struct laz_condition *c, uint8_t op)
{
    const uint8_t *operand = c->code + c->pc;

    switch (op) {
    case LAZ_CONDITION_NUMBER:
        c->pc += 8;
        laz_condition_push(c, number_of(operand));
        return true;
    case LAZ_CONDITION_REAL:
        c->pc += 8;
        laz_condition_push(c, real_of(operand));
        return true;
    case LAZ_CONDITION_TEXT:
        c->pc += 8;
        laz_condition_push(c, text_of(c->m, operand));
        return true;
    case LAZ_CONDITION_REGEX:
        c->pc += 8;
        laz_condition_push(c, regex_of(c->m, operand));
        return true;
    case LAZ_CONDITION_EXTERNAL:
        c->pc += 2;
        laz_condition_push(c, external_of(c->m, laz_load_u16(operand)));
        return true;
    case LAZ_CONDITION_FILESIZE:
        laz_condition_push(c, laz_value_number((int64_t)c->m->object->bytes.len));
        return true;
    case LAZ_CONDITION_LOAD:
        c->pc += 1;
        laz_condition_push(c, c->slots[*operand]);
        return true;
    case LAZ_CONDITION_RULE:
        c->pc += 4;
        laz_condition_push(c, laz_condition_ask_rule(c->m, laz_load_u32(operand)));
        return true;
    case LAZ_CONDITION_FIELD:
        c->pc += 4;
        laz_condition_push(c, read_field(c, laz_load_u32(operand)));
        return true;
    case LAZ_CONDITION_READ:
        c->pc += 1;
        c->stack[c->depth - 1] = read_object(c->m, *operand, c->stack[c->depth - 1]);
        return true;
    default:
        return false;
    }
}

static void ask_pattern(struct laz_condition *c, uint8_t op)
{
    uint32_t pattern = laz_load_u16(c->code + c->pc);

    c->pc += 2;
    if (op == LAZ_CONDITION_IN || op == LAZ_CONDITION_COUNT_IN)
        c->depth -= 2;
    else if (op != LAZ_CONDITION_FOUND && op != LAZ_CONDITION_COUNT)
        c->depth--;
    if (pattern == LAZ_CONDITION_LOOP_PATTERN)
        pattern = c->loop_pattern;
    laz_condition_push(
        c, laz_condition_ask(c->m, op, c->rule->pattern_first + pattern, c->stack + c->depth));
}

/* What is undefined decides nothing: as in YARA, the other side is asked too. */
static void jump(struct laz_condition *c, bool when)
{
    uint32_t target = laz_load_u32(c->code + c->pc);
    struct laz_value v = c->stack[c->depth - 1];

    c->pc += 4;
    if (when ? laz_condition_is_true(v)
             : !laz_condition_is_true(v) && v.kind != LAZ_VALUE_UNDEFINED) {
        c->stack[c->depth - 1] = laz_value_number(when);
        c->pc = target;
    }
}

/* Operations of one or two values, which have no operands. */
static void calculate(struct laz_condition *c, uint8_t op)
{
    struct laz_value *v;

    if (op >= LAZ_CONDITION_NOT) {
        v = &c->stack[c->depth - 1];
        *v = laz_condition_turn(op, *v);
        return;
    }
    c->depth--;
    v = &c->stack[c->depth - 1];
    *v = op == LAZ_CONDITION_AND || op == LAZ_CONDITION_OR
             ? join(c->m, op == LAZ_CONDITION_OR, v[0], v[1])
             : laz_condition_calculate(c->m, op, v[0], v[1]);
}

static bool step(struct laz_condition *c, uint8_t op)
{
    switch (op) {
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_COUNT_IN:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
        ask_pattern(c, op);
        return true;
    case LAZ_CONDITION_OF:
    case LAZ_CONDITION_OF_RULES:
        return laz_condition_of(c, op);
    case LAZ_CONDITION_LOOP_PATTERNS:
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
    case LAZ_CONDITION_LOOP_LIST:
        laz_condition_begin_loop(c, op);
        return true;
    case LAZ_CONDITION_ITEM:
        laz_condition_end_item(c);
        return true;
    case LAZ_CONDITION_NEXT:
        laz_condition_next(c);
        return true;
    case LAZ_CONDITION_JUMP_IF_FALSE:
    case LAZ_CONDITION_JUMP_IF_TRUE:
        jump(c, op == LAZ_CONDITION_JUMP_IF_TRUE);
        return true;
    default:
        if (!give(c, op))
            calculate(c, op);
        return true;
    }
}

bool laz_matcher_condition(struct laz_matcher *m, const struct laz_rule *rule)
{
    struct laz_condition c;
    uint8_t op;

    c.m = m;
    c.rule = rule;
    c.code = laz_database_code(m->db, rule->code);
    c.pc = c.depth = c.loop_count = c.loop_pattern = 0;
    while ((op = c.code[c.pc++]) != LAZ_CONDITION_RETURN)
        if (!laz_matcher_spend(m, 1) || !step(&c, op))
            return false;
    return laz_condition_is_true(c.stack[0]);
}

bool laz_matcher_guard(struct laz_matcher *m, uint32_t index)
{
    struct laz_guard_state *state = &m->guards[index];
    struct laz_guard guard;
    struct laz_rule rule;

    if (state->epoch == m->epoch)
        return state->passes;
    if (!laz_matcher_trusts(m, LAZ_TRUST_GUARD, index))
        return false;
    guard = laz_database_guard(m->db, index);
    rule = (struct laz_rule){.code = guard.code, .code_len = guard.code_len};
    state->epoch = m->epoch;
    state->passes = (guard.target == LAZ_TARGET_ANY || guard.target == m->object->target) &&
                    (guard.code_len == 0 || laz_matcher_condition(m, &rule));
    return state->passes;
}
