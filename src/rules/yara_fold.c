#include "base/number.h"
#include "rules/yara_priv.h"

static enum laz_status fail_at(const struct laz_yara *y, const struct laz_yara_word *at,
                               const char *why, const char *remedy, struct laz_error *err)
{
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column, why,
                       remedy);
}

static enum laz_status fail_range(const struct laz_yara *y, const struct laz_yara_word *at,
                                  struct laz_error *err)
{
    return fail_at(y, at, "the result is too large", "numbers have 63 bits and a sign", err);
}

/* The number that operator makes of two. *known is false when only a run can say, or nothing is. */
static enum laz_status compute(const struct laz_yara *y, enum laz_node_kind kind, int64_t a,
                               int64_t b, const struct laz_yara_word *at, int64_t *out, bool *known,
                               struct laz_error *err)
{
    *known = true;
    switch (kind) {
    case LAZ_NODE_ADD:
        return laz_ckd_add(out, a, b) ? fail_range(y, at, err) : LAZ_OK;
    case LAZ_NODE_SUBTRACT:
        return laz_ckd_sub(out, a, b) ? fail_range(y, at, err) : LAZ_OK;
    case LAZ_NODE_MULTIPLY:
        return laz_ckd_mul(out, a, b) ? fail_range(y, at, err) : LAZ_OK;
    case LAZ_NODE_DIVIDE:
    case LAZ_NODE_REMAINDER:
        if (b == 0)
            return fail_at(y, at, "divides by zero", "expected another number", err);
        *known = a != INT64_MIN || b != -1;
        if (*known)
            *out = kind == LAZ_NODE_DIVIDE ? a / b : a % b;
        return LAZ_OK;
    case LAZ_NODE_SHIFT_LEFT:
    case LAZ_NODE_SHIFT_RIGHT:
        if (b < 0)
            return fail_at(y, at, "shifts by a negative number", "expected 0 or more", err);
        if (b >= 64)
            *out = 0;
        else
            *out = kind == LAZ_NODE_SHIFT_LEFT ? (int64_t)((uint64_t)a << b) : a >> b;
        return LAZ_OK;
    case LAZ_NODE_BIT_AND:
        *out = a & b;
        return LAZ_OK;
    case LAZ_NODE_BIT_OR:
        *out = a | b;
        return LAZ_OK;
    case LAZ_NODE_BIT_XOR:
        *out = a ^ b;
        return LAZ_OK;
    case LAZ_NODE_NEGATE:
        return laz_ckd_sub(out, (int64_t)0, a) ? fail_range(y, at, err) : LAZ_OK;
    case LAZ_NODE_BIT_NOT:
        *out = ~a;
        return LAZ_OK;
    default:
        *known = false;
        return LAZ_OK;
    }
}

static enum laz_yara_type type_of(enum laz_node_kind kind, enum laz_yara_type a,
                                  enum laz_yara_type b)
{
    bool is_arithmetic = (kind >= LAZ_NODE_ADD && kind <= LAZ_NODE_SHIFT_RIGHT) ||
                         kind == LAZ_NODE_NEGATE || kind == LAZ_NODE_BIT_NOT;

    if (!is_arithmetic)
        return LAZ_YARA_IS_TRUTH;
    return a == LAZ_YARA_IS_REAL || b == LAZ_YARA_IS_REAL ? LAZ_YARA_IS_REAL : LAZ_YARA_IS_NUMBER;
}

static uint32_t add_node(struct laz_yara *y, enum laz_node_kind kind, uint32_t a, uint32_t b,
                         enum laz_yara_type type)
{
    return laz_node_add(y->set,
                        (struct laz_node){
                            .kind = (uint8_t)kind,
                            .type = type == LAZ_YARA_IS_REAL ? LAZ_VALUE_REAL : LAZ_VALUE_NUMBER,
                            .child = {a, b},
                        });
}

enum laz_status laz_yara_fold(struct laz_yara *y, enum laz_node_kind kind,
                              const struct laz_yara_term *a, const struct laz_yara_term *b,
                              const struct laz_yara_word *at, struct laz_yara_term *out,
                              struct laz_error *err)
{
    const struct laz_node *x = laz_node_at(y->set, a->node);
    const struct laz_node *z = laz_node_at(y->set, b != NULL ? b->node : a->node);
    enum laz_yara_type type = type_of(kind, a->type, b != NULL ? b->type : a->type);
    bool known = x->kind == LAZ_NODE_NUMBER && z->kind == LAZ_NODE_NUMBER;
    int64_t n = 0;

    if (known) {
        enum laz_status s = compute(y, kind, x->n, z->n, at, &n, &known, err);

        if (s != LAZ_OK)
            return s;
    }
    out->node = known ? laz_node_add_number(y->set, n)
                      : add_node(y, kind, a->node, b != NULL ? b->node : 0, type);
    out->type = type;
    return LAZ_OK;
}
