#include <string.h>

#include "base/text.h"
#include "scan/module_pe_priv.h"
#include "sign/digest.h"

#define FLAG_STANDARD 1
#define FLAG_DELAYED  2

static const struct laz_pe_imports *imports_of(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_IMPORTS))
        laz_ignore(!laz_pe_imports_read(&s->pe, q->modules->arena,
                                        &s->imports)); /* what was read before is there */
    return &s->imports;
}

static const struct laz_pe_imports *delayed_of(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_DELAYED))
        laz_ignore(!laz_pe_delayed_read(&s->pe, q->modules->arena, &s->delayed)); /* as above */
    return &s->delayed;
}

static bool same_name(struct laz_view a, struct laz_view b)
{
    return a.len == b.len && strncasecmp((const char *)a.data, (const char *)b.data, a.len) == 0;
}

/* What a function of an asked library must be; its index in args stands behind the library's. */
enum wanted { WANT_ANY, WANT_NAME, WANT_ORDINAL };

static bool is_wanted(const struct laz_pe_function *f, enum wanted wanted,
                      const struct laz_value *arg)
{
    switch (wanted) {
    case WANT_ANY:
        return true;
    case WANT_NAME:
        return same_name(f->name, arg->text);
    case WANT_ORDINAL:
        return f->has_ordinal && f->ordinal == arg->n;
    }
    return false;
}

static uint64_t count_functions(const struct laz_pe_imports *imports, enum wanted wanted,
                                const struct laz_value *args)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < imports->library_count; i++) {
        const struct laz_pe_library *l = &imports->libraries[i];

        if (!same_name(l->name, args[0].text))
            continue;
        for (uint32_t j = 0; j < l->function_count; j++)
            count += is_wanted(&l->functions[j], wanted, &args[1]);
    }
    return count;
}

static uint64_t count_by_regex(const struct laz_pe_question *q,
                               const struct laz_pe_imports *imports, const struct laz_value *args)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < imports->library_count; i++) {
        const struct laz_pe_library *l = &imports->libraries[i];

        if (!laz_modules_matches(q->modules, &args[0], l->name))
            continue;
        for (uint32_t j = 0; j < l->function_count; j++)
            count += laz_modules_matches(q->modules, &args[1], l->functions[j].name);
    }
    return count;
}

static uint64_t count_in(const struct laz_pe_question *q, const struct laz_pe_imports *imports,
                         const struct laz_value *args)
{
    switch (q->field) {
    case LAZ_PE_IMPORTS_FUNCTION:
    case LAZ_PE_IMPORTS_FLAGS_FUNCTION:
        return count_functions(imports, WANT_NAME, args) > 0;
    case LAZ_PE_IMPORTS_ORDINAL:
    case LAZ_PE_IMPORTS_FLAGS_ORDINAL:
        return count_functions(imports, WANT_ORDINAL, args) > 0;
    case LAZ_PE_IMPORTS_LIBRARY:
    case LAZ_PE_IMPORTS_FLAGS_LIBRARY:
        return count_functions(imports, WANT_ANY, args);
    default: /* the two forms with regular expressions */
        return count_by_regex(q, imports, args);
    }
}

/* Names and ordinals are told as truths, the other forms count. */
static bool answer_flagged(const struct laz_pe_question *q)
{
    bool is_truth =
        q->field == LAZ_PE_IMPORTS_FLAGS_FUNCTION || q->field == LAZ_PE_IMPORTS_FLAGS_ORDINAL;
    int64_t flags = q->args[0].n;
    uint64_t count = 0;

    if ((flags & FLAG_STANDARD) != 0)
        count += count_in(q, imports_of(q), q->args + 1);
    if ((flags & FLAG_DELAYED) != 0)
        count += count_in(q, delayed_of(q), q->args + 1);
    return laz_pe_give_number(q, is_truth ? count > 0 : count);
}

static bool answer_rva(const struct laz_pe_question *q, const struct laz_pe_imports *imports,
                       enum wanted wanted)
{
    for (uint32_t i = 0; i < imports->library_count; i++) {
        const struct laz_pe_library *l = &imports->libraries[i];

        if (!same_name(l->name, q->args[0].text))
            continue;
        for (uint32_t j = 0; j < l->function_count; j++)
            if (is_wanted(&l->functions[j], wanted, &q->args[1]))
                return l->functions[j].rva != 0 && laz_pe_give_number(q, l->functions[j].rva);
    }
    return false;
}

static bool add_to_digest(void *context, struct laz_view piece)
{
    return laz_digest_add(context, piece) == LAZ_OK;
}

static bool compute_imphash(const struct laz_pe_imports *imports, uint8_t *out)
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};

    return laz_digest_start(&job, LAZ_MD5) == LAZ_OK &&
           laz_pe_imphash_text(imports, add_to_digest, &job) &&
           laz_digest_finish(&job, out) == LAZ_OK;
}

static bool answer_imphash(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;
    char text[2 * LAZ_MD5_SIZE + 1];
    uint8_t digest[LAZ_MD5_SIZE];

    if (laz_pe_begin_part(s, LAZ_PE_PART_IMPHASH) && compute_imphash(imports_of(q), digest)) {
        laz_hex_encode(laz_view_from(digest, sizeof digest), text);
        s->imphash = laz_modules_text(q->modules, text, sizeof text - 1);
    }
    *q->out = s->imphash;
    return true;
}

/* Fields of the two lists: their rows stand in the same order. */
static bool answer_function(const struct laz_pe_question *q, unsigned row,
                            const struct laz_pe_library *l)
{
    uint32_t i;

    if (!laz_pe_index(q, 1, l->function_count, &i))
        return false;
    switch (row + LAZ_PE_IMPORT_COUNT) {
    case LAZ_PE_IMPORT_FUNCTION_NAME:
        return laz_pe_give_text(q, l->functions[i].name);
    case LAZ_PE_IMPORT_FUNCTION_ORDINAL:
        return l->functions[i].has_ordinal && laz_pe_give_number(q, l->functions[i].ordinal);
    default: /* LAZ_PE_IMPORT_FUNCTION_RVA */
        return l->functions[i].rva != 0 && laz_pe_give_number(q, l->functions[i].rva);
    }
}

static bool answer_library(const struct laz_pe_question *q, unsigned row,
                           const struct laz_pe_imports *imports)
{
    uint32_t i;

    if (row + LAZ_PE_IMPORT_COUNT == LAZ_PE_IMPORT_COUNT)
        return laz_pe_give_number(q, imports->library_count);
    if (!laz_pe_index(q, 0, imports->library_count, &i))
        return false;
    switch (row + LAZ_PE_IMPORT_COUNT) {
    case LAZ_PE_IMPORT_LIBRARY_NAME:
        return laz_pe_give_text(q, imports->libraries[i].name);
    case LAZ_PE_IMPORT_NUMBER_OF_FUNCTIONS:
    case LAZ_PE_IMPORT_FUNCTION_COUNT:
        return laz_pe_give_number(q, imports->libraries[i].function_count);
    default: /* of one function */
        return answer_function(q, row, &imports->libraries[i]);
    }
}

static bool answer_call(const struct laz_pe_question *q)
{
    switch (q->field) {
    case LAZ_PE_IMPORTS_FUNCTION:
    case LAZ_PE_IMPORTS_ORDINAL:
    case LAZ_PE_IMPORTS_LIBRARY:
    case LAZ_PE_IMPORTS_REGEX:
        return laz_pe_give_number(q, count_in(q, imports_of(q), q->args));
    case LAZ_PE_IMPORT_RVA_NAME:
        return answer_rva(q, imports_of(q), WANT_NAME);
    case LAZ_PE_IMPORT_RVA_ORDINAL:
        return answer_rva(q, imports_of(q), WANT_ORDINAL);
    case LAZ_PE_DELAYED_RVA_NAME:
        return answer_rva(q, delayed_of(q), WANT_NAME);
    case LAZ_PE_DELAYED_RVA_ORDINAL:
        return answer_rva(q, delayed_of(q), WANT_ORDINAL);
    case LAZ_PE_IMPHASH:
        return answer_imphash(q);
    default: /* the four forms with flags */
        return answer_flagged(q);
    }
}

bool laz_pe_answer_imports(const struct laz_pe_question *q)
{
    unsigned field = q->field;

    if (field >= LAZ_PE_IMPORTS_FUNCTION)
        return answer_call(q);
    if (field >= LAZ_PE_DELAY_COUNT)
        return answer_library(q, field - LAZ_PE_DELAY_COUNT, delayed_of(q));
    if (field == LAZ_PE_NUMBER_OF_DELAYED_IMPORTS || field == LAZ_PE_NUMBER_OF_DELAY_IMPORTS)
        return laz_pe_give_number(q, delayed_of(q)->library_count);
    if (field == LAZ_PE_NUMBER_OF_DELAYED_FUNCTIONS || field == LAZ_PE_NUMBER_OF_DELAY_FUNCTIONS)
        return laz_pe_give_number(q, delayed_of(q)->function_count);
    if (field >= LAZ_PE_DELAYED_COUNT)
        return answer_library(q, field - LAZ_PE_DELAYED_COUNT, delayed_of(q));
    if (field >= LAZ_PE_IMPORT_COUNT)
        return answer_library(q, field - LAZ_PE_IMPORT_COUNT, imports_of(q));
    return laz_pe_give_number(q, field == LAZ_PE_NUMBER_OF_IMPORTS ? imports_of(q)->library_count
                                                                   : imports_of(q)->function_count);
}
