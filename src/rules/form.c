#include "base/number.h"
#include "rules/compiler_priv.h"
#include "rules/regex.h"

#define FORMS_MAX     256 /* that one body may be unfolded into */
#define WORTH_ENOUGH  48  /* about three rare bytes: alternatives need not be unfolded */
#define BEHIND_LOSS   12  /* of a run behind a gap without end: going back from it is slow */
#define UNFOLD_TOKENS ((size_t)1 << 16)

static struct laz_token token_at(const struct laz_ruleset *set, uint32_t index)
{
    return *laz_list_at(struct laz_token, &set->tokens, index);
}

static bool is_whole(struct laz_token token)
{
    return token.kind == LAZ_TOKEN_BYTE && token.mask == 0xff;
}

/* The best atom that starts at token at, and its worth. */
static unsigned try_atom(const struct laz_ruleset *set, const struct laz_cut_form *form,
                         uint32_t at, bool nocase, struct laz_cut_form *best, unsigned best_worth,
                         unsigned loss)
{
    struct laz_cut_form candidate = *form;
    unsigned worth;

    candidate.atom_at = at;
    candidate.atom_len = 0;
    candidate.atom_nocase = nocase;
    while (candidate.atom_len < LAZ_ATOM_MAX && at + candidate.atom_len < form->token_count) {
        struct laz_token token = token_at(set, form->token_first + at + candidate.atom_len);

        if (!is_whole(token))
            break;
        candidate.atom[candidate.atom_len++] = token.value;
    }
    worth = laz_atom_worth(candidate.atom, candidate.atom_len, nocase);
    worth = worth > loss ? worth - loss : worth > 0;
    if (worth <= best_worth)
        return best_worth;
    *best = candidate;
    return worth;
}

/* Finds the form's atom outside its alternatives. 0 when there is no whole byte. */
static unsigned choose_atom(const struct laz_ruleset *set, struct laz_cut_form *form, bool nocase)
{
    struct laz_cut_form best = *form;
    unsigned best_worth = 0, depth = 0, loss = 0;

    for (uint32_t i = 0; i < form->token_count; i++) {
        struct laz_token token = token_at(set, form->token_first + i);

        if (token.kind == LAZ_TOKEN_OPEN || token.kind == LAZ_TOKEN_OPEN_NOT)
            depth++;
        else if (token.kind == LAZ_TOKEN_CLOSE)
            depth--;
        else if (token.kind == LAZ_TOKEN_GAP && token.max == LAZ_GAP_MAX)
            loss = BEHIND_LOSS;
        else if (depth == 0 && is_whole(token) &&
                 token.value != 0) /* the matcher takes no 0 first */
            best_worth = try_atom(set, form, i, nocase, &best, best_worth, loss);
    }
    *form = best;
    return best_worth;
}

/* The first alternatives that are not negated: tokens [*open, *close]. */
static bool find_alternatives(const struct laz_ruleset *set, const struct laz_cut_form *form,
                              uint32_t *open, uint32_t *close)
{
    unsigned depth = 0;

    for (uint32_t i = 0; i < form->token_count; i++) {
        struct laz_token token = token_at(set, form->token_first + i);

        if (token.kind == LAZ_TOKEN_OPEN && depth == 0)
            *open = i;
        if (token.kind == LAZ_TOKEN_OPEN || token.kind == LAZ_TOKEN_OPEN_NOT)
            depth++;
        if (token.kind != LAZ_TOKEN_CLOSE || --depth > 0)
            continue;
        *close = i;
        if (token_at(set, form->token_first + *open).kind == LAZ_TOKEN_OPEN)
            return true;
    }
    return false;
}

static void copy_tokens(struct laz_ruleset *set, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        laz_ruleset_add_token(set, token_at(set, i));
}

/* A form with tokens [from, to) in the place of its alternatives. */
static bool add_branch(struct laz_ruleset *set, struct laz_list *work,
                       const struct laz_cut_form *form, uint32_t open, uint32_t from, uint32_t to,
                       uint32_t close)
{
    struct laz_cut_form branch = *form;
    struct laz_cut_form *item;

    branch.token_first = (uint32_t)set->tokens.count;
    copy_tokens(set, form->token_first, form->token_first + open);
    copy_tokens(set, form->token_first + from, form->token_first + to);
    copy_tokens(set, form->token_first + close + 1, form->token_first + form->token_count);
    branch.token_count = (uint32_t)set->tokens.count - branch.token_first;
    item = laz_list_add(set, work, sizeof *item);
    if (item != NULL)
        *item = branch;
    return item != NULL;
}

/* Adds one form for each of the alternatives [open, close] to work. */
static bool unfold(struct laz_ruleset *set, struct laz_list *work, const struct laz_cut_form *form,
                   uint32_t open, uint32_t close)
{
    uint32_t from = open + 1;
    unsigned depth = 0;

    for (uint32_t i = open; i <= close; i++) {
        struct laz_token token = token_at(set, form->token_first + i);

        if (token.kind == LAZ_TOKEN_OPEN || token.kind == LAZ_TOKEN_OPEN_NOT)
            depth++;
        if (token.kind == LAZ_TOKEN_CLOSE)
            depth--;
        if ((depth == 1 && token.kind == LAZ_TOKEN_BAR) || i == close) {
            if (!add_branch(set, work, form, open, from, i, close))
                return false;
            from = i + 1;
        }
    }
    return true;
}

/* A form without a whole byte is searched for like an expression. */
static bool cut_tokens(struct laz_ruleset *set, const struct laz_cut_form *form,
                       struct laz_list *forms, const char **why)
{
    struct laz_cut_form base = *form;
    struct laz_regex_tree tree;
    bool ok;

    base.is_of_bytes = true; /* wide text has its zeros among its tokens */
    if (laz_regex_from_tokens(set, form, &tree)) {
        ok = laz_regex_cut(set, &tree, &base, forms);
        if (!ok)
            *why = "expected a smaller string";
    } else {
        *why = "expected at least one whole byte other than 00";
        ok = false;
    }
    laz_regex_clear(&tree);
    return ok;
}

static bool cut_expression(struct laz_ruleset *set, uint32_t pattern, uint32_t body,
                           struct laz_list *forms, const char **why)
{
    const struct laz_expression *e =
        laz_list_at(struct laz_expression, &set->expressions,
                    laz_list_at(struct laz_body, &set->bodies, body)->expression);
    struct laz_regex_flags flags = {e->nocase, e->dot_all};
    struct laz_cut_form form = {.pattern = pattern, .body = body};
    struct laz_regex_problem problem;
    struct laz_regex_tree tree;
    struct laz_view text;
    bool ok = laz_view_at(laz_buf_view(&set->text), e->text, e->text_len, &text) &&
              laz_regex_parse(text, flags, &tree, &problem) == LAZ_OK;

    if (!ok)
        return false;
    ok = laz_regex_cut(set, &tree, &form, forms);
    laz_regex_clear(&tree);
    if (!ok)
        *why = "expected a smaller expression";
    return ok;
}

/* Takes forms from work until each has an atom. A form whose bytes outside its alternatives tell
 * too little is replaced by one form for each of them, within a limit. */
static bool settle(struct laz_ruleset *set, struct laz_list *work, struct laz_list *forms,
                   bool nocase, const char **why)
{
    size_t tokens_max = set->tokens.count + UNFOLD_TOKENS;
    size_t made = 0;

    while (work->count > 0) {
        struct laz_cut_form form = *laz_list_at(struct laz_cut_form, work, work->count - 1);
        struct laz_cut_form *item;
        uint32_t open = 0, close = 0;
        unsigned worth = choose_atom(set, &form, nocase);

        work->count--;
        if (worth < WORTH_ENOUGH && made + work->count < FORMS_MAX &&
            set->tokens.count < tokens_max && find_alternatives(set, &form, &open, &close)) {
            if (!unfold(set, work, &form, open, close))
                return false;
            continue;
        }
        if (worth == 0) {
            if (!cut_tokens(set, &form, forms, why))
                return false;
            made++;
            continue;
        }
        item = laz_list_add(set, forms, sizeof *item);
        if (item == NULL)
            return false;
        *item = form;
        item->worth = worth;
        made++;
    }
    return true;
}

/* One of Perl's expressions is searched for whole. */
static bool add_pcre(struct laz_ruleset *set, uint32_t pattern, uint32_t body,
                     struct laz_list *forms)
{
    const struct laz_body *b = laz_list_at(struct laz_body, &set->bodies, body);
    struct laz_cut_form *item = laz_list_add(set, forms, sizeof *item);

    if (item == NULL)
        return false;
    *item = (struct laz_cut_form){
        .pattern = pattern,
        .body = body,
        .is_pcre = true,
        .ahead = b->program,
        .ahead_len = b->program_len,
        .lead = LAZ_LEAD_NONE,
    };
    return true;
}

enum laz_status laz_forms_cut(struct laz_ruleset *set, uint32_t pattern, struct laz_list *forms,
                              const char **why, struct laz_error *err)
{
    struct laz_pattern p = *laz_list_at(struct laz_pattern, &set->patterns, pattern);
    struct laz_list work = {0};
    bool ok = true;

    *why = NULL;
    for (uint32_t i = p.body_first; ok && i < p.body_first + p.body_count; i++) {
        struct laz_body body = *laz_list_at(struct laz_body, &set->bodies, i);
        struct laz_cut_form *item = laz_list_add(set, &work, sizeof *item);

        ok = item != NULL;
        if (!ok)
            break;
        *item = (struct laz_cut_form){
            .pattern = pattern,
            .body = i,
            .token_first = body.token_first,
            .token_count = body.token_count,
        };
        if (body.is_pcre) {
            ok = add_pcre(set, pattern, i, forms);
            continue;
        }
        if (body.is_regex) {
            work.count = 0;
            ok = cut_expression(set, pattern, i, forms, why);
        } else {
            ok = settle(set, &work, forms, body.nocase, why);
        }
    }
    free(work.items);
    if (ok)
        return LAZ_OK;
    return *why != NULL ? LAZ_UNSUPPORTED : laz_ruleset_failed(set, err);
}
