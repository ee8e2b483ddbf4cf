/* guard.h - scores what actors do to files and says when one must be stopped. Pure: it sees no
 * file, only what it is told, and its clock is the time in what it is told.
 *
 * An actor's score is the sum of what its single deeds weigh; it halves every
 * LAZ_GUARD_HALF_LIFE_MS. Each tree has a score too, over all actors, so that an attack spread over
 * many processes is seen: it needs LAZ_GUARD_TREE_FACTOR times as much. The weights and where they
 * come from stand in guard.c. */
#ifndef LAZ_AGENT_GUARD_H
#define LAZ_AGENT_GUARD_H

#include "base/status.h"
#include "base/view.h"
#include "scan/change.h"

#define LAZ_GUARD_HALF_LIFE_MS ((int64_t)10 * 60 * 1000)
#define LAZ_GUARD_BAR          100.0
#define LAZ_GUARD_TREE_FACTOR  1.5
#define LAZ_GUARD_REASONS_SIZE 256
#define LAZ_GUARD_ACTORS_MAX   4096 /* the one with the lowest score makes room */
#define LAZ_GUARD_TREES_MAX    256

enum laz_guard_deed {
    LAZ_GUARD_CHANGED, /* written to and closed; `change` says what it did */
    LAZ_GUARD_RENAMED,
    LAZ_GUARD_DELETED,
    LAZ_GUARD_CREATED, /* a new file, written and closed; `change` with an empty old content */
};

struct laz_guard_observation {
    enum laz_guard_deed deed;
    int64_t time_ms;      /* monotonic */
    struct laz_view tree; /* the guarded folder that path lies in */
    struct laz_view path;
    struct laz_view new_path;        /* RENAMED only */
    const struct laz_change *change; /* CHANGED and CREATED; NULL when it could not be measured */
};

enum laz_guard_decision {
    LAZ_GUARD_WATCH,
    LAZ_GUARD_STOP, /* answered again for every further deed */
};

enum laz_guard_scope { LAZ_GUARD_ACTOR, LAZ_GUARD_TREE };

struct laz_guard_answer {
    enum laz_guard_decision decision;
    enum laz_guard_scope scope; /* on STOP: the actor alone, or all who add to the tree's score */
    double score, bar;          /* of the scope that is nearer to its bar */
    uint32_t files;             /* that the actor touched and that weigh something */
    /* Stable words, most weight first, with commas: entropy-rise, type-lost, type-changed,
     * content-lost, partly-encrypted, header-destroyed, renamed-extension, deleted-after-copy,
     * note-dropped, many-files. "" when there are none. */
    char reasons[LAZ_GUARD_REASONS_SIZE];
};

struct laz_guard;

struct laz_guard *laz_guard_new(void); /* NULL when memory ran out */
void laz_guard_free(struct laz_guard *g);
void laz_guard_drop(struct laz_guard **g);

/* actor is a key as in wire/vault_message.h. When memory runs out the deed is not scored and the
 * answer is WATCH. */
void laz_guard_observe(struct laz_guard *g, struct laz_view actor,
                       const struct laz_guard_observation *deed, struct laz_guard_answer *out);

/* The actors that add to a tree's score, those that add most first: whom to stop when the scope is
 * the tree. Ends early when fn returns false. */
typedef bool laz_guard_actor_fn(void *context, struct laz_view actor, double score);
void laz_guard_tree_actors(const struct laz_guard *g, struct laz_view tree, int64_t time_ms,
                           laz_guard_actor_fn *fn, void *context);

/* Forgets what the actor did: it is allowed by a person, or it ended long ago. */
void laz_guard_forget(struct laz_guard *g, struct laz_view actor);

#endif
