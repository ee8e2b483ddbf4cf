/* Programs that check what stands around an atom, from anybody, as they may stand in a database:
 * they are refused, or every place lies in the object. One byte of flags, two lengths of two bytes,
 * the programs back and ahead, the object. */
#include "match/matcher_priv.h"

#define GAPS        16
#define STEPS_MAX   20000
#define PLACES_MAX  64
#define OBJECT_MAX  400
#define ATOM_LEN    2
#define RECORD_LAST (LAZ_PATTERN_SIZE - 8) /* where a pattern says what its last place may be */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A database of one pattern, whose form is the caller's. */
static struct laz_database *our_database(struct laz_view code)
{
    static struct laz_database db;
    static uint8_t pattern[LAZ_PATTERN_SIZE];

    memset(pattern + RECORD_LAST, 0xff, 8);
    db.sections[LAZ_SECTION_PATTERNS] = laz_view_from(pattern, sizeof pattern);
    db.sections[LAZ_SECTION_CODE] = code;
    db.pattern_count = 1;
    db.gap_count = GAPS;
    db.is_checked = true;
    return &db;
}

static bool fits(const struct laz_form *form, struct laz_view code)
{
    struct laz_view back = laz_view_first(code, form->back_len);
    struct laz_view ahead = laz_view_from_offset(code, form->back_len);

    if ((form->flags & LAZ_FORM_REGEX) != 0)
        return laz_regex_check(back) && laz_regex_check(ahead);
    return laz_verify_code_check(back, GAPS) && laz_verify_code_check(ahead, GAPS);
}

static void verify_everywhere(struct laz_matcher *m, const struct laz_form *form,
                              struct laz_view bytes)
{
    struct laz_match_object object = {.bytes = bytes};
    const struct laz_places *places;

    m->epoch++;
    m->object = &object;
    m->seen_count = 0;
    m->steps_left = STEPS_MAX;
    m->matches_max = PLACES_MAX;
    m->status = LAZ_OK;
    for (uint64_t at = 0; at + ATOM_LEN <= bytes.len && m->status == LAZ_OK; at += 3)
        laz_matcher_verify(m, form, at, at + ATOM_LEN);
    if ((form->flags & LAZ_FORM_REGEX) != 0)
        laz_matcher_verify_all(m, form);
    places = laz_matcher_places_add(m, 0);
    for (uint32_t i = 0; i < places->count; i++) {
        LAZ_ASSERT(places->items[i].offset + places->items[i].len <= bytes.len);
        LAZ_ASSERT(i == 0 || places->items[i - 1].offset < places->items[i].offset);
    }
    laz_matcher_places_shrink(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct laz_matcher *m;
    struct laz_view rest = laz_view_from(data, size), code;
    struct laz_form form = {.gap_count = GAPS, .lead = LAZ_LEAD_NONE, .atom_len = ATOM_LEN};
    uint16_t back_len, ahead_len;
    uint8_t flags;

    if (!laz_take_u8(&rest, &flags) || !laz_take_u16le(&rest, &back_len) ||
        !laz_take_u16le(&rest, &ahead_len) ||
        !laz_take(&rest, (uint64_t)back_len + ahead_len, &code))
        return 0;
    form.flags = flags & (uint32_t)(LAZ_FORM_FULLWORD | LAZ_FORM_WIDE | LAZ_FORM_REGEX |
                                    LAZ_FORM_FROM_ATOM | LAZ_FORM_GREEDY | LAZ_FORM_ASCII_TOO);
    form.back_len = back_len;
    form.ahead = back_len;
    form.ahead_len = ahead_len;
    if (!fits(&form, code))
        return 0;
    our_database(code);
    if (m == NULL)
        LAZ_ASSERT(laz_matcher_new(our_database(code), &m, NULL) == LAZ_OK);
    verify_everywhere(m, &form, laz_view_first(rest, OBJECT_MAX));
    return 0;
}
