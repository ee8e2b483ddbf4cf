/* regex_priv.h - one walk of an expression, and what is remembered of walks so that they need not
 * be done again. */
#ifndef LAZ_MATCH_REGEX_PRIV_H
#define LAZ_MATCH_REGEX_PRIV_H

#include "base/number.h"
#include "match/database_priv.h"
#include "match/regex.h"

/* A step that was reached, and how many bytes it has taken already (of a REPEAT). */
struct laz_regex_thread {
    uint32_t step, count;
};

/* The threads that wait for the byte at one position; those before others have more right. */
struct laz_regex_front {
    struct laz_regex_thread *items;
    uint32_t count;
};

enum laz_regex_goal {
    LAZ_REGEX_GOAL_ANY, /* whether there is a match, from any position on */
    LAZ_REGEX_GOAL_BEST,
    LAZ_REGEX_GOAL_ALL,
};

/* What a step of a walk costs of the budget: about 13 ns, where a step of the budget has 2.5. */
#define LAZ_REGEX_THREAD_COST 5

struct laz_regex_walker {
    struct laz_view program;
    const uint8_t *steps, *sets;
    struct laz_view text;
    bool back, wide;
    uint64_t at, left; /* the position, and how many bytes may still be taken */
    struct laz_regex_scratch *s;
    struct laz_regex_front now, next;
    enum laz_regex_goal goal;
    bool has_match; /* here: threads with less right end */
    bool is_idle;   /* of a search: no thread is left of what came before */
    bool has_best;
    uint64_t best;
    uint64_t *steps_left;
    laz_regex_end_fn *found; /* NULL, or asked at each match; false ends the walk */
    void *context;
};

/* Fronts that were met, as the states of a machine that needs one look for each byte. It is made
 * while it is used, has a fixed size and begins anew when it is full. */
#define LAZ_REGEX_MACHINE_STATES  1024
#define LAZ_REGEX_MACHINE_HASH    2048
#define LAZ_REGEX_MACHINE_NEXT    32768
#define LAZ_REGEX_MACHINE_THREADS 4096
#define LAZ_REGEX_TRAIL_MARKS     256 /* more than LAZ_REGEX_TRAIL_STRIDE fits into a reach */
#define LAZ_REGEX_TRAIL_STRIDE    32

struct laz_regex_state {
    uint32_t first, count; /* of its threads */
    bool has_match, is_idle;
};

/* The way that an earlier walk went, by marks on it: who comes to a mark in the same state goes the
 * same way from there to its end. */
struct laz_regex_mark {
    uint64_t at, trail;
    uint16_t state;
};
struct laz_regex_trail {
    struct laz_regex_mark marks[LAZ_REGEX_TRAIL_MARKS];
    uint32_t number;     /* of the marks that count; 0: none do */
    uint64_t begin, end; /* of the way, and the state at its end */
    uint16_t end_state;
    bool has_match;
    uint64_t match; /* the last one on the way */
    struct laz_view text;
    bool wide;
};

struct laz_regex_machine {
    struct laz_view program; /* that it is made for */
    enum laz_regex_goal goal;
    bool is_usable;
    uint8_t class_of[256]; /* bytes that all steps treat alike */
    uint32_t class_count;
    uint32_t state_count, thread_count; /* state 0 is none */
    uint64_t fresh;                     /* bytes since it began anew */
    struct laz_regex_state states[LAZ_REGEX_MACHINE_STATES];
    uint16_t hash[LAZ_REGEX_MACHINE_HASH];
    uint16_t next[LAZ_REGEX_MACHINE_NEXT]; /* of each state, by class; 0: not known yet */
    struct laz_regex_thread threads[LAZ_REGEX_MACHINE_THREADS];
    struct laz_regex_trail trail;
    uint64_t trail_last; /* number that was given last */
};

struct laz_regex_scratch {
    uint32_t *seen;                    /* of each state: the round in which it was reached last */
    struct laz_regex_thread *items[2]; /* room for two fronts */
    struct laz_regex_thread *stack;    /* each state adds at most one */
    uint32_t round;
    struct laz_regex_machine *machines[2]; /* for walks ahead and back */
};

void laz_regex_new_round(struct laz_regex_scratch *s);
/* Everything that can be reached from the first step without a byte joins the front now. */
void laz_regex_begin(struct laz_regex_walker *w);
/* The next character on the way; the position moves over it. False when there is none. */
bool laz_regex_next_char(struct laz_regex_walker *w, uint8_t *c);
/* One character for all threads. */
void laz_regex_advance(struct laz_regex_walker *w, uint8_t c);
bool laz_regex_spend(struct laz_regex_walker *w, uint64_t n);
/* Goes over what cannot begin a match, when no thread is left. False when steps ran out. */
bool laz_regex_skip(struct laz_regex_walker *w);

static inline bool laz_regex_bit(const uint8_t *set, uint8_t c)
{
    return (set[c / 8] >> c % 8 & 1) != 0;
}
static inline const uint8_t *laz_regex_step(const struct laz_regex_walker *w, uint32_t step)
{
    return w->steps + (size_t)step * LAZ_REGEX_STEP_SIZE;
}

/* regex_machine.c: the machine for the walk's program and goal. NULL when there can be none. */
struct laz_regex_machine *laz_regex_machine_of(const struct laz_regex_walker *w);
/* Whether there is one already. */
bool laz_regex_machine_is_at_hand(const struct laz_regex_walker *w);
/* The state of the walk's front; 0 when there is no room. */
uint16_t laz_regex_machine_enter(struct laz_regex_machine *m, const struct laz_regex_walker *w);
/* The state behind another over c, to which the walk has moved already. 0 when it does not pay to
 * go on so: the walk's front is then the right one. */
uint16_t laz_regex_machine_learn(struct laz_regex_machine *m, struct laz_regex_walker *w,
                                 uint16_t state, uint8_t c);
/* The walk's front becomes that of the state. */
void laz_regex_machine_leave(const struct laz_regex_machine *m, struct laz_regex_walker *w,
                             uint16_t state);

/* regex_run.c: goes on with a walk through the machine as far as that is possible. True when the
 * walk is over; else it goes on where it stands. */
bool laz_regex_machine_run(struct laz_regex_machine *m, struct laz_regex_walker *w);
/* The same for a search. */
bool laz_regex_machine_search(struct laz_regex_machine *m, struct laz_regex_walker *w);

#endif
