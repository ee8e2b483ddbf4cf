/* compiler_priv.h - the parts of the compiler: a ruleset becomes forms with atoms, forms become
 * programs, and everything becomes sections. */
#ifndef LAZ_RULES_COMPILER_PRIV_H
#define LAZ_RULES_COMPILER_PRIV_H

#include "match/format.h"
#include "rules/compiler.h"
#include "rules/ir.h"

#define LAZ_ATOM_MAX 8 /* bytes: what the matcher compares in its first stage */

/* A body, or one of the bodies that its alternatives were unfolded into, with the run of whole
 * bytes by which the matcher finds it. */
struct laz_cut_form {
    uint32_t pattern, body;
    uint32_t token_first, token_count;
    uint32_t atom_at, atom_len; /* tokens, from token_first */
    uint8_t atom[LAZ_ATOM_MAX];
    bool atom_nocase;
    uint32_t guard; /* of its rule */
    bool is_late;   /* its atom is one byte that a guard stands before */
};

/* How much a run of bytes tells: bits by which it is rarer than chance allows to ignore. 0 when
 * there is none. */
unsigned laz_atom_worth(const uint8_t *bytes, size_t len, bool nocase);

/* Cuts each body of the pattern into forms. LAZ_UNSUPPORTED when one has no whole byte. */
LAZ_CHECKED enum laz_status laz_forms_cut(struct laz_ruleset *set, uint32_t pattern,
                                          struct laz_list *forms, const char **why,
                                          struct laz_error *err);

/* Adds the program that checks what stands ahead of the form's atom, or back from it. gap_count
 * grows by the gaps used. False when it is too large. */
bool laz_verify_emit(struct laz_buf *code, const struct laz_ruleset *set,
                     const struct laz_cut_form *form, bool ahead, uint32_t *gap_count);

/* Adds the program that leaves the node's value, as part of the one that begins at start. False
 * when it is too large. */
bool laz_condition_emit_value(struct laz_buf *code, size_t start, const struct laz_ruleset *set,
                              uint32_t node);
/* Adds the rule's condition. False when it is too large. */
bool laz_condition_emit(struct laz_buf *code, const struct laz_ruleset *set,
                        const struct laz_ir_rule *rule);
/* What the rule's condition may name; index: that of the rule. */
struct laz_condition_bounds laz_condition_bounds_of(const struct laz_ruleset *set,
                                                    const struct laz_ir_rule *rule,
                                                    uint32_t index);
/* True when the condition can hold although no pattern of the rule was found. */
bool laz_condition_needs_nothing(const struct laz_ruleset *set, const struct laz_ir_rule *rule);

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
    uint32_t name, platform, features, gap_count;
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

/* True when the guard asks nothing of an object. */
bool laz_guards_lets_all_pass(const struct laz_guards *g, uint32_t index);

void laz_image_init(struct laz_image *image);
void laz_image_clear(struct laz_image *image);
/* Each section is freed once it is sent. */
LAZ_CHECKED enum laz_status laz_image_send(struct laz_image *image,
                                           const struct laz_image_sink *sink,
                                           struct laz_error *err);

/* Fills the sections of what is known by a fingerprint, and uses it up. */
LAZ_CHECKED enum laz_status laz_known_write(struct laz_ruleset *set, struct laz_image *image,
                                            struct laz_error *err);
/* Fills the sections of patterns, forms, atoms, code and matcher. */
LAZ_CHECKED enum laz_status laz_bodies_write(struct laz_ruleset *set, struct laz_image *image,
                                             struct laz_error *err);

#endif
