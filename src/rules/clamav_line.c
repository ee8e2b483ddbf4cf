#include "base/number.h"
#include "rules/clamav_priv.h"

static void split(struct laz_clamav_line *line)
{
    struct laz_view rest = line->text, field;

    line->field_count = 0;
    while (line->field_count < LAZ_CLAMAV_FIELDS_MAX - 1 && laz_take_until(&rest, ':', &field))
        line->fields[line->field_count++] = field;
    if (rest.len > 0)
        line->fields[line->field_count++] = rest;
}

bool laz_clamav_next(struct laz_view *rest, struct laz_clamav_line *line)
{
    while (laz_take_until(rest, '\n', &line->text)) {
        line->number++;
        line->text = laz_view_trim(line->text);
        if (line->text.len == 0 || line->text.data[0] == '#')
            continue;
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

enum laz_status laz_clamav_check_name(const struct laz_clamav_line *line, struct laz_view name,
                                      struct laz_error *err)
{
    if (name.len == 0)
        return laz_clamav_fail(line, LAZ_INVALID, name.data, "expected a name", "", err);
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~')
            return laz_clamav_fail(line, LAZ_INVALID, name.data + i,
                                   "expected a name of printable characters without blanks", "",
                                   err);
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
