#include "scan/module_pe_priv.h"

bool laz_pe_begin_part(struct laz_module_pe *state, enum laz_pe_part part)
{
    bool is_first = (state->parts & part) == 0;

    state->parts |= part;
    return is_first;
}

bool laz_pe_give_number(const struct laz_pe_question *q, uint64_t n)
{
    *q->out = laz_value_number((int64_t)n);
    return true;
}

bool laz_pe_give_text(const struct laz_pe_question *q, struct laz_view text)
{
    *q->out = laz_value_text(text);
    return true;
}

bool laz_pe_index(const struct laz_pe_question *q, unsigned n, uint32_t count, uint32_t *index)
{
    int64_t i = q->args[n].n;

    if (i < 0 || i >= (int64_t)count)
        return false;
    *index = (uint32_t)i;
    return true;
}

static bool open_pe(struct laz_modules *m, void *state)
{
    struct laz_module_pe *s = state;

    return laz_pe_read(m->input.bytes, &s->pe) && s->pe.is_whole;
}

bool laz_module_pe(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                   struct laz_value *out)
{
    struct laz_module_pe *state = laz_modules_state(m, LAZ_MODULE_PE, sizeof *state, open_pe);
    struct laz_pe_question q = {m, state, (enum laz_pe_field)index, args, out};

    if (q.field == LAZ_PE_IS_PE || q.field == LAZ_PE_IS_PE_CALL)
        return laz_pe_give_number(&q, q.state != NULL);
    if (q.state == NULL)
        return false;
    if (q.field <= LAZ_PE_RICH_TOOLID_VERSION)
        return laz_pe_answer_header(&q);
    if (q.field <= LAZ_PE_VERSION_LIST_VALUE)
        return laz_pe_answer_resources(&q);
    if (q.field <= LAZ_PE_IMPHASH)
        return laz_pe_answer_imports(&q);
    if (q.field <= LAZ_PE_EXPORTS_INDEX_REGEX)
        return laz_pe_answer_exports(&q);
    return laz_pe_answer_signatures(&q);
}
