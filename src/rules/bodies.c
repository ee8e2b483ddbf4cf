#include <hs/hs_compile.h>
#include <hs/hs_runtime.h>
#include <stdlib.h>

#include "rules/compiler_priv.h"

static enum laz_status no_memory(struct laz_error *err)
{
    return laz_fail(err, LAZ_NOMEM, "database", "", "no memory", "");
}

/* Fails at the place where the pattern stands in its source. */
static enum laz_status fail_pattern(const struct laz_ruleset *set, uint32_t rule,
                                    const struct laz_pattern *pattern, const char *why,
                                    struct laz_error *err)
{
    const struct laz_ir_rule *r = laz_list_at(struct laz_ir_rule, &set->rules, rule);

    return laz_fail_at(err, LAZ_UNSUPPORTED, "rule", laz_ruleset_text_at(set, r->source),
                       pattern->line, pattern->column, why, "make the pattern more definite");
}

static int compare_forms(const void *a, const void *b)
{
    const struct laz_cut_form *x = a, *y = b;
    int order;

    if (x->is_late != y->is_late)
        return x->is_late ? -1 : 1;
    if (x->atom_len != y->atom_len)
        return x->atom_len < y->atom_len ? -1 : 1;
    if (x->atom_nocase != y->atom_nocase)
        return x->atom_nocase ? 1 : -1;
    order = memcmp(x->atom, y->atom, x->atom_len);
    if (order != 0)
        return order;
    if (x->guard != y->guard)
        return x->guard < y->guard ? -1 : 1;
    if (x->pattern != y->pattern)
        return x->pattern < y->pattern ? -1 : 1;
    return (x->token_first > y->token_first) - (x->token_first < y->token_first);
}

static bool has_same_atom(const struct laz_cut_form *a, const struct laz_cut_form *b)
{
    return a->atom_len == b->atom_len && a->atom_nocase == b->atom_nocase &&
           memcmp(a->atom, b->atom, a->atom_len) == 0;
}

/* Atoms of either case are the same in lower case; without letters there is only one case. */
static void fold_case(struct laz_cut_form *form)
{
    bool has_letter = false;

    for (uint32_t i = 0; form->atom_nocase && i < form->atom_len; i++) {
        uint8_t folded = form->atom[i] | 0x20;

        if (folded < 'a' || folded > 'z')
            continue;
        has_letter = true;
        form->atom[i] = folded;
    }
    form->atom_nocase = has_letter;
}

static enum laz_status cut_rule(struct laz_ruleset *set, uint32_t rule, uint32_t guard,
                                struct laz_list *forms, struct laz_error *err)
{
    struct laz_ir_rule r = *laz_list_at(struct laz_ir_rule, &set->rules, rule);
    size_t before = forms->count;

    for (uint32_t i = r.pattern_first; i < r.pattern_first + r.pattern_count; i++) {
        const char *why;
        enum laz_status s = laz_forms_cut(set, i, forms, &why, err);

        if (s == LAZ_UNSUPPORTED)
            return fail_pattern(set, rule, laz_list_at(struct laz_pattern, &set->patterns, i), why,
                                err);
        if (s != LAZ_OK)
            return s;
    }
    for (size_t i = before; i < forms->count; i++)
        laz_list_at(struct laz_cut_form, forms, i)->guard = guard;
    return LAZ_OK;
}

/* One byte stands everywhere: it is looked for only in objects that a guard lets pass. */
static bool is_late(const struct laz_guards *guards, const struct laz_cut_form *forms, size_t count)
{
    if (forms->atom_len > 1 || forms->atom_nocase)
        return false;
    for (size_t i = 0; i < count; i++)
        if (laz_guards_lets_all_pass(guards, forms[i].guard))
            return false;
    return true;
}

static size_t end_of_atom(const struct laz_list *forms, size_t first)
{
    size_t end = first + 1;

    while (end < forms->count && has_same_atom(laz_list_at(struct laz_cut_form, forms, first),
                                               laz_list_at(struct laz_cut_form, forms, end)))
        end++;
    return end;
}

static void mark_late(const struct laz_guards *guards, struct laz_list *forms)
{
    for (size_t first = 0, end; first < forms->count; first = end) {
        struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, first);

        end = end_of_atom(forms, first);
        if (!is_late(guards, form, end - first))
            continue;
        for (size_t i = 0; i < end - first; i++)
            form[i].is_late = true;
    }
}

static enum laz_status cut_all(struct laz_ruleset *set, struct laz_image *image,
                               struct laz_list *forms, struct laz_error *err)
{
    LAZ_OWNED(laz_guards_drop) struct laz_guards *guards = laz_guards_new(image);

    for (uint32_t i = 0; i < set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, i);
        uint32_t guard;
        enum laz_status s;

        if (guards == NULL || !laz_guards_add(guards, set, rule, &guard))
            return no_memory(err);
        s = cut_rule(set, i, guard, forms, err);

        if (s != LAZ_OK)
            return s;
    }
    for (size_t i = 0; i < forms->count; i++)
        fold_case(laz_list_at(struct laz_cut_form, forms, i));
    if (forms->count == 0)
        return LAZ_OK;
    qsort(forms->items, forms->count, sizeof(struct laz_cut_form), compare_forms);
    mark_late(guards, forms);
    qsort(forms->items, forms->count, sizeof(struct laz_cut_form), compare_forms);
    return LAZ_OK;
}

/* Which rule a pattern belongs to, by its index. */
static uint32_t *map_patterns(const struct laz_ruleset *set)
{
    uint32_t *rules = calloc(set->patterns.count + 1, sizeof *rules);

    if (rules == NULL)
        return NULL;
    for (uint32_t i = 0; i < set->rules.count; i++) {
        const struct laz_ir_rule *r = laz_list_at(struct laz_ir_rule, &set->rules, i);

        for (uint32_t j = 0; j < r->pattern_count; j++)
            rules[r->pattern_first + j] = i;
    }
    return rules;
}

/* Bytes from the form's start to its atom, when they are as many in every match. */
static uint32_t lead_of(const struct laz_ruleset *set, const struct laz_cut_form *form)
{
    uint64_t lead = 0;

    for (uint32_t i = 0; i < form->atom_at; i++) {
        const struct laz_token *token =
            laz_list_at(struct laz_token, &set->tokens, form->token_first + i);

        if (token->kind == LAZ_TOKEN_BYTE || token->kind == LAZ_TOKEN_NOT_BYTE)
            lead++;
        else if (token->kind == LAZ_TOKEN_GAP && token->min == token->max)
            lead += token->min;
        else
            return LAZ_LEAD_NONE;
    }
    return lead < LAZ_LEAD_NONE ? (uint32_t)lead : LAZ_LEAD_NONE;
}

static bool write_form(const struct laz_ruleset *set, const struct laz_cut_form *form,
                       uint32_t guard_run, struct laz_image *image)
{
    const struct laz_body *body = laz_list_at(struct laz_body, &set->bodies, form->body);
    struct laz_buf *out = &image->sections[LAZ_SECTION_FORMS];
    struct laz_buf *code = &image->sections[LAZ_SECTION_CODE];
    uint32_t gap_count = 0, back = (uint32_t)code->len, ahead, end;
    uint32_t flags = (body->fullword ? LAZ_FORM_FULLWORD : 0) | (body->wide ? LAZ_FORM_WIDE : 0);

    if (!laz_verify_emit(code, set, form, false, &gap_count))
        return false;
    ahead = (uint32_t)code->len;
    if (!laz_verify_emit(code, set, form, true, &gap_count))
        return false;
    end = (uint32_t)code->len;
    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, form->pattern));
    laz_ignore(laz_buf_add_u32le(out, flags));
    laz_ignore(laz_buf_add_u32le(out, back));
    laz_ignore(laz_buf_add_u32le(out, ahead - back));
    laz_ignore(laz_buf_add_u32le(out, ahead));
    laz_ignore(laz_buf_add_u32le(out, end - ahead));
    laz_ignore(laz_buf_add_u32le(out, image->gap_count));
    laz_ignore(laz_buf_add_u32le(out, gap_count));
    laz_ignore(laz_buf_add_u32le(out, lead_of(set, form)));
    laz_ignore(laz_buf_add_u32le(out, form->guard));
    laz_ignore(laz_buf_add_u32le(out, guard_run));
    image->gap_count += gap_count;
    return laz_buf_failed(out) == LAZ_OK;
}

/* How many forms from this one on stand at the same atom and have the same guard. */
static uint32_t *count_runs(const struct laz_list *forms)
{
    uint32_t *runs = calloc(forms->count + 1, sizeof *runs);

    for (size_t i = forms->count; runs != NULL && i-- > 0;) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, i);
        bool goes_on =
            i + 1 < forms->count && has_same_atom(form, form + 1) && form->guard == form[1].guard;

        runs[i] = goes_on ? runs[i + 1] + 1 : 1;
    }
    return runs;
}

static enum laz_status write_forms(const struct laz_ruleset *set, const struct laz_list *forms,
                                   const uint32_t *rules, struct laz_image *image,
                                   struct laz_error *err)
{
    uint32_t *runs = count_runs(forms);
    enum laz_status s = LAZ_OK;

    if (runs == NULL)
        return no_memory(err);
    for (size_t i = 0; s == LAZ_OK && i < forms->count; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, i);

        if (!write_form(set, form, runs[i], image))
            s = fail_pattern(set, rules[form->pattern],
                             laz_list_at(struct laz_pattern, &set->patterns, form->pattern),
                             "the pattern is too large", err);
    }
    free(runs);
    return s;
}

/* The atoms as the matcher's compiler wants them. */
struct literals {
    const char **bytes;
    unsigned *flags, *ids;
    size_t *lens;
    unsigned count;
};

static void clear_literals(struct literals *l)
{
    free(l->bytes);
    free(l->flags);
    free(l->ids);
    free(l->lens);
}

static bool make_literals(struct literals *l, size_t count)
{
    l->bytes = calloc(count, sizeof *l->bytes);
    l->flags = calloc(count, sizeof *l->flags);
    l->ids = calloc(count, sizeof *l->ids);
    l->lens = calloc(count, sizeof *l->lens);
    return l->bytes != NULL && l->flags != NULL && l->ids != NULL && l->lens != NULL;
}

static void add_literal(struct literals *l, const struct laz_cut_form *form, unsigned id)
{
    l->bytes[l->count] = (const char *)form->atom;
    l->flags[l->count] = form->atom_nocase ? HS_FLAG_CASELESS : 0;
    l->ids[l->count] = id;
    l->lens[l->count] = form->atom_len;
    l->count++;
}

static void add_atom(struct laz_image *image, const struct laz_cut_form *form, size_t first,
                     size_t count, uint32_t late)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_ATOMS];

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)first));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)count));
    laz_ignore(laz_buf_add_u32le(out, form->atom_len));
    laz_ignore(laz_buf_add_u32le(out, late));
}

/* Late atoms stand before all others: cut_all saw to the order of their forms. */
static void write_atoms(const struct laz_list *forms, struct literals *l, struct laz_image *image)
{
    unsigned id = 0;

    for (size_t first = 0, end; first < forms->count; first = end, id++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, first);

        end = end_of_atom(forms, first);
        add_atom(image, form, first, end - first,
                 form->is_late ? LAZ_ATOM_LATE | form->atom[0] : 0);
        if (!form->is_late)
            add_literal(l, form, id);
    }
}

static enum laz_status fail_matcher(const char *why, struct laz_error *err)
{
    return laz_fail(err, LAZ_UNSUPPORTED, "matcher", "", why, "build fewer sources at once");
}

/* The database is laid out as it will be mapped: on a page, ready to be used. */
static enum laz_status lay_out(const hs_database_t *compiled, struct laz_buf *out,
                               struct laz_error *err)
{
    char *bytes = NULL;
    size_t len = 0, size = 0;
    void *placed = NULL;
    bool ok = hs_serialize_database(compiled, &bytes, &len) == HS_SUCCESS &&
              hs_serialized_database_size(bytes, len, &size) == HS_SUCCESS &&
              posix_memalign(&placed, LAZ_DB_PAGE, size) == 0;

    if (ok) {
        memset(placed, 0, size);
        ok = hs_deserialize_database_at(bytes, len, placed) == HS_SUCCESS &&
             laz_buf_add(out, laz_view_from(placed, size)) == LAZ_OK;
    }
    free(placed);
    free(bytes);
    return ok ? LAZ_OK : fail_matcher("its database could not be laid out", err);
}

static enum laz_status compile_literals(const struct literals *l, struct laz_buf *out,
                                        struct laz_error *err)
{
    hs_database_t *compiled = NULL;
    hs_compile_error_t *why = NULL;
    enum laz_status s;

    if (hs_compile_lit_multi(l->bytes, l->flags, l->ids, l->lens, l->count, HS_MODE_BLOCK, NULL,
                             &compiled, &why) != HS_SUCCESS) {
        s = fail_matcher(why != NULL ? why->message : "atoms do not compile", err);
        hs_free_compile_error(why);
        return s;
    }
    s = lay_out(compiled, out, err);
    hs_free_database(compiled);
    return s;
}

static enum laz_status write_matcher(const struct laz_list *forms, struct laz_image *image,
                                     struct laz_error *err)
{
    struct literals l = {0};
    enum laz_status s = LAZ_OK;

    if (forms->count == 0)
        return LAZ_OK;
    if (make_literals(&l, forms->count)) {
        write_atoms(forms, &l, image);
        if (l.count > 0)
            s = compile_literals(&l, &image->sections[LAZ_SECTION_MATCHER], err);
    } else {
        s = no_memory(err);
    }
    clear_literals(&l);
    return s;
}

static bool write_patterns(const struct laz_ruleset *set, const uint32_t *rules,
                           struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_PATTERNS];
    struct laz_span_wanted *spans = calloc(set->patterns.count + 1, sizeof *spans);

    if (spans == NULL)
        return false;
    for (uint32_t i = 0; i < set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, i);

        laz_spans_find(set, rule, spans + rule->pattern_first);
    }
    for (uint32_t i = 0; i < set->patterns.count; i++) {
        const struct laz_pattern *p = laz_list_at(struct laz_pattern, &set->patterns, i);

        LAZ_ASSERT(rules != NULL);
        laz_ignore(laz_buf_add_u32le(out, rules[i])); /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, p->needs_places ? 0 : LAZ_PATTERN_EXISTS_ONLY));
        laz_ignore(laz_buf_add_u64le(out, spans[i].first));
        laz_ignore(laz_buf_add_u64le(out, spans[i].is_asked ? spans[i].last : UINT64_MAX));
    }
    free(spans);
    return true;
}

enum laz_status laz_bodies_write(struct laz_ruleset *set, struct laz_image *image,
                                 struct laz_error *err)
{
    struct laz_list forms = {0};
    uint32_t *rules = map_patterns(set);
    enum laz_status s = rules == NULL ? no_memory(err) : cut_all(set, image, &forms, err);

    if (s == LAZ_OK && !write_patterns(set, rules, image))
        s = no_memory(err);
    if (s == LAZ_OK)
        s = write_forms(set, &forms, rules, image, err);
    if (s == LAZ_OK)
        s = write_matcher(&forms, image, err);
    free(forms.items);
    free(rules);
    return s;
}
