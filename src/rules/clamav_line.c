#include "base/number.h"
#include "rules/clamav_priv.h"

/* Where the field that rest begins with ends. A regular expression between slashes may hold the
 * separator. */
static size_t field_len(struct laz_view rest, bool has_expressions)
{
    bool inside = false;

    for (size_t i = 0; i < rest.len; i++) {
        if (rest.data[i] == '\\' && inside)
            i++;
        else if (rest.data[i] == '/' && has_expressions)
            inside = !inside;
        else if (rest.data[i] == ';' && !inside)
            return i;
    }
    return rest.len;
}

/* Logical signatures: only sub-signatures, which are behind three other fields, hold expressions.
 */
static void split_logical(struct laz_clamav_line *line)
{
    struct laz_view rest = line->text;

    line->field_count = 0;
    while (line->field_count < LAZ_CLAMAV_FIELDS_MAX && rest.len > 0) {
        size_t len = field_len(rest, line->field_count >= 3);

        line->fields[line->field_count++] = laz_view_first(rest, len);
        rest = laz_view_from_offset(rest, len + 1);
    }
    line->is_cut = rest.len > 0;
}

static void split(struct laz_clamav_line *line)
{
    struct laz_view rest = line->text, field;
    uint8_t separator = (uint8_t)line->separator;

    line->field_count = 0;
    while (line->field_count < LAZ_CLAMAV_FIELDS_MAX && laz_take_until(&rest, separator, &field))
        line->fields[line->field_count++] = field;
    line->is_cut = rest.len > 0;
}

bool laz_clamav_next(struct laz_view *rest, struct laz_clamav_line *line)
{
    while (laz_take_until(rest, '\n', &line->text)) {
        line->number++;
        line->text = laz_view_trim(line->text);
        if (line->text.len == 0 || line->text.data[0] == '#')
            continue;
        if (line->separator == ';')
            split_logical(line);
        else
            split(line);
        return true;
    }
    return false;
}

enum laz_status laz_clamav_fail(const struct laz_clamav_line *line, enum laz_status status,
                                const uint8_t *at, const char *why, const char *remedy,
                                struct laz_error *err)
{
    uint32_t column = (uint32_t)(at - line->text.data) + 1;

    return laz_fail_at(err, status, "rule", line->source->name, line->number, column, why, remedy);
}

enum laz_status laz_clamav_fail_end(const struct laz_clamav_line *line, const char *why,
                                    struct laz_error *err)
{
    return laz_clamav_fail(line, LAZ_INVALID, line->text.data + line->text.len, why, "", err);
}

enum laz_status laz_clamav_check_name(const struct laz_clamav_line *line, struct laz_view name,
                                      struct laz_error *err)
{
    if (laz_view_trim(name).len == 0)
        return laz_clamav_fail(line, LAZ_INVALID, name.data, "expected a name", "", err);
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] > '~')
            return laz_clamav_fail(line, LAZ_INVALID, name.data + i,
                                   "expected a name of printable characters", "", err);
    return LAZ_OK;
}

enum laz_status laz_clamav_levels(const struct laz_clamav_line *line, size_t first, bool *applies,
                                  struct laz_error *err)
{
    uint64_t levels[2] = {0, UINT32_MAX};

    for (size_t i = first; i < line->field_count; i++)
        if (i - first >= 2 || !laz_parse_u64(line->fields[i], UINT32_MAX, &levels[i - first]))
            return laz_clamav_fail(line, LAZ_INVALID, line->fields[i].data,
                                   "expected a functionality level or the end of the line",
                                   "levels are decimal numbers", err);
    *applies = levels[0] <= LAZ_CLAMAV_LEVEL && levels[1] >= LAZ_CLAMAV_LEVEL;
    return LAZ_OK;
}

bool laz_clamav_read_range(struct laz_view text, uint64_t max, struct laz_clamav_range *out)
{
    struct laz_clamav_range range = {0, max};
    struct laz_view low = text;
    size_t dash = laz_view_find_byte(text, '-');

    if (laz_view_equal_text(text, "*")) {
        *out = range;
        return true;
    }
    low = laz_view_first(text, dash);
    if (low.len > 0 && !laz_parse_u64(low, max, &range.min))
        return false;
    if (dash == text.len) {
        range.max = range.min;
    } else {
        struct laz_view high = laz_view_from_offset(text, dash + 1);

        if (low.len == 0 && high.len == 0)
            return false;
        if (high.len > 0 && !laz_parse_u64(high, max, &range.max))
            return false;
    }
    if (text.len == 0 || range.min > range.max)
        return false;
    *out = range;
    return true;
}
