/* compiler_priv.h - the parts of the compiler: a ruleset becomes forms with atoms, forms become
 * programs, and everything becomes sections. */
#ifndef LAZ_RULES_COMPILER_PRIV_H
#define LAZ_RULES_COMPILER_PRIV_H

#include "match/format.h"
#include "rules/compiler.h"
#include "rules/ir.h"

/* A body, or one of the bodies that its alternatives were unfolded into, with the run of whole
 * bytes by which the matcher finds it. */
struct laz_cut_form {
    uint32_t pattern, body;
    uint32_t token_first, token_count;
    uint32_t atom_at, atom_len; /* tokens, from token_first */
    uint8_t atom[LAZ_ATOM_MAX];
    bool atom_nocase;
    unsigned worth; /* of its atom */

    /* Of an expression: it has no tokens but programs (match/regex.h) in set->programs, and maybe
     * no atom (atom_len 0). */
    bool is_regex;
    bool is_pcre;      /* of Perl's: ahead is its program (match/pcre.h), and it has no atom */
    bool is_of_bytes;  /* LAZ_FORM_BYTES */
    bool is_from_atom; /* ahead begins at the atom's first byte */
    bool is_greedy;    /* LAZ_FORM_GREEDY */
    bool is_ascii_too; /* LAZ_FORM_ASCII_TOO */
    uint32_t back, back_len, ahead, ahead_len, lead;
};

/* How much a run of bytes tells: bits by which it is rarer than chance allows to ignore. 0 when
 * there is none. */
unsigned laz_atom_worth(const uint8_t *bytes, size_t len, bool nocase);
/* The same of a run of any length, however rare: what its bytes tell one after another. */
unsigned laz_run_worth(const uint8_t *bytes, size_t len, bool nocase);

/* Cuts each body of the pattern into forms. LAZ_UNSUPPORTED when one has no whole byte. */
LAZ_CHECKED enum laz_status laz_forms_cut(struct laz_ruleset *set, uint32_t pattern,
                                          struct laz_list *forms, const char **why,
                                          struct laz_error *err);

/* Adds the forms of an expression. base names the pattern and the body. False when it is too large
 * or memory ran out. */
struct laz_regex_tree;
bool laz_regex_cut(struct laz_ruleset *set, const struct laz_regex_tree *t,
                   const struct laz_cut_form *base, struct laz_list *forms);
/* The tree of what tokens ask for; out is the caller's to clear in any case. False when they ask
 * for more than trees can say, or memory ran out. */
bool laz_regex_from_tokens(const struct laz_ruleset *set, const struct laz_cut_form *form,
                           struct laz_regex_tree *out);

/* Adds the program that checks what stands ahead of the form's atom, or back from it. gap_count
 * grows by the gaps used. False when it is too large. */
bool laz_verify_emit(struct laz_buf *code, const struct laz_ruleset *set,
                     const struct laz_cut_form *form, bool ahead, uint32_t *gap_count);

/* Adds the program that leaves the node's value, as part of the one that begins at start. False
 * when it is too large. */
bool laz_condition_emit_value(struct laz_buf *code, size_t start, const struct laz_ruleset *set,
                              uint32_t node);
/* Adds the rule's condition, which begins at *start; the programs of its expressions stand before
 * it. False when it is too large. */
bool laz_condition_emit(struct laz_buf *code, const struct laz_ruleset *set,
                        const struct laz_ir_rule *rule, size_t *start);
/* What the rule's condition may name; index: that of the rule; code: all that it may be in. */
struct laz_condition_bounds laz_condition_bounds_of(const struct laz_ruleset *set,
                                                    const struct laz_ir_rule *rule, uint32_t index,
                                                    struct laz_view code);
/* trigger.c: which patterns of a rule are looked for in every object. The rule is false when none
 * of them is found; so only then are its others searched for, on demand. */
#define LAZ_TRIGGER_NEVER 1e100 /* from here on: no trigger */
struct laz_trigger_costs {
    const double *patterns; /* of the rule's patterns: how often one is met in a byte */
    const double *rules;    /* of all rules before it: the cost of their own triggers */
};
struct laz_triggers {
    struct laz_ruleset *set;
    bool *patterns;        /* of the rule's: is one */
    struct laz_list rules; /* uint32_t: which it also waits for */
    double cost;           /* LAZ_TRIGGER_NEVER: it can be true although nothing is found */
};
/* out->patterns has one item for each pattern of the rule, false; out->rules is empty and the
 * caller's to free. False when memory ran out. */
bool laz_triggers_choose(struct laz_ruleset *set, const struct laz_ir_rule *rule,
                         const struct laz_trigger_costs *costs, struct laz_triggers *out);

/* group.c: in which objects a rule's atoms are looked for at all: those of the target, and those
 * that begin with the magic. With neither, in all. */
struct laz_group_key {
    uint32_t target;
    uint32_t magic_len;
    uint8_t magic[LAZ_MAGIC_MAX];
};
void laz_group_find(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                    struct laz_group_key *out);

/* Where the places of each pattern matter: what the rules ask for with 'at' and 'in'. */
struct laz_span_wanted {
    bool is_asked;
    uint64_t first, last;
};
/* spans has one item for each pattern of the rule, zeroed. */
void laz_spans_find(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                    struct laz_span_wanted *spans);
/* Adds the program of what the rule asks of the object itself, whatever its patterns do. Nothing is
 * added when it asks nothing. False when memory ran out. */
bool laz_guard_emit(struct laz_buf *code, const struct laz_ruleset *set,
                    const struct laz_ir_rule *rule);

/* The sections of an image, and then the image. */
struct laz_image {
    struct laz_buf sections[LAZ_SECTIONS];
    uint32_t name, platform, features, gap_count, modules;
    uint64_t built_ms;
};
/* Guards, each once, in the image's section. */
struct laz_guards;
struct laz_guards *laz_guards_new(struct laz_image *image);
void laz_guards_free(struct laz_guards *g);
void laz_guards_drop(struct laz_guards **g);
/* The index of the rule's guard. False when memory ran out. */
bool laz_guards_add(struct laz_guards *g, const struct laz_ruleset *set,
                    const struct laz_ir_rule *rule, uint32_t *index);

/* reuse.c: the sections of rules of the last database; and what the next build needs to know. */
void laz_reuse_write(const struct laz_ruleset *set, struct laz_image *image);
void laz_build_write(struct laz_ruleset *set, struct laz_image *image);

void laz_image_init(struct laz_image *image);
void laz_image_clear(struct laz_image *image);
/* Each section is freed once it is sent. */
LAZ_CHECKED enum laz_status laz_image_send(struct laz_image *image,
                                           const struct laz_image_sink *sink,
                                           struct laz_error *err);

/* Fills the sections of what is known by a fingerprint, and uses it up. */
LAZ_CHECKED enum laz_status laz_known_write(struct laz_ruleset *set, struct laz_image *image,
                                            struct laz_error *err);
/* What became of the bodies of all rules on their way into the image. */
struct laz_bodies {
    struct laz_ruleset *set;
    struct laz_image *image;
    struct laz_list forms; /* struct laz_cut_form, in the order of their patterns */
    uint32_t *form_firsts; /* of each pattern, and the count of all */
    uint32_t *rules;       /* of each pattern */
    uint32_t *guards;      /* of each rule */
    double *costs;         /* of each pattern */
    bool *is_eager;        /* of each pattern */
    double *rule_costs;    /* of each rule's triggers */
    struct laz_list waits; /* struct laz_wait */
};
/* A rule that is looked at when the other one is. */
struct laz_wait {
    uint32_t on, rule;
};

/* eager.c: chooses the triggers of each rule. False when memory ran out. */
bool laz_eager_choose(struct laz_bodies *b);

/* order.c: what 'and', 'or' and 'of' join is asked in the order in which it costs least. The values
 * are the same; a rule that prints is left as it is. False when memory ran out. */
bool laz_conditions_order(struct laz_bodies *b);
/* Whether the rule's condition may print (module console): it is then asked of every object, from
 * left to right. */
bool laz_rule_talks(const struct laz_ruleset *set, const struct laz_ir_rule *rule);

/* matchers.c: fills the sections of atoms, uses, groups and matchers with the eager forms. */
LAZ_CHECKED enum laz_status laz_matchers_write(struct laz_bodies *b, struct laz_error *err);

/* Fills the sections of global rules, externals and imports; the buffers remember a refusal. */
void laz_globals_write(struct laz_ruleset *set, struct laz_image *image);
void laz_externals_write(const struct laz_ruleset *set, struct laz_image *image);
void laz_imports_write(const struct laz_ruleset *set, struct laz_image *image);
/* Fills the sections of patterns, forms, atoms, code and matchers, and those of rules that are
 * looked at always or when others are. *waiters gets, for each rule, where its own begin in their
 * section, and the count of all; it is the caller's to free. */
LAZ_CHECKED enum laz_status laz_bodies_write(struct laz_ruleset *set, struct laz_image *image,
                                             uint32_t **waiters, struct laz_error *err);

#endif
