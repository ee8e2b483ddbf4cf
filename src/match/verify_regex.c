#include "match/matcher_priv.h"

#define REACH_MAX 4096 /* bytes from an atom: YARA's own limit for expressions */

/* The starts that belong to one atom, all with the same end. */
struct starts {
    struct laz_matcher *m;
    const struct laz_form *form;
    uint64_t end;
};

static struct laz_regex_walk walk_of(const struct laz_matcher *m, const struct laz_form *form,
                                     bool ahead)
{
    return (struct laz_regex_walk){
        .program = {laz_database_code(m->db, ahead ? form->ahead : form->back),
                    ahead ? form->ahead_len : form->back_len},
        .text = m->object->bytes,
        .reach_max = REACH_MAX,
        .back = !ahead,
        .wide = (form->flags & LAZ_FORM_WIDE) != 0,
    };
}

/* A walk that ran out of steps decided nothing. */
static bool has_steps(struct laz_matcher *m)
{
    if (m->steps_left == 0)
        m->status = LAZ_LIMIT;
    return m->status == LAZ_OK;
}

static bool keep_start(void *context, uint64_t start)
{
    struct starts *s = context;

    if (start < s->end && laz_matcher_stands_alone(s->m, s->form, start, s->end))
        laz_matcher_keep(s->m, s->form, start, s->end);
    return s->m->status == LAZ_OK && laz_matcher_wants(s->m, s->form->pattern);
}

void laz_matcher_verify_regex(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                              uint64_t end)
{
    struct laz_regex_walk ahead = walk_of(m, form, true), back = walk_of(m, form, false);
    struct starts starts = {m, form, 0};
    bool from_atom = (form->flags & LAZ_FORM_FROM_ATOM) != 0;
    uint64_t at = from_atom ? offset : end;

    ahead.reach_max -= at - offset;
    if (!laz_matcher_spend(m, 1) ||
        !laz_regex_run(&ahead, at, m->regex, &m->steps_left, &starts.end)) {
        laz_ignore(has_steps(m)); /* it sets the status */
        return;
    }
    laz_regex_run_all(&back, offset, m->regex, &m->steps_left, keep_start, &starts);
    laz_ignore(has_steps(m)); /* it sets the status */
}

void laz_matcher_verify_all(struct laz_matcher *m, const struct laz_form *form)
{
    struct laz_view object = m->object->bytes;
    struct laz_view program = {laz_database_code(m->db, form->ahead), form->ahead_len};
    uint64_t at = 0, next;

    while (m->status == LAZ_OK && laz_matcher_wants(m, form->pattern)) {
        next = laz_regex_candidate(program, object, at);
        if (next == object.len || !laz_matcher_spend(m, (next - at) / 16))
            return;
        laz_matcher_verify_regex(m, form, next, next);
        at = next + 1;
    }
}
