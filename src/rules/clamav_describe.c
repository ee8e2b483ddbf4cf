/* The target description of logical signatures: KEY:VALUE,KEY:VALUE… */
#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define LEVEL_MAX 100000

enum laz_status laz_clamav_read_target(const struct laz_clamav_line *line, struct laz_view text,
                                       uint64_t *out, struct laz_error *err)
{
    static const char remedy[] = "0 any, 1 PE, 2 OLE2, 3 HTML, 4 mail, 5 graphics, 6 ELF, 7 text, "
                                 "9 Mach-O, 10 PDF, 11 Flash, 12 Java";
    uint64_t target;

    if (!laz_parse_u64(text, LAZ_TARGET_OTHER, &target) || target == 8)
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected a target type", remedy, err);
    if (target == LAZ_TARGET_INTERNAL)
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, text.data,
                               "what ClamAV notes of its own objects is not read", remedy, err);
    *out = target;
    return LAZ_OK;
}

static enum laz_status read_range(const struct laz_clamav_line *line, struct laz_view text,
                                  uint64_t max, struct laz_clamav_range *out, struct laz_error *err)
{
    if (laz_clamav_read_range(text, max, out) && text.data[0] != '*')
        return LAZ_OK;
    return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected a range MIN-MAX", "", err);
}

static void add_condition(struct laz_ruleset *set, struct laz_clamav_description *d, uint32_t node)
{
    d->condition = d->condition == 0 ? node : laz_node_join(set, LAZ_NODE_AND, d->condition, node);
}

/* The number of what lies around the object, 1 its container, is this kind of file. */
static uint32_t add_layer(struct laz_ruleset *set, uint32_t up, struct laz_view type)
{
    uint32_t layer = laz_node_add_number(set, up);
    uint32_t field = laz_clamav_field(set, "object.is_in()",
                                      (uint32_t[]){layer, laz_node_add_text(set, type)}, 2);

    return field;
}

/* Container:TYPE; CL_TYPE_ANY: none. */
static enum laz_status read_container(struct laz_clamav_line *line, struct laz_view text,
                                      struct laz_clamav_description *d, struct laz_error *err)
{
    if (!laz_view_starts(text, laz_view_of("CL_TYPE_")))
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected a type CL_TYPE_…", "", err);
    if (laz_view_equal_text(text, "CL_TYPE_ANY"))
        add_condition(line->set, d,
                      laz_node_join(line->set, LAZ_NODE_EQUAL,
                                    laz_clamav_field(line->set, "object.depth", NULL, 0),
                                    laz_node_add_number(line->set, 0)));
    else
        add_condition(line->set, d, add_layer(line->set, 1, text));
    return LAZ_OK;
}

/* Intermediates:OUTER>INNER>…; the last one is the container itself, CL_TYPE_ANY is any. */
static enum laz_status read_layers(struct laz_clamav_line *line, struct laz_view text,
                                   struct laz_clamav_description *d, struct laz_error *err)
{
    struct laz_view rest = text, types[16];
    uint32_t count = 0;

    while (rest.len > 0) {
        if (count == 16 || !laz_take_until(&rest, '>', &types[count]) ||
            !laz_view_starts(types[count], laz_view_of("CL_TYPE_")))
            return laz_clamav_fail(line, LAZ_INVALID, text.data,
                                   "expected up to 16 types CL_TYPE_… with '>' between them", "",
                                   err);
        count++;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!laz_view_equal_text(types[i], "CL_TYPE_ANY"))
            add_condition(line->set, d, add_layer(line->set, count - i, types[i]));
    add_condition(line->set, d,
                  laz_node_join(line->set, LAZ_NODE_GREATER_EQUAL,
                                laz_clamav_field(line->set, "object.depth", NULL, 0),
                                laz_node_add_number(line->set, count)));
    return LAZ_OK;
}

static enum laz_status read_number_of(struct laz_clamav_line *line, const char *field,
                                      struct laz_view text, struct laz_clamav_description *d,
                                      struct laz_error *err)
{
    struct laz_clamav_range range;
    uint32_t value;
    enum laz_status s = read_range(line, text, UINT32_MAX, &range, err);

    if (s != LAZ_OK)
        return s;
    value = field == NULL ? laz_node_add(line->set, (struct laz_node){.kind = LAZ_NODE_FILESIZE,
                                                                      .type = LAZ_VALUE_NUMBER})
                          : laz_clamav_field(line->set, field, NULL, 0);
    add_condition(line->set, d, laz_clamav_in_range(line->set, value, range));
    return LAZ_OK;
}

static enum laz_status read_engine(struct laz_clamav_line *line, struct laz_view text,
                                   struct laz_clamav_description *d, struct laz_error *err)
{
    struct laz_clamav_range range;
    enum laz_status s = read_range(line, text, LEVEL_MAX, &range, err);

    /* A single level is a lowest one, as everywhere else. */
    if (s == LAZ_OK && laz_view_find_byte(text, '-') == text.len)
        range.max = LEVEL_MAX;
    if (s == LAZ_OK)
        d->applies = range.min <= LAZ_CLAMAV_LEVEL && range.max >= LAZ_CLAMAV_LEVEL;
    return s;
}

static enum laz_status read_item(struct laz_clamav_line *line, struct laz_view key,
                                 struct laz_view value, struct laz_clamav_description *d,
                                 struct laz_error *err)
{
    if (laz_view_equal_text(key, "Target"))
        return laz_clamav_read_target(line, value, &d->target, err);
    if (laz_view_equal_text(key, "Engine"))
        return read_engine(line, value, d, err);
    if (laz_view_equal_text(key, "FileSize"))
        return read_number_of(line, NULL, value, d, err);
    if (laz_view_equal_text(key, "EntryPoint"))
        return read_number_of(line, "object.entry_offset", value, d, err);
    if (laz_view_equal_text(key, "NumberOfSections"))
        return read_number_of(line, "object.section_count", value, d, err);
    if (laz_view_equal_text(key, "Container"))
        return read_container(line, value, d, err);
    if (laz_view_equal_text(key, "Intermediates"))
        return read_layers(line, value, d, err);
    if (laz_view_equal_text(key, "IconGroup1") || laz_view_equal_text(key, "IconGroup2"))
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, key.data, "icons are not compared", "", err);
    if (laz_view_equal_text(key, "HandlerType"))
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, key.data,
                               "signatures that only change a type are not supported", "", err);
    return laz_clamav_fail(line, LAZ_UNSUPPORTED, key.data,
                           "what is asked of the object is not known",
                           "Engine, Target, FileSize, EntryPoint, NumberOfSections, Container or "
                           "Intermediates",
                           err);
}

enum laz_status laz_clamav_read_description(struct laz_clamav_line *line, struct laz_view text,
                                            struct laz_clamav_description *out,
                                            struct laz_error *err)
{
    struct laz_clamav_description d = {.target = UINT64_MAX, .applies = true};
    struct laz_view rest = text, item, key;

    while (laz_take_until(&rest, ',', &item)) {
        enum laz_status s;

        if (laz_view_find_byte(item, ':') == item.len || !laz_take_until(&item, ':', &key))
            return laz_clamav_fail(line, LAZ_INVALID, item.data, "expected KEY:VALUE", "", err);
        s = read_item(line, key, item, &d, err);
        if (s != LAZ_OK)
            return s;
        if (!d.applies) /* what follows may be of a newer language */
            break;
    }
    if (d.target == UINT64_MAX && d.applies)
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected Target:N", "", err);
    *out = d;
    return LAZ_OK;
}
