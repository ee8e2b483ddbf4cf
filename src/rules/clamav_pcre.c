/* Regular expressions in logical signatures: TRIGGER/EXPRESSION/FLAGS. */
#include <string.h>

#include "match/pcre.h"
#include "rules/clamav_priv.h"

static const struct {
    char letter;
    uint32_t option;
} letters[] = {
    {'g', LAZ_PCRE_ALL},      {'r', LAZ_PCRE_ROLLING},  {'e', LAZ_PCRE_CONFINED},
    {'i', LAZ_PCRE_NOCASE},   {'s', LAZ_PCRE_DOT_ALL},  {'m', LAZ_PCRE_LINES},
    {'x', LAZ_PCRE_EXTENDED}, {'A', LAZ_PCRE_ANCHORED}, {'E', LAZ_PCRE_DOLLAR_END},
    {'U', LAZ_PCRE_UNGREEDY},
};

static bool read_flags(struct laz_view text, uint32_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t k = 0;

        while (k < sizeof letters / sizeof *letters && letters[k].letter != (char)text.data[i])
            k++;
        if (k == sizeof letters / sizeof *letters)
            return false;
        *out |= letters[k].option;
    }
    return true;
}

/* The parts around the first slash and the last one. */
static bool split(struct laz_view text, struct laz_view *trigger, struct laz_view *expression,
                  struct laz_view *flags)
{
    size_t first = laz_view_find_byte(text, '/'), last = text.len;

    while (last > first + 1 && text.data[last - 1] != '/')
        last--;
    if (last < first + 3) /* an empty one, or no second slash */
        return false;
    *trigger = laz_view_first(text, first);
    *expression = laz_view_first(laz_view_from_offset(text, first + 1), last - first - 2);
    *flags = laz_view_from_offset(text, last);
    return true;
}

static enum laz_status anchor_of(const struct laz_clamav_line *line, struct laz_view text,
                                 const struct laz_clamav_place *place, uint32_t *out,
                                 struct laz_error *err)
{
    switch ((enum laz_clamav_anchor)place->anchor) {
    case LAZ_CLAMAV_ANYWHERE:
        *out = LAZ_PCRE_ANYWHERE;
        return LAZ_OK;
    case LAZ_CLAMAV_FROM_START:
        *out = LAZ_PCRE_FROM_START;
        return LAZ_OK;
    case LAZ_CLAMAV_FROM_END:
        *out = LAZ_PCRE_FROM_END;
        return LAZ_OK;
    case LAZ_CLAMAV_FROM_ENTRY:
        *out = place->is_back ? LAZ_PCRE_BEFORE_ENTRY : LAZ_PCRE_FROM_ENTRY;
        return LAZ_OK;
    case LAZ_CLAMAV_FROM_SECTION:
        *out = LAZ_PCRE_FROM_SECTION;
        return LAZ_OK;
    case LAZ_CLAMAV_FROM_LAST:
        *out = LAZ_PCRE_FROM_LAST_SECTION;
        return LAZ_OK;
    case LAZ_CLAMAV_IN_SECTION:
    case LAZ_CLAMAV_VERSION_INFO:
        break;
    }
    return laz_clamav_fail(line, LAZ_UNSUPPORTED, text.data,
                           "a regular expression cannot have this offset", "", err);
}

/* The program, in the set's programs. */
static enum laz_status add_program(struct laz_clamav_logic *logic, struct laz_view expression,
                                   uint32_t options, uint32_t anchor,
                                   const struct laz_clamav_place *place, struct laz_error *err)
{
    struct laz_ruleset *set = logic->line->set;
    struct laz_buf *out = &set->programs;
    size_t first = out->len, at = 0;
    struct laz_view program;
    char why[200];

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, options | (place->has_shift ? LAZ_PCRE_SHIFT : 0)));
    laz_ignore(laz_buf_add_u32le(out, anchor));
    laz_ignore(laz_buf_add_u64le(out, place->n));
    laz_ignore(laz_buf_add_u64le(out, place->shift));
    laz_ignore(laz_buf_add_u32le(out, place->section));
    laz_ignore(laz_buf_add(out, expression));
    if (laz_buf_failed(out) != LAZ_OK) {
        set->failed = true;
        return laz_ruleset_failed(set, err);
    }
    program = laz_view_from_offset(laz_buf_view(out), first);
    if (!laz_pcre_check(program))
        return laz_clamav_fail(logic->line, LAZ_INVALID, expression.data,
                               "expected a shorter regular expression", "", err);
    if (!laz_pcre_try(program, why, sizeof why, &at))
        return laz_clamav_fail(logic->line, LAZ_INVALID,
                               expression.data + (at < expression.len ? at : expression.len), why,
                               "", err);
    return LAZ_OK;
}

static void add_form(struct laz_ruleset *set, size_t program)
{
    struct laz_body *body = laz_list_add(set, &set->bodies, sizeof *body);

    if (body == NULL || set->patterns.count == 0)
        return;
    body->is_pcre = true;
    body->program = (uint32_t)program;
    body->program_len = (uint32_t)(set->programs.len - program);
    laz_list_at(struct laz_pattern, &set->patterns, set->patterns.count - 1)->body_count++;
}

enum laz_status laz_clamav_read_pcre(struct laz_clamav_logic *logic, struct laz_view text,
                                     struct laz_view place_text, struct laz_error *err)
{
    struct laz_clamav_sub *sub = &logic->subs[logic->sub_count++];
    struct laz_clamav_line *line = logic->line;
    size_t program = line->set->programs.len;
    struct laz_clamav_place place;
    struct laz_view expression, flags;
    uint32_t options = 0, anchor = 0;
    enum laz_status s;

    *sub = (struct laz_clamav_sub){.kind = LAZ_CLAMAV_SUB_PCRE};
    if (!split(text, &sub->trigger, &expression, &flags))
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected TRIGGER/EXPRESSION/FLAGS",
                               "", err);
    if (!read_flags(flags, &options))
        return laz_clamav_fail(line, LAZ_INVALID, flags.data,
                               "expected flags of g, r, e, i, s, m, x, A, E and U", "", err);
    s = laz_clamav_read_place(line, place_text, logic->target, &place, err);
    if (s == LAZ_OK)
        s = anchor_of(line, place_text, &place, &anchor, err);
    if (s == LAZ_OK)
        s = add_program(logic, expression, options, anchor, &place, err);
    if (s != LAZ_OK)
        return s;
    sub->pattern = laz_clamav_add_pattern(line, &logic->rule, text.data);
    sub->pattern_count = 1;
    add_form(line->set, program);
    return laz_ruleset_failed(line->set, err);
}
