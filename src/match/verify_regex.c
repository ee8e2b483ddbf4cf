#include "match/matcher_priv.h"

#define REACH_MAX 4096 /* bytes from an atom: YARA's own limit for expressions */
#define ASCII_MAX 64   /* starts in ascii that are remembered at one atom */

/* The starts that belong to one atom, all with the same end. */
struct starts {
    struct laz_matcher *m;
    const struct laz_form *form;
    uint64_t end;
    uint64_t ascii[ASCII_MAX]; /* starts of matches in ascii at the same atom, and their end */
    uint64_t ascii_end;
    size_t ascii_count;
};

static struct laz_regex_walk walk_of(const struct laz_matcher *m, const struct laz_form *form,
                                     bool ahead, bool wide)
{
    return (struct laz_regex_walk){
        .program = {laz_database_code(m->db, ahead ? form->ahead : form->back),
                    ahead ? form->ahead_len : form->back_len},
        .text = m->object->bytes,
        .reach_max = REACH_MAX,
        .back = !ahead,
        .wide = wide,
    };
}

static bool note_ascii(void *context, uint64_t start)
{
    struct starts *s = context;

    if (start < s->ascii_end)
        s->ascii[s->ascii_count++] = start;
    return s->ascii_count < ASCII_MAX;
}

static bool is_ascii(const struct starts *s, uint64_t start)
{
    for (size_t i = 0; i < s->ascii_count; i++)
        if (s->ascii[i] == start)
            return true;
    return false;
}

static bool keep_start(void *context, uint64_t start)
{
    struct starts *s = context;

    if (start < s->end && laz_matcher_stands_alone(s->m, s->form, start, s->end) &&
        !is_ascii(s, start))
        laz_matcher_keep(s->m, s->form, start, s->end);
    return s->m->status == LAZ_OK && laz_matcher_wants(s->m, s->form->pattern);
}

/* Where the match around the atom at [offset, end) ends. */
static bool find_end(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                     uint64_t end, bool wide, uint64_t *out)
{
    struct laz_regex_walk ahead = walk_of(m, form, true, wide);
    uint64_t at = (form->flags & LAZ_FORM_FROM_ATOM) != 0 ? offset : end;

    ahead.reach_max -= at - offset;
    return laz_regex_may_begin(&ahead, at) &&
           laz_regex_run(&ahead, at, m->regex, &m->steps_left, out);
}

/* Whether it is worth the while to look ahead: a long walk is not begun where the short one back
 * leads nowhere. */
static bool may_start(struct laz_matcher *m, const struct laz_form *form,
                      const struct laz_regex_walk *back, uint64_t offset)
{
    struct laz_view ahead = {laz_database_code(m->db, form->ahead), form->ahead_len};
    uint64_t start;

    if (!laz_regex_may_begin(back, offset))
        return false;
    return !laz_regex_is_long(ahead) || laz_regex_is_long(back->program) ||
           laz_regex_run(back, offset, m->regex, &m->steps_left, &start);
}

/* From one start a match in ascii goes before a wide one, and its own form finds it. Both stand at
 * the same atom only when that is one character. */
static void find_ascii(struct starts *s, uint64_t offset)
{
    struct laz_regex_walk back = walk_of(s->m, s->form, false, false);

    if ((s->form->flags & LAZ_FORM_ASCII_TOO) != 0 && s->form->atom_len <= 2 &&
        find_end(s->m, s->form, offset, offset + s->form->atom_len / 2, false, &s->ascii_end))
        laz_regex_run_all(&back, offset, s->m->regex, &s->m->steps_left, note_ascii, s);
}

void laz_matcher_verify_regex(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                              uint64_t end)
{
    bool wide = (form->flags & LAZ_FORM_WIDE) != 0 && (form->flags & LAZ_FORM_BYTES) == 0;
    struct laz_regex_walk back = walk_of(m, form, false, wide);
    struct starts starts;

    starts.m = m;
    starts.form = form;
    starts.ascii_count = 0;
    if (laz_matcher_spend(m, 1) && may_start(m, form, &back, offset) &&
        find_end(m, form, offset, end, wide, &starts.end)) {
        find_ascii(&starts, offset);
        laz_regex_run_all(&back, offset, m->regex, &m->steps_left, keep_start, &starts);
    }
    if (m->steps_left == 0) /* a walk that ran out of steps decided nothing */
        m->status = LAZ_LIMIT;
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
