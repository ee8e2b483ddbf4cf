#include "rules/regex.h"

#include <stdlib.h>
#include <string.h>

/* The steps that wait for the byte at one position. */
struct front {
    size_t items[LAZ_REGEX_STEPS_MAX];
    size_t count;
};

struct walk {
    const struct laz_regex *r;
    struct laz_view text;
    struct front now, next;
    size_t seen[LAZ_REGEX_STEPS_MAX];  /* the position at which a step was reached last, and 1 */
    size_t stack[LAZ_REGEX_STEPS_MAX]; /* each step stands there at most once at a position */
    bool has_matched;
};

static bool is_word_at(struct laz_view text, size_t at)
{
    uint8_t c;

    if (at >= text.len)
        return false;
    c = text.data[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(struct laz_view text, size_t at, uint8_t op)
{
    bool is_border = (at > 0 && is_word_at(text, at - 1)) != is_word_at(text, at);

    if (op == LAZ_REGEX_START)
        return at == 0;
    if (op == LAZ_REGEX_END)
        return at == text.len;
    return is_border == (op == LAZ_REGEX_WORD);
}

static void push(struct walk *w, size_t *depth, size_t step, size_t at)
{
    if (w->seen[step] == at + 1)
        return;
    w->seen[step] = at + 1;
    w->stack[(*depth)++] = step;
}

/* Everything that can be reached from step without a byte joins the front. */
static void follow(struct walk *w, struct front *front, size_t step, size_t at)
{
    size_t depth = 0;

    push(w, &depth, step, at);
    while (depth > 0) {
        size_t i = w->stack[--depth];
        const struct laz_regex_step *s = &w->r->steps[i];

        switch ((enum laz_regex_op)s->op) {
        case LAZ_REGEX_SET:
            front->items[front->count++] = i;
            break;
        case LAZ_REGEX_SPLIT:
            push(w, &depth, i + (size_t)s->to_other, at);
            push(w, &depth, i + (size_t)s->to, at);
            break;
        case LAZ_REGEX_JUMP:
            push(w, &depth, i + (size_t)s->to, at);
            break;
        case LAZ_REGEX_START:
        case LAZ_REGEX_END:
        case LAZ_REGEX_WORD:
        case LAZ_REGEX_NOT_WORD:
            if (holds(w->text, at, s->op))
                push(w, &depth, i + 1, at);
            break;
        case LAZ_REGEX_MATCH:
            w->has_matched = true;
            break;
        }
    }
}

static void take_byte(struct walk *w, size_t at)
{
    uint8_t c = w->text.data[at];

    w->next.count = 0;
    for (size_t i = 0; i < w->now.count; i++) {
        size_t step = w->now.items[i];

        if ((w->r->steps[step].set[c / 8] >> c % 8 & 1) != 0)
            follow(w, &w->next, step + 1, at + 1);
    }
    w->now.count = w->next.count;
    memcpy(w->now.items, w->next.items, w->next.count * sizeof *w->now.items);
}

bool laz_regex_search(const struct laz_regex *r, struct laz_view text, bool *ok)
{
    struct walk *w = calloc(1, sizeof *w);
    bool has_matched;

    *ok = w != NULL;
    if (w == NULL)
        return false;
    w->r = r;
    w->text = text;
    for (size_t at = 0; at < text.len && !w->has_matched; at++) {
        follow(w, &w->now, 0, at); /* a match may begin at any byte */
        if (!w->has_matched)
            take_byte(w, at);
    }
    has_matched = w->has_matched;
    free(w);
    return has_matched;
}
