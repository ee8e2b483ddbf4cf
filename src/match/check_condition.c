#include "match/database_priv.h"
#include "match/fields.h"
#include "match/program.h"
#include "match/regex.h"

/* An operation of a condition, taken apart. What it does not have is 0. */
struct step {
    uint8_t op, quantity, how, slot;
    uint32_t operand;     /* pattern, rule, field, index or offset */
    uint32_t len, target; /* of a text; of a jump, or a loop's end */
    uint32_t body, count;
    struct laz_view items; /* count of them */
    uint32_t item_len;
};

static bool take_u16(struct laz_view *v, uint32_t *out)
{
    uint16_t n;

    if (!laz_take_u16le(v, &n))
        return false;
    *out = n;
    return true;
}

static bool take_items(struct laz_view *v, struct step *step, uint32_t item_len)
{
    step->item_len = item_len;
    return take_u16(v, &step->count) && step->count > 0 &&
           laz_take(v, (uint64_t)step->count * item_len, &step->items);
}

static bool take_quantity(struct laz_view *v, struct step *step)
{
    return laz_take_u8(v, &step->quantity) && step->quantity < LAZ_QUANTITIES;
}

static bool take_slot(struct laz_view *v, struct step *step)
{
    return laz_take_u8(v, &step->slot) && step->slot < LAZ_CONDITION_SLOTS;
}

static bool take_loop(struct laz_view *v, struct step *step)
{
    if (!take_quantity(v, step))
        return false;
    switch (step->op) {
    case LAZ_CONDITION_LOOP_PATTERNS:
        return laz_take_u32le(v, &step->target) && take_items(v, step, 2);
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
        return take_slot(v, step) && laz_take_u32le(v, &step->target);
    default:
        return take_slot(v, step) && laz_take_u32le(v, &step->target) &&
               laz_take_u32le(v, &step->body) && take_items(v, step, 4);
    }
}

static bool take_of(struct laz_view *v, struct step *step)
{
    if (!take_quantity(v, step))
        return false;
    if (step->op == LAZ_CONDITION_OF_RULES)
        return take_items(v, step, 4);
    return laz_take_u8(v, &step->how) && step->how < LAZ_OF_WAYS && take_items(v, step, 2);
}

static bool take_operands(struct laz_view *v, struct step *step)
{
    switch (step->op) {
    case LAZ_CONDITION_NUMBER:
    case LAZ_CONDITION_REAL:
        return laz_skip(v, 8);
    case LAZ_CONDITION_TEXT:
    case LAZ_CONDITION_REGEX:
        return laz_take_u32le(v, &step->operand) && laz_take_u32le(v, &step->len);
    case LAZ_CONDITION_EXTERNAL:
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_COUNT_IN:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
        return take_u16(v, &step->operand);
    case LAZ_CONDITION_RULE:
    case LAZ_CONDITION_FIELD:
        return laz_take_u32le(v, &step->operand);
    case LAZ_CONDITION_LOAD:
        return take_slot(v, step);
    case LAZ_CONDITION_READ:
        return laz_take_u8(v, &step->how);
    case LAZ_CONDITION_OF:
    case LAZ_CONDITION_OF_RULES:
        return take_of(v, step);
    case LAZ_CONDITION_LOOP_PATTERNS:
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
    case LAZ_CONDITION_LOOP_LIST:
        return take_loop(v, step);
    case LAZ_CONDITION_JUMP_IF_FALSE:
    case LAZ_CONDITION_JUMP_IF_TRUE:
        return laz_take_u32le(v, &step->target);
    default:
        return step->op < LAZ_CONDITION_OPS;
    }
}

static bool take_step(struct laz_view *v, struct step *step)
{
    *step = (struct step){0};
    return laz_take_u8(v, &step->op) && take_operands(v, step);
}

static uint32_t takes_of_field(uint32_t number)
{
    const struct laz_field *field = laz_field_get(number);

    return field == NULL ? 0 : (uint32_t)strlen(field->args);
}

static uint32_t takes_of(const struct step *step)
{
    bool has_number = step->quantity == LAZ_QUANTITY_SOME || step->quantity == LAZ_QUANTITY_PERCENT;

    switch (step->op) {
    case LAZ_CONDITION_NUMBER:
    case LAZ_CONDITION_REAL:
    case LAZ_CONDITION_TEXT:
    case LAZ_CONDITION_REGEX:
    case LAZ_CONDITION_FILESIZE:
    case LAZ_CONDITION_EXTERNAL:
    case LAZ_CONDITION_LOAD:
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_RULE:
        return 0;
    case LAZ_CONDITION_RETURN:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
    case LAZ_CONDITION_READ:
    case LAZ_CONDITION_ITEM:
    case LAZ_CONDITION_NEXT:
    case LAZ_CONDITION_JUMP_IF_FALSE:
    case LAZ_CONDITION_JUMP_IF_TRUE:
    case LAZ_CONDITION_NOT:
    case LAZ_CONDITION_NEGATE:
    case LAZ_CONDITION_BIT_NOT:
    case LAZ_CONDITION_DEFINED:
        return 1;
    case LAZ_CONDITION_FIELD:
        return takes_of_field(step->operand);
    case LAZ_CONDITION_OF:
        return (has_number ? 1 : 0) + step->how;
    case LAZ_CONDITION_OF_RULES:
    case LAZ_CONDITION_LOOP_PATTERNS:
    case LAZ_CONDITION_LOOP_LIST:
        return has_number ? 1 : 0;
    case LAZ_CONDITION_LOOP_RANGE:
        return (has_number ? 1 : 0) + 2;
    case LAZ_CONDITION_LOOP_COUNT:
        return (has_number ? 1 : 0) + 1;
    default: /* arithmetic, comparison, texts, and, or */
        return 2;
    }
}

bool laz_condition_shape(struct laz_view code, struct laz_condition_shape *out)
{
    struct laz_view rest = code;
    struct step step;

    if (!take_step(&rest, &step))
        return false;
    *out = (struct laz_condition_shape){takes_of(&step), (uint32_t)(code.len - rest.len)};
    return true;
}

/* Jumps and loops that were passed and not yet landed; each remembers the depth that it brings. The
 * nearest target is the last one, so that landing is cheap: conditions nest. */
struct landing {
    uint32_t target, depth;
    bool is_loop;
    uint8_t slot;          /* of a loop; LAZ_CONDITION_SLOTS: it is over patterns */
    struct laz_view items; /* targets of a list's items that were not reached yet */
    uint32_t body;
};

#define LANDINGS_MAX 1024

struct walk {
    const struct laz_condition_bounds *bounds;
    uint32_t code_len;
    struct landing landings[LANDINGS_MAX];
    size_t landing_count;
    uint32_t depth, loop_count;
};

static struct landing *top(struct walk *w)
{
    return w->landing_count == 0 ? NULL : &w->landings[w->landing_count - 1];
}

/* What is inside a loop does not jump out of it. */
static bool note(struct walk *w, uint32_t at, struct landing landing)
{
    const struct landing *outer = top(w);

    if (landing.target <= at || landing.target >= w->code_len || w->landing_count == LANDINGS_MAX)
        return false;
    if (outer != NULL &&
        (outer->is_loop ? outer->target <= landing.target : outer->target < landing.target))
        return false;
    w->landings[w->landing_count++] = landing;
    return true;
}

static bool land(struct walk *w, uint32_t at)
{
    while (w->landing_count > 0 && top(w)->target <= at && !top(w)->is_loop) {
        if (top(w)->target != at || top(w)->depth != w->depth)
            return false;
        w->landing_count--;
    }
    return w->landing_count == 0 || top(w)->target > at;
}

static bool begin_loop(struct walk *w, uint32_t at, uint32_t next, const struct step *step)
{
    struct landing loop = {
        .target = step->target,
        .depth = w->depth, /* without the body's value */
        .is_loop = true,
        .slot = step->op == LAZ_CONDITION_LOOP_PATTERNS ? LAZ_CONDITION_SLOTS : step->slot,
    };

    if (step->op == LAZ_CONDITION_LOOP_LIST) {
        if (laz_load_u32(step->items.data) != next || step->body <= next)
            return false;
        loop.items = laz_view_from_offset(step->items, step->item_len);
        loop.body = step->body;
    }
    return ++w->loop_count <= LAZ_CONDITION_LOOPS_MAX && note(w, at, loop);
}

/* Behind an item's program stands the next one, or the body. */
static bool end_item(struct walk *w, uint32_t next)
{
    struct landing *loop = top(w);
    struct laz_view target;

    if (loop == NULL || !loop->is_loop || loop->body == 0 || w->depth != loop->depth)
        return false;
    if (laz_take(&loop->items, 4, &target))
        return laz_load_u32(target.data) == next;
    if (loop->body != next)
        return false;
    loop->body = 0; /* it has begun */
    return true;
}

static bool end_loop(struct walk *w, uint32_t next)
{
    const struct landing *loop = top(w);

    if (loop == NULL || !loop->is_loop || loop->body != 0 || loop->target != next ||
        w->depth != loop->depth)
        return false;
    w->depth++;
    w->loop_count--;
    w->landing_count--;
    return true;
}

/* Whether a loop that is open sets the slot; one over patterns for LAZ_CONDITION_SLOTS. */
static bool is_set(const struct walk *w, uint8_t slot)
{
    for (size_t i = 0; i < w->landing_count; i++)
        if (w->landings[i].is_loop && w->landings[i].slot == slot && w->landings[i].body == 0)
            return true;
    return false;
}

static bool read_fits(uint8_t how)
{
    uint8_t width = how & LAZ_READ_WIDTH;

    return (width == 1 || width == 2 || width == 4) &&
           (how & ~(LAZ_READ_WIDTH | LAZ_READ_BIG_ENDIAN | LAZ_READ_SIGNED)) == 0;
}

static bool pattern_fits(const struct walk *w, uint32_t pattern)
{
    return pattern == LAZ_CONDITION_LOOP_PATTERN ? is_set(w, LAZ_CONDITION_SLOTS)
                                                 : pattern < w->bounds->pattern_count;
}

static bool items_fit(const struct walk *w, const struct step *step)
{
    for (uint32_t i = 0; i < step->count; i++) {
        const uint8_t *item = step->items.data + (size_t)i * step->item_len;

        if (step->item_len == 2 ? laz_load_u16(item) >= w->bounds->pattern_count
                                : laz_load_u32(item) >= w->bounds->rule_index)
            return false;
    }
    return true;
}

static bool field_fits(const struct walk *w, uint32_t number)
{
    if (laz_field_get(number) == NULL)
        return false;
    if (w->bounds->modules != NULL)
        *w->bounds->modules |= 1u << laz_field_module(number);
    return true;
}

static bool operands_fit(const struct walk *w, const struct step *step)
{
    struct laz_view program;

    switch (step->op) {
    case LAZ_CONDITION_TEXT:
        return step->operand <= w->bounds->text_len &&
               step->len <= w->bounds->text_len - step->operand;
    case LAZ_CONDITION_REGEX:
        return laz_view_at(w->bounds->code, step->operand, step->len, &program) &&
               laz_regex_check(program);
    case LAZ_CONDITION_EXTERNAL:
        return step->operand < w->bounds->external_count;
    case LAZ_CONDITION_LOAD:
        return is_set(w, step->slot);
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT_IN:
        return pattern_fits(w, step->operand);
    case LAZ_CONDITION_RULE:
        return step->operand < w->bounds->rule_index;
    case LAZ_CONDITION_FIELD:
        return field_fits(w, step->operand);
    case LAZ_CONDITION_READ:
        return read_fits(step->how);
    case LAZ_CONDITION_OF:
    case LAZ_CONDITION_OF_RULES:
    case LAZ_CONDITION_LOOP_PATTERNS:
        return items_fit(w, step);
    default:
        return true;
    }
}

/* next: where the operation behind this one begins. */
static bool walk_step(struct walk *w, uint32_t at, uint32_t next, const struct step *step)
{
    uint32_t takes = takes_of(step);

    if (w->depth < takes || !operands_fit(w, step))
        return false;
    switch (step->op) {
    case LAZ_CONDITION_RETURN:
        return next == w->code_len;
    case LAZ_CONDITION_JUMP_IF_FALSE:
    case LAZ_CONDITION_JUMP_IF_TRUE:
        return note(w, at, (struct landing){.target = step->target, .depth = w->depth});
    case LAZ_CONDITION_LOOP_PATTERNS:
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
    case LAZ_CONDITION_LOOP_LIST:
        w->depth -= takes;
        return begin_loop(w, at, next, step);
    case LAZ_CONDITION_ITEM:
        w->depth -= takes;
        return end_item(w, next);
    case LAZ_CONDITION_NEXT:
        w->depth -= takes;
        return end_loop(w, next);
    default:
        w->depth = w->depth - takes + 1;
        return w->depth <= LAZ_CONDITION_STACK_MAX;
    }
}

bool laz_condition_code_check(struct laz_view code, const struct laz_condition_bounds *bounds)
{
    struct walk w;
    struct laz_view rest = code;
    struct step step = {.op = LAZ_CONDITION_OPS};

    w.bounds = bounds;
    w.code_len = (uint32_t)code.len;
    w.landing_count = 0;
    w.depth = w.loop_count = 0;
    if (code.len == 0 || code.len > LAZ_CONDITION_CODE_MAX)
        return false;
    while (rest.len > 0) {
        uint32_t at = (uint32_t)(code.len - rest.len);

        if (!land(&w, at) || !take_step(&rest, &step) ||
            !walk_step(&w, at, (uint32_t)(code.len - rest.len), &step))
            return false;
    }
    return step.op == LAZ_CONDITION_RETURN && w.depth == 1 && w.landing_count == 0;
}
