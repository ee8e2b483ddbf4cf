#include "rules/external.h"

#include "base/number.h"
#include "base/text.h"

static bool is_name(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!is_letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return v.len > 0;
}

static bool parse_number(struct laz_view text, int64_t *out)
{
    bool is_negative = laz_view_starts(text, laz_view_of("-"));
    uint64_t n;

    if (!laz_parse_u64(is_negative ? laz_view_from_offset(text, 1) : text, INT64_MAX, &n))
        return false;
    *out = is_negative ? -(int64_t)n : (int64_t)n;
    return true;
}

bool laz_external_parse_real(struct laz_view text, double *out)
{
    size_t point = laz_view_find_byte(text, '.');
    double value = 0, scale = 1;

    if (point == 0 || text.len - point < 2)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i == point)
            continue;
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
        scale *= i > point ? 10 : 1;
    }
    *out = value / scale;
    return true;
}

static bool parse_real(struct laz_view text, double *out)
{
    bool is_negative = laz_view_starts(text, laz_view_of("-"));

    if (!laz_external_parse_real(is_negative ? laz_view_from_offset(text, 1) : text, out))
        return false;
    *out = is_negative ? -*out : *out;
    return true;
}

bool laz_external_parse(struct laz_view text, struct laz_external *out)
{
    size_t equals = laz_view_find_byte(text, '=');

    if (equals == text.len || !is_name(laz_view_first(text, equals)))
        return false;
    *out = (struct laz_external){
        .name = laz_view_first(text, equals),
        .text = laz_view_from_offset(text, equals + 1),
    };
    if (laz_view_equal_text(out->text, "true") || laz_view_equal_text(out->text, "false")) {
        out->kind = LAZ_EXTERNAL_TRUTH;
        out->number = laz_view_equal_text(out->text, "true");
    } else if (parse_number(out->text, &out->number)) {
        out->kind = LAZ_EXTERNAL_NUMBER;
    } else if (parse_real(out->text, &out->real)) {
        out->kind = LAZ_EXTERNAL_REAL;
    }
    return true;
}

bool laz_external_find(const struct laz_external *items, size_t count, struct laz_view name,
                       struct laz_external *out)
{
    static const char *const known[] = {"filename", "filepath", "extension", "filetype", "owner"};

    for (size_t i = count; i-- > 0;) { /* the last one said counts */
        if (laz_view_equal(items[i].name, name)) {
            *out = items[i];
            return true;
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (laz_view_equal_text(name, known[i])) {
            *out = (struct laz_external){.name = name, .text = laz_view_first(name, 0)};
            return true;
        }
    }
    return false;
}
