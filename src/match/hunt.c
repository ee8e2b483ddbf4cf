/* Where the bytes of an object are searched: for the atoms of all groups in one pass each, and for
 * one pattern on demand. */
#include "base/number.h"
#include "match/matcher_priv.h"
#include "match/search.h"

#define BLOCK_SIZE    (GIB / 2) /* the atom matcher's lengths have 32 bits */
#define BLOCK_OVERLAP 256       /* an atom has fewer bytes */

/* Vectorscan's callback; 0 goes on. */
static int atom_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *context)
{
    struct laz_matcher *m = context;
    uint64_t end = m->base + to;
    struct laz_atom atom;

    if (id >= m->db->atom_count || !laz_matcher_trusts(m, LAZ_TRUST_ATOM, id))
        return m->status != LAZ_OK;
    atom = laz_database_atom(m->db, id);
    if (end < atom.len || end > m->object->bytes.len)
        return 0;
    for (uint32_t i = 0; i < atom.use_count && m->status == LAZ_OK;) {
        struct laz_use use = laz_database_use(m->db, atom.use_first + i);
        bool passes = laz_matcher_spend(m, 1) && laz_matcher_guard(m, use.guard);

        if (passes && laz_matcher_trusts(m, LAZ_TRUST_FORM, use.form)) {
            struct laz_form form = laz_database_form(m->db, use.form);

            if (laz_matcher_wants_at(m, &form, end - atom.len))
                laz_matcher_verify(m, &form, end - atom.len, end);
        }
        i += passes ? 1 : use.run;
    }
    return m->status != LAZ_OK;
}

static bool is_of_group(const struct laz_matcher *m, const struct laz_group *group)
{
    if (group->target == LAZ_TARGET_ANY && group->magic.len == 0)
        return true;
    return (group->target != LAZ_TARGET_ANY && group->target == m->object->target) ||
           (group->magic.len > 0 && laz_view_starts(m->object->bytes, group->magic));
}

static void scan_block(struct laz_matcher *m, const struct laz_group *group, struct laz_view block)
{
    const hs_database_t *blob = (const void *)group->matcher.data;
    hs_error_t e =
        hs_scan(blob, (const char *)block.data, (unsigned)block.len, 0, m->scratch, atom_found, m);

    if (e != HS_SUCCESS && e != HS_SCAN_TERMINATED)
        m->status = LAZ_DAMAGED;
}

static void find_group(struct laz_matcher *m, const struct laz_group *group)
{
    struct laz_view object = m->object->bytes;

    for (m->base = 0; m->base < object.len && m->status == LAZ_OK;
         m->base += BLOCK_SIZE - BLOCK_OVERLAP) {
        struct laz_view block = laz_view_first(laz_view_from_offset(object, m->base), BLOCK_SIZE);

        scan_block(m, group, block);
        if (m->base + block.len == object.len)
            return;
    }
}

void laz_matcher_find_atoms(struct laz_matcher *m)
{
    for (uint32_t i = 0; i < m->db->group_count && m->status == LAZ_OK; i++) {
        struct laz_group group = laz_database_group(m->db, i);

        if (is_of_group(m, &group))
            find_group(m, &group);
    }
}

/* The bytes in which the form's atom must stand for a place that matters. */
static struct laz_view window_of(const struct laz_matcher *m, const struct laz_form *form,
                                 uint64_t *start)
{
    struct laz_span span = laz_database_pattern(m->db, form->pattern).span;
    struct laz_view object = m->object->bytes;
    uint64_t lead = form->lead == LAZ_LEAD_NONE ? 0 : form->lead, len;

    *start = 0;
    if (laz_ckd_add(start, span.first, lead) || *start > object.len) {
        *start = object.len;
        return laz_view_first(object, 0);
    }
    if (form->lead == LAZ_LEAD_NONE || laz_ckd_add(&len, span.last - span.first, form->atom_len))
        len = UINT64_MAX;
    return laz_view_first(laz_view_from_offset(object, *start), len);
}

static void search_atom(struct laz_matcher *m, const struct laz_form *form)
{
    struct laz_needle needle = {form->atom, form->atom_len,
                                (form->flags & LAZ_FORM_ATOM_NOCASE) != 0, m->db->features};
    uint64_t start;
    struct laz_view rest = window_of(m, form, &start);

    while (rest.len >= needle.len && m->status == LAZ_OK && laz_matcher_wants(m, form->pattern)) {
        size_t at = laz_search_find(rest, &needle);

        if (!laz_matcher_spend(m, 1 + at / 64) || at == rest.len)
            return;
        start += at;
        if (laz_matcher_wants_at(m, form, start))
            laz_matcher_verify(m, form, start, start + needle.len);
        start++;
        laz_ignore(laz_skip(&rest, (uint64_t)at + 1)); /* the needle stands behind at */
    }
}

static void search_form(struct laz_matcher *m, const struct laz_form *form)
{
    if ((form->flags & LAZ_FORM_PCRE) != 0)
        laz_matcher_search_pcre(m, form);
    else if (form->atom_len == 0)
        laz_matcher_verify_all(m, form);
    else
        search_atom(m, form);
}

void laz_matcher_search(struct laz_matcher *m, uint32_t pattern)
{
    struct laz_pattern_record record = laz_database_pattern(m->db, pattern);

    if (!m->db->is_checked && !laz_database_pattern_fits(m->db, pattern)) {
        record.form_count = 0;
        m->status = LAZ_DAMAGED;
    }
    laz_ignore(laz_matcher_places_add(m, pattern)); /* so that it is known, also without a place */
    for (uint32_t i = 0; i < record.form_count && m->status == LAZ_OK &&
                         laz_matcher_trusts(m, LAZ_TRUST_FORM, record.form_first + i);
         i++) {
        struct laz_form form = laz_database_form(m->db, record.form_first + i);

        search_form(m, &form);
    }
    if (m->status != LAZ_OK)
        laz_matcher_places_add(m, pattern)->cut = true;
}
