#include "match/matcher_priv.h"

static bool is_letter(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool is_wide_letter(struct laz_view object, uint64_t at)
{
    struct laz_view pair;

    return laz_view_at(object, at, 2, &pair) && is_letter(pair.data[0]) && pair.data[1] == 0;
}

/* ClamAV's borders of words, as clamscan 1.4 has them: more characters are none before a word when
 * it is said that none may be there. */
static bool is_begin(uint8_t before, uint8_t kind, bool is_not)
{
    switch (kind) {
    case LAZ_BORDER_WORD_BEGINS:
        return is_one_of(before, is_not ? "\n\r \"'-./<=>@_" : " -./<@_");
    case LAZ_BORDER_LINE_BEGINS:
        return before == '\n';
    default:
        return !is_letter(before);
    }
}

static bool is_end(struct laz_view behind, uint8_t kind)
{
    uint8_t c = behind.data[0];

    switch (kind) {
    case LAZ_BORDER_WORD_ENDS:
        return is_one_of(c, "\n\r \"'-/=>_");
    case LAZ_BORDER_LINE_ENDS:
        return c == '\n' || (c == '\r' && behind.len > 1 && behind.data[1] == '\n');
    default:
        return !is_letter(c);
    }
}

bool laz_border_is_at(struct laz_view object, uint64_t at, uint8_t border)
{
    uint8_t kind = border & (uint8_t)~LAZ_BORDER_NOT;
    bool is_not = (border & LAZ_BORDER_NOT) != 0, is_there;
    struct laz_view part;

    if (kind == LAZ_BORDER_NO_WIDE_LETTER_BEFORE)
        is_there = at < 2 || !is_wide_letter(object, at - 2);
    else if (kind == LAZ_BORDER_NO_WIDE_LETTER_BEHIND)
        is_there = !is_wide_letter(object, at);
    else if (kind < LAZ_BORDER_WORD_ENDS)
        is_there = at == 0 || !laz_view_at(object, at - 1, 1, &part) ||
                   is_begin(part.data[0], kind, is_not);
    else
        is_there = at >= object.len || is_end(laz_view_from_offset(object, at), kind);
    return is_there != is_not;
}
