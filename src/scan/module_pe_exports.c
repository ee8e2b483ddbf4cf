#include <string.h>

#include "scan/module_pe_priv.h"

static const struct laz_pe_exports *exports_of(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_EXPORTS))
        laz_ignore(
            !laz_pe_exports_read(&s->pe, q->modules->arena, &s->exports)); /* then there are none */
    return &s->exports;
}

static bool same_name(struct laz_view a, struct laz_view b)
{
    return a.len == b.len && strncasecmp((const char *)a.data, (const char *)b.data, a.len) == 0;
}

static bool is_wanted(const struct laz_pe_question *q, const struct laz_pe_export *e)
{
    switch (q->field) {
    case LAZ_PE_EXPORTS_NAME:
    case LAZ_PE_EXPORTS_INDEX_NAME:
        return e->name.data != NULL && same_name(e->name, q->args[0].text);
    case LAZ_PE_EXPORTS_REGEX:
    case LAZ_PE_EXPORTS_INDEX_REGEX:
        return e->name.data != NULL && laz_modules_matches(q->modules, &q->args[0], e->name);
    default: /* by ordinal */
        return e->ordinal == q->args[0].n;
    }
}

/* YARA takes ordinals past the count for wrong, though a base may lift them there. */
static bool is_askable(const struct laz_pe_question *q, const struct laz_pe_exports *x)
{
    if (q->field != LAZ_PE_EXPORTS_ORDINAL && q->field != LAZ_PE_EXPORTS_INDEX_ORDINAL)
        return true;
    return q->args[0].n != 0 && q->args[0].n <= (int64_t)x->count;
}

static bool answer_search(const struct laz_pe_question *q)
{
    const struct laz_pe_exports *x = exports_of(q);
    bool wants_index = q->field >= LAZ_PE_EXPORTS_INDEX_NAME;

    for (uint32_t i = 0; i < x->count && is_askable(q, x); i++)
        if (is_wanted(q, &x->items[i]))
            return laz_pe_give_number(q, wants_index ? i : 1);
    return !wants_index && laz_pe_give_number(q, 0);
}

static bool answer_item(const struct laz_pe_question *q, const struct laz_pe_export *e)
{
    switch (q->field) {
    case LAZ_PE_EXPORT_OFFSET:
        return e->has_offset && laz_pe_give_number(q, e->offset);
    case LAZ_PE_EXPORT_NAME:
        return e->name.data != NULL && laz_pe_give_text(q, e->name);
    case LAZ_PE_EXPORT_FORWARD_NAME:
        return e->forward_name.data != NULL && laz_pe_give_text(q, e->forward_name);
    case LAZ_PE_EXPORT_ORDINAL:
        return laz_pe_give_number(q, e->ordinal);
    default: /* LAZ_PE_EXPORT_RVA */
        return laz_pe_give_number(q, e->rva);
    }
}

bool laz_pe_answer_exports(const struct laz_pe_question *q)
{
    const struct laz_pe_exports *x = exports_of(q);
    uint32_t i;

    switch (q->field) {
    case LAZ_PE_NUMBER_OF_EXPORTS:
    case LAZ_PE_EXPORT_COUNT:
        return laz_pe_give_number(q, x->count);
    case LAZ_PE_DLL_NAME:
        return x->dll_name.data != NULL && laz_pe_give_text(q, x->dll_name);
    case LAZ_PE_EXPORT_TIMESTAMP:
        return x->has_directory && laz_pe_give_number(q, x->timestamp);
    case LAZ_PE_EXPORT_OFFSET:
    case LAZ_PE_EXPORT_NAME:
    case LAZ_PE_EXPORT_FORWARD_NAME:
    case LAZ_PE_EXPORT_ORDINAL:
    case LAZ_PE_EXPORT_RVA:
        return laz_pe_index(q, 0, x->count, &i) && answer_item(q, &x->items[i]);
    default: /* exports() and exports_index() */
        return answer_search(q);
    }
}
