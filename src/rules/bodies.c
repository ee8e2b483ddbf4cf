#include <stdlib.h>

#include "rules/compiler_priv.h"

static enum laz_status no_memory(struct laz_error *err)
{
    return laz_fail(err, LAZ_NOMEM, "database", "", "no memory", "");
}

/* Fails at the place where the pattern stands in its source. */
static enum laz_status fail_pattern(const struct laz_bodies *b, uint32_t index, const char *why,
                                    struct laz_error *err)
{
    const struct laz_ir_rule *rule =
        laz_list_at(struct laz_ir_rule, &b->set->rules, b->rules[index]);
    const struct laz_pattern *pattern = laz_list_at(struct laz_pattern, &b->set->patterns, index);

    return laz_fail_at(err, LAZ_UNSUPPORTED, "rule", laz_ruleset_text_at(b->set, rule->source),
                       pattern->line, pattern->column, why, "make the pattern more definite");
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

/* Which rule a pattern belongs to. */
static void map_patterns(struct laz_bodies *b)
{
    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        const struct laz_ir_rule *r = laz_list_at(struct laz_ir_rule, &b->set->rules, i);

        for (uint32_t j = 0; j < r->pattern_count; j++)
            b->rules[r->pattern_first + j] = i;
    }
}

static enum laz_status cut_all(struct laz_bodies *b, struct laz_error *err)
{
    for (uint32_t i = 0; i < b->set->patterns.count; i++) {
        const char *why;
        enum laz_status s;

        b->form_firsts[i] = (uint32_t)b->forms.count;
        s = laz_forms_cut(b->set, i, &b->forms, &why, err);
        if (s == LAZ_UNSUPPORTED)
            return fail_pattern(b, i, why, err);
        if (s != LAZ_OK)
            return s;
    }
    b->form_firsts[b->set->patterns.count] = (uint32_t)b->forms.count;
    for (size_t i = 0; i < b->forms.count; i++)
        fold_case(laz_list_at(struct laz_cut_form, &b->forms, i));
    return LAZ_OK;
}

/* Bytes from the form's start to its atom, when they are as many in every match. */
static uint32_t lead_of(const struct laz_ruleset *set, const struct laz_cut_form *form)
{
    uint64_t lead = 0;

    if (form->is_regex || form->is_pcre)
        return form->lead;
    for (uint32_t i = 0; i < form->atom_at; i++) {
        const struct laz_token *token =
            laz_list_at(struct laz_token, &set->tokens, form->token_first + i);

        if (token->kind == LAZ_TOKEN_BYTE || token->kind == LAZ_TOKEN_NOT_BYTE)
            lead++;
        else if (token->kind == LAZ_TOKEN_GAP && token->min == token->max)
            lead += token->min;
        else if (token->kind != LAZ_TOKEN_BORDER)
            return LAZ_LEAD_NONE;
    }
    return lead < LAZ_LEAD_NONE ? (uint32_t)lead : LAZ_LEAD_NONE;
}

static uint32_t flags_of(const struct laz_body *body, const struct laz_cut_form *form)
{
    return (body->fullword ? (uint32_t)LAZ_FORM_FULLWORD : 0) |
           (body->wide ? (uint32_t)LAZ_FORM_WIDE : 0) |
           (form->atom_nocase ? (uint32_t)LAZ_FORM_ATOM_NOCASE : 0) |
           (form->is_regex ? (uint32_t)LAZ_FORM_REGEX : 0) |
           (form->is_pcre ? (uint32_t)LAZ_FORM_PCRE : 0) |
           (form->is_from_atom ? (uint32_t)LAZ_FORM_FROM_ATOM : 0) |
           (form->is_of_bytes ? (uint32_t)LAZ_FORM_BYTES : 0) |
           (form->is_greedy ? (uint32_t)LAZ_FORM_GREEDY : 0) |
           (form->is_ascii_too ? (uint32_t)LAZ_FORM_ASCII_TOO : 0);
}

/* The program that looks ahead of the form's atom, or back from it. */
static bool write_program(struct laz_bodies *b, const struct laz_cut_form *form, bool ahead,
                          uint32_t *gap_count)
{
    struct laz_buf *code = &b->image->sections[LAZ_SECTION_CODE];
    struct laz_view program;

    if (!form->is_regex && !form->is_pcre)
        return laz_verify_emit(code, b->set, form, ahead, gap_count);
    return laz_view_at(laz_buf_view(&b->set->programs), ahead ? form->ahead : form->back,
                       ahead ? form->ahead_len : form->back_len, &program) &&
           laz_buf_add(code, program) == LAZ_OK;
}

static bool write_form(struct laz_bodies *b, const struct laz_cut_form *form)
{
    const struct laz_body *body = laz_list_at(struct laz_body, &b->set->bodies, form->body);
    struct laz_buf *out = &b->image->sections[LAZ_SECTION_FORMS];
    struct laz_buf *code = &b->image->sections[LAZ_SECTION_CODE];
    uint32_t gap_count = 0, back = (uint32_t)code->len, ahead, end;

    if (!write_program(b, form, false, &gap_count))
        return false;
    ahead = (uint32_t)code->len;
    if (!write_program(b, form, true, &gap_count))
        return false;
    end = (uint32_t)code->len;
    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, form->pattern));
    laz_ignore(laz_buf_add_u32le(out, flags_of(body, form)));
    laz_ignore(laz_buf_add_u32le(out, form->atom_len));
    laz_ignore(laz_buf_add_u32le(out, back));
    laz_ignore(laz_buf_add_u32le(out, ahead - back));
    laz_ignore(laz_buf_add_u32le(out, ahead));
    laz_ignore(laz_buf_add_u32le(out, end - ahead));
    laz_ignore(laz_buf_add_u32le(out, b->image->gap_count));
    laz_ignore(laz_buf_add_u32le(out, gap_count));
    laz_ignore(laz_buf_add_u32le(out, lead_of(b->set, form)));
    laz_ignore(laz_buf_add(out, laz_view_from(form->atom, LAZ_ATOM_MAX)));
    b->image->gap_count += gap_count;
    return laz_buf_failed(out) == LAZ_OK;
}

static enum laz_status write_forms(struct laz_bodies *b, struct laz_error *err)
{
    for (size_t i = 0; i < b->forms.count; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, &b->forms, i);

        if (!write_form(b, form))
            return fail_pattern(b, form->pattern, "the pattern is too large", err);
    }
    return LAZ_OK;
}

static void write_pattern(struct laz_bodies *b, uint32_t index, const struct laz_span_wanted *span)
{
    const struct laz_pattern *p = laz_list_at(struct laz_pattern, &b->set->patterns, index);
    struct laz_buf *out = &b->image->sections[LAZ_SECTION_PATTERNS];
    uint64_t last = !span->is_asked || span->last < span->first ? UINT64_MAX : span->last;

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, b->rules[index]));
    laz_ignore(laz_buf_add_u32le(out, p->name));
    laz_ignore(laz_buf_add_u32le(out, (p->needs_places ? 0 : LAZ_PATTERN_EXISTS_ONLY) |
                                          (b->is_eager[index] ? LAZ_PATTERN_EAGER : 0) |
                                          (p->is_private ? LAZ_PATTERN_PRIVATE : 0) |
                                          (p->is_hex ? LAZ_PATTERN_HEX : 0) |
                                          (p->is_xor ? LAZ_PATTERN_XOR : 0) |
                                          (uint32_t)p->first << LAZ_PATTERN_FIRST_SHIFT));
    laz_ignore(laz_buf_add_u32le(out, b->form_firsts[index]));
    laz_ignore(laz_buf_add_u32le(out, b->form_firsts[index + 1] - b->form_firsts[index]));
    laz_ignore(laz_buf_add_u32le(out, 0));
    laz_ignore(laz_buf_add_u64le(out, span->first));
    laz_ignore(laz_buf_add_u64le(out, last));
}

static bool write_patterns(struct laz_bodies *b)
{
    struct laz_span_wanted *spans = calloc(b->set->patterns.count + 1, sizeof *spans);

    if (spans == NULL)
        return false;
    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &b->set->rules, i);

        laz_spans_find(b->set, rule, spans + rule->pattern_first);
    }
    for (uint32_t i = 0; i < b->set->patterns.count; i++)
        write_pattern(b, i, &spans[i]);
    free(spans);
    return true;
}

static bool add_guards(struct laz_bodies *b)
{
    LAZ_OWNED(laz_guards_drop) struct laz_guards *guards = laz_guards_new(b->image);

    for (uint32_t i = 0; guards != NULL && i < b->set->rules.count; i++)
        if (!laz_guards_add(guards, b->set, laz_list_at(struct laz_ir_rule, &b->set->rules, i),
                            &b->guards[i]))
            return false;
    return guards != NULL;
}

/* A rule that is looked at always, or when another is. */
struct entry {
    uint32_t key, rule;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

static bool write_always(struct laz_bodies *b)
{
    struct laz_buf *out = &b->image->sections[LAZ_SECTION_ALWAYS];
    struct entry *entries = calloc(b->set->rules.count + 1, sizeof *entries);
    size_t count = 0;

    if (entries == NULL)
        return false;
    for (uint32_t i = 0; i < b->set->rules.count; i++)
        if (b->rule_costs[i] >= LAZ_TRIGGER_NEVER)
            entries[count++] = (struct entry){b->guards[i], i};
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++) {
        laz_ignore(laz_buf_add_u32le(out, entries[i].rule)); /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, entries[i].key));
    }
    free(entries);
    return true;
}

/* In the order of the rules that are waited for; firsts of each. */
static bool write_waiters(struct laz_bodies *b, uint32_t *firsts)
{
    struct laz_buf *out = &b->image->sections[LAZ_SECTION_WAITERS];
    struct entry *entries = calloc(b->waits.count + 1, sizeof *entries);
    size_t next = 0;

    if (entries == NULL)
        return false;
    for (size_t i = 0; i < b->waits.count; i++) {
        const struct laz_wait *wait = laz_list_at(struct laz_wait, &b->waits, i);

        entries[i] = (struct entry){wait->on, wait->rule};
    }
    qsort(entries, b->waits.count, sizeof *entries, compare_entries);
    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        firsts[i] = (uint32_t)next;
        for (; next < b->waits.count && entries[next].key == i; next++)
            laz_ignore(laz_buf_add_u32le(out, entries[next].rule)); /* remembered */
    }
    firsts[b->set->rules.count] = (uint32_t)next;
    free(entries);
    return true;
}

static bool prepare(struct laz_bodies *b)
{
    size_t patterns = b->set->patterns.count + 1, rules = b->set->rules.count + 1;

    b->form_firsts = calloc(patterns, sizeof *b->form_firsts);
    b->rules = calloc(patterns, sizeof *b->rules);
    b->costs = calloc(patterns, sizeof *b->costs);
    b->is_eager = calloc(patterns, sizeof *b->is_eager);
    b->guards = calloc(rules, sizeof *b->guards);
    b->rule_costs = calloc(rules, sizeof *b->rule_costs);
    return b->form_firsts != NULL && b->rules != NULL && b->costs != NULL && b->is_eager != NULL &&
           b->guards != NULL && b->rule_costs != NULL;
}

static void clear(struct laz_bodies *b)
{
    free(b->forms.items);
    free(b->waits.items);
    free(b->form_firsts);
    free(b->rules);
    free(b->costs);
    free(b->is_eager);
    free(b->guards);
    free(b->rule_costs);
}

static enum laz_status write_all(struct laz_bodies *b, uint32_t *waiters, struct laz_error *err)
{
    enum laz_status s;

    if (!prepare(b))
        return no_memory(err);
    map_patterns(b);
    s = cut_all(b, err);
    if (s != LAZ_OK)
        return s;
    if (!add_guards(b) || !laz_eager_choose(b) || !write_patterns(b) || !write_always(b) ||
        !write_waiters(b, waiters))
        return no_memory(err);
    s = write_forms(b, err);
    if (s == LAZ_OK)
        s = laz_matchers_write(b, err);
    if (s == LAZ_OK && !laz_conditions_order(b)) /* what reads the trees is done with them */
        s = no_memory(err);
    return s;
}

enum laz_status laz_bodies_write(struct laz_ruleset *set, struct laz_image *image,
                                 uint32_t **waiters, struct laz_error *err)
{
    struct laz_bodies b = {.set = set, .image = image};
    uint32_t *firsts = calloc(set->rules.count + 1, sizeof *firsts);
    enum laz_status s = firsts == NULL ? no_memory(err) : write_all(&b, firsts, err);

    clear(&b);
    if (s == LAZ_OK)
        *waiters = firsts;
    else
        free(firsts);
    return s;
}
