#include "base/number.h"
#include "match/fields.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define SHIFT_MAX   UINT32_MAX
#define OFFSET_MAX  ((uint64_t)INT64_MAX / 4)
#define SECTION_MAX 65535

static const char expected_place[] = "expected an offset: *, N, EOF-N, EP+N, EP-N, S0+N, SL+N, SE0 "
                                     "or VI, and ,SHIFT";

static enum laz_status bad_place(const struct laz_clamav_line *line, struct laz_view text,
                                 struct laz_error *err)
{
    return laz_clamav_fail(line, LAZ_INVALID, text.data, expected_place, "", err);
}

static bool take(struct laz_view *v, const char *prefix)
{
    struct laz_view p = laz_view_of(prefix);

    return laz_view_starts(*v, p) && laz_skip(v, p.len);
}

/* The digits that v begins with. */
static bool take_number(struct laz_view *v, uint64_t max, uint64_t *out)
{
    size_t len = 0;

    while (len < v->len && v->data[len] >= '0' && v->data[len] <= '9')
        len++;
    return laz_parse_u64(laz_view_first(*v, len), max, out) && laz_skip(v, len);
}

/* "3+" of S3+: which section, and what is counted from it. */
static bool take_section(struct laz_view *v, struct laz_clamav_place *out)
{
    uint64_t section;

    if (!take_number(v, SECTION_MAX, &section))
        return false;
    out->section = (uint32_t)section;
    return true;
}

static bool read_anchor(struct laz_view *v, struct laz_clamav_place *out)
{
    if (take(v, "EOF-")) {
        out->anchor = LAZ_CLAMAV_FROM_END;
    } else if (take(v, "EP")) {
        out->anchor = LAZ_CLAMAV_FROM_ENTRY;
        out->is_back = v->len > 0 && v->data[0] == '-';
        return laz_skip(v, 1) && (out->is_back || v->data[-1] == '+');
    } else if (take(v, "SL")) {
        out->anchor = LAZ_CLAMAV_FROM_LAST;
        return take(v, "+");
    } else if (take(v, "SE")) {
        out->anchor = LAZ_CLAMAV_IN_SECTION;
        return take_section(v, out);
    } else if (take(v, "S")) {
        out->anchor = LAZ_CLAMAV_FROM_SECTION;
        return take_section(v, out) && take(v, "+");
    } else {
        out->anchor = LAZ_CLAMAV_FROM_START;
    }
    return true;
}

static bool is_program(uint64_t target)
{
    return target == LAZ_TARGET_PE || target == LAZ_TARGET_ELF || target == LAZ_TARGET_MACHO;
}

/* What only some targets have. */
static enum laz_status check_target(const struct laz_clamav_line *line, struct laz_view text,
                                    uint64_t target, const struct laz_clamav_place *place,
                                    struct laz_error *err)
{
    if (place->anchor == LAZ_CLAMAV_VERSION_INFO && target != LAZ_TARGET_PE)
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected target 1 with VI", "", err);
    if (place->anchor >= LAZ_CLAMAV_FROM_ENTRY && !is_program(target))
        return laz_clamav_fail(line, LAZ_INVALID, text.data,
                               "expected a program as target with EP, S and SL: 1, 6 or 9", "",
                               err);
    return LAZ_OK;
}

enum laz_status laz_clamav_read_place(const struct laz_clamav_line *line, struct laz_view text,
                                      uint64_t target, struct laz_clamav_place *out,
                                      struct laz_error *err)
{
    struct laz_clamav_place place = {.anchor = LAZ_CLAMAV_ANYWHERE};
    struct laz_view rest = text;

    if (laz_view_equal_text(text, "*")) {
        *out = place;
        return LAZ_OK;
    }
    if (laz_view_equal_text(text, "VI")) {
        place.anchor = LAZ_CLAMAV_VERSION_INFO;
        *out = place;
        return check_target(line, text, target, out, err);
    }
    if (!read_anchor(&rest, &place) ||
        (place.anchor != LAZ_CLAMAV_IN_SECTION && !take_number(&rest, OFFSET_MAX, &place.n)))
        return bad_place(line, text, err);
    place.has_shift = rest.len > 0;
    if (rest.len > 0 && (!take(&rest, ",") || !take_number(&rest, SHIFT_MAX, &place.shift) ||
                         rest.len > 0 || place.anchor == LAZ_CLAMAV_IN_SECTION))
        return bad_place(line, text, err);
    *out = place;
    return check_target(line, text, target, out, err);
}

uint32_t laz_clamav_field(struct laz_ruleset *set, const char *name, const uint32_t *args,
                          size_t arg_count)
{
    uint32_t number = 0;
    struct laz_node node = {.kind = LAZ_NODE_FIELD, .type = LAZ_VALUE_NUMBER};

    LAZ_ASSERT(laz_field_find(LAZ_MODULE_OBJECT, laz_view_of(name), 0, &number));
    node.operand = number;
    if (laz_field_get(number)->result == 's')
        node.type = LAZ_VALUE_TEXT;
    node.item_count = (uint32_t)arg_count;
    if (arg_count > 0)
        node.item_first = laz_node_add_items(set, args, arg_count);
    return laz_node_add(set, node);
}

uint32_t laz_clamav_in_range(struct laz_ruleset *set, uint32_t value, struct laz_clamav_range range)
{
    uint32_t low = 0, high = 0;

    if (range.min == range.max)
        return laz_node_join(set, LAZ_NODE_EQUAL, value,
                             laz_node_add_number(set, (int64_t)range.min));
    if (range.min > 0)
        low = laz_node_join(set, LAZ_NODE_GREATER_EQUAL, value,
                            laz_node_add_number(set, (int64_t)range.min));
    high = laz_node_join(set, LAZ_NODE_LESS_EQUAL, value,
                         laz_node_add_number(set, (int64_t)range.max));
    return low == 0 ? high : laz_node_join(set, LAZ_NODE_AND, low, high);
}

/* Where a place begins, as far as the object says: the base that n counts from. 0: the start. */
static uint32_t add_base(struct laz_ruleset *set, const struct laz_clamav_place *place)
{
    uint32_t section;

    switch ((enum laz_clamav_anchor)place->anchor) {
    case LAZ_CLAMAV_FROM_END:
        return laz_node_add(set,
                            (struct laz_node){.kind = LAZ_NODE_FILESIZE, .type = LAZ_VALUE_NUMBER});
    case LAZ_CLAMAV_FROM_ENTRY:
        return laz_clamav_field(set, "object.entry_offset", NULL, 0);
    case LAZ_CLAMAV_FROM_LAST:
        return laz_clamav_field(set, "object.last_section_offset", NULL, 0);
    case LAZ_CLAMAV_FROM_SECTION:
    case LAZ_CLAMAV_IN_SECTION:
        section = laz_node_add_number(set, place->section);
        return laz_clamav_field(set, "object.section_offset[]", &section, 1);
    case LAZ_CLAMAV_ANYWHERE:
    case LAZ_CLAMAV_FROM_START:
    case LAZ_CLAMAV_VERSION_INFO:
        break;
    }
    return 0;
}

/* base + n + more, or base - n + more. */
static uint32_t add_offset(struct laz_ruleset *set, const struct laz_clamav_place *place,
                           uint64_t more)
{
    bool back = place->is_back || place->anchor == LAZ_CLAMAV_FROM_END;
    int64_t n = (back ? -(int64_t)place->n : (int64_t)place->n) + (int64_t)more;
    uint32_t base = add_base(set, place);

    if (base == 0)
        return laz_node_add_number(set, n);
    if (n == 0)
        return base;
    return laz_node_join(set, n < 0 ? LAZ_NODE_SUBTRACT : LAZ_NODE_ADD, base,
                         laz_node_add_number(set, n < 0 ? -n : n));
}

/* The last byte of a section. */
static uint32_t add_section_end(struct laz_ruleset *set, const struct laz_clamav_place *place)
{
    uint32_t section = laz_node_add_number(set, place->section);
    uint32_t size = laz_clamav_field(set, "object.section_size[]", &section, 1);

    return laz_node_join(set, LAZ_NODE_SUBTRACT,
                         laz_node_join(set, LAZ_NODE_ADD, add_base(set, place), size),
                         laz_node_add_number(set, 1));
}

/* What must hold so that the place is none before the object's first byte; 0: it always is. */
static uint32_t add_guard(struct laz_ruleset *set, const struct laz_clamav_place *place)
{
    if (place->anchor != LAZ_CLAMAV_FROM_END && !place->is_back)
        return 0;
    return laz_node_join(set, LAZ_NODE_GREATER_EQUAL, add_base(set, place),
                         laz_node_add_number(set, (int64_t)place->n));
}

/* Some place of the pattern is one where a key of the version information begins. */
static uint32_t add_version_found(struct laz_ruleset *set, uint32_t pattern)
{
    struct laz_node variable = {.kind = LAZ_NODE_VARIABLE, .type = LAZ_VALUE_NUMBER};
    struct laz_node loop = {
        .kind = LAZ_NODE_FOR_RANGE, .type = LAZ_VALUE_NUMBER, .quantity = LAZ_QUANTITY_ANY};
    uint32_t offset;

    loop.child[1] = laz_node_add_number(set, 1);
    loop.child[2] = laz_node_ask(set, LAZ_NODE_COUNT, pattern, 0, 0);
    offset = laz_node_ask(set, LAZ_NODE_OFFSET, pattern, laz_node_add(set, variable), 0);
    loop.child[3] = laz_clamav_field(set, "object.has_version_key()", &offset, 1);
    return laz_node_add(set, loop);
}

/* The last byte at which the pattern may begin. */
static uint32_t add_end(struct laz_ruleset *set, const struct laz_clamav_place *place)
{
    return place->anchor == LAZ_CLAMAV_IN_SECTION ? add_section_end(set, place)
                                                  : add_offset(set, place, place->shift);
}

static uint32_t ask_in(struct laz_ruleset *set, enum laz_node_kind kind, uint32_t pattern,
                       const struct laz_clamav_place *place)
{
    uint32_t first = add_offset(set, place, 0);
    uint32_t last = add_end(set, place);

    return laz_node_ask(set, kind, pattern, first, last);
}

uint32_t laz_clamav_place_found(struct laz_ruleset *set, uint32_t pattern,
                                const struct laz_clamav_place *place)
{
    uint32_t guard, found;

    if (place->anchor == LAZ_CLAMAV_ANYWHERE)
        return laz_node_ask(set, LAZ_NODE_FOUND, pattern, 0, 0);
    if (place->anchor == LAZ_CLAMAV_VERSION_INFO)
        return add_version_found(set, pattern);
    guard = add_guard(set, place);
    found = ask_in(set, LAZ_NODE_IN, pattern, place);
    return guard == 0 ? found : laz_node_join(set, LAZ_NODE_AND, guard, found);
}

uint32_t laz_clamav_place_count(struct laz_ruleset *set, uint32_t pattern,
                                const struct laz_clamav_place *place)
{
    uint32_t guard, count;

    if (place->anchor == LAZ_CLAMAV_ANYWHERE)
        return laz_node_ask(set, LAZ_NODE_COUNT, pattern, 0, 0);
    if (place->anchor == LAZ_CLAMAV_VERSION_INFO)
        return add_version_found(set, pattern);
    guard = add_guard(set, place);
    count = ask_in(set, LAZ_NODE_COUNT_IN, pattern, place);
    return guard == 0 ? count : laz_node_join(set, LAZ_NODE_MULTIPLY, guard, count);
}

uint32_t laz_clamav_place_last(struct laz_ruleset *set, uint32_t pattern,
                               const struct laz_clamav_place *place)
{
    if (place->anchor == LAZ_CLAMAV_ANYWHERE || place->anchor == LAZ_CLAMAV_VERSION_INFO)
        return laz_node_ask(set, LAZ_NODE_COUNT, pattern, 0, 0);
    return laz_node_ask(set, LAZ_NODE_COUNT_IN, pattern, laz_node_add_number(set, 0),
                        add_end(set, place));
}
