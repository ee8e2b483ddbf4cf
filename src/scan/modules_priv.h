/* modules_priv.h - what a module's file gives and uses. */
#ifndef LAZ_SCAN_MODULES_PRIV_H
#define LAZ_SCAN_MODULES_PRIV_H

#include "scan/modules.h"

struct laz_arena;
struct laz_magic;
struct laz_regex_scratch;

struct laz_modules {
    struct laz_modules_input input;
    struct laz_arena *arena;           /* of the object; bounded */
    void *state[LAZ_MODULES];          /* of each module that was asked for, in the arena */
    bool is_known[LAZ_MODULES];        /* state was made, though it may be NULL: no such object */
    struct laz_magic *magic;           /* NULL: the module magic knows nothing */
    struct laz_regex_scratch *scratch; /* made when it is needed first */
    uint64_t regex_steps_left;         /* of the object's; 0: nothing more is decided */
    uint64_t bytes_left;               /* that functions may still read of the object */
    bool is_cut;                       /* one of both did not suffice */
};

/* To be asked before count bytes are read for one answer: false when that is too much for one
 * object, and the answer undefined. */
bool laz_modules_spend(struct laz_modules *m, uint64_t count);
/* Zeroed memory of the object; NULL when its bound is reached. */
void *laz_modules_alloc(struct laz_modules *m, size_t size);
/* A text made of bytes in the object's memory; undefined when the bound is reached. */
struct laz_value laz_modules_text(struct laz_modules *m, const void *bytes, size_t len);

/* What m keeps of a module: size zeroed bytes that open has filled when it was asked for first.
 * NULL when open said false, so that there is nothing of that kind, or memory ran out. */
void *laz_modules_state(struct laz_modules *m, enum laz_module module, size_t size,
                        bool (*open)(struct laz_modules *m, void *state));

/* True when text has a match of the expression, an argument of a function. Without steps left it is
 * false, and the caller's answer is undefined. */
bool laz_modules_matches(struct laz_modules *m, const struct laz_value *regex,
                         struct laz_view text);

/* One for each module, in module_<name>.c: the value of the field with this index in its table. */
typedef bool laz_module_fn(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                           struct laz_value *out);
laz_module_fn laz_module_pe, laz_module_elf, laz_module_macho, laz_module_dotnet, laz_module_dex,
    laz_module_math, laz_module_hash, laz_module_string, laz_module_time, laz_module_console,
    laz_module_magic, laz_module_cuckoo, laz_module_object;

/* What a field gives: true, so that a module's function can end with it. */
static inline bool laz_give_number(uint64_t n, struct laz_value *out)
{
    *out = laz_value_number((int64_t)n);
    return true;
}
static inline bool laz_give_number_if(bool known, uint64_t n, struct laz_value *out)
{
    return known && laz_give_number(n, out);
}
static inline bool laz_give_text(struct laz_view v, struct laz_value *out)
{
    *out = laz_value_text(v);
    return true;
}

#endif
