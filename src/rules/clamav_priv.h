/* clamav_priv.h - ClamAV's lists: one entry a line, fields between colons or semicolons. */
#ifndef LAZ_RULES_CLAMAV_PRIV_H
#define LAZ_RULES_CLAMAV_PRIV_H

#include "rules/source.h"

#define LAZ_CLAMAV_FIELDS_MAX 68 /* of a logical signature: three, and 64 sub-signatures */

/* The functionality level of ClamAV that we read like: signatures may name the levels for which
 * they are (its manual, "Functionality levels"). 216 is that of 1.4.6. */
#define LAZ_CLAMAV_LEVEL 216

/* One list while it is read, and the line that is read of it. */
struct laz_clamav_line {
    struct laz_ruleset *set;
    const struct laz_source *source;
    uint32_t source_text;
    bool is_unwanted;     /* the list */
    char separator;       /* of fields; 0: the line is one */
    struct laz_view text; /* without the end of the line */
    uint32_t number;
    struct laz_view fields[LAZ_CLAMAV_FIELDS_MAX];
    size_t field_count;
    bool is_cut; /* there were more fields */
};

/* The next line that is no comment (#) and not empty; false at the end. line is zeroed at first. */
bool laz_clamav_next(struct laz_view *rest, struct laz_clamav_line *line);

/* Fails at the byte that at (a part of the line) begins with. */
LAZ_CHECKED enum laz_status laz_clamav_fail(const struct laz_clamav_line *line,
                                            enum laz_status status, const uint8_t *at,
                                            const char *why, const char *remedy,
                                            struct laz_error *err);
/* The same, at the end of the line. */
LAZ_CHECKED enum laz_status laz_clamav_fail_end(const struct laz_clamav_line *line, const char *why,
                                                struct laz_error *err);
/* A name that can be printed. */
LAZ_CHECKED enum laz_status laz_clamav_check_name(const struct laz_clamav_line *line,
                                                  struct laz_view name, struct laz_error *err);
/* Reads the levels in the fields from first on; *applies is false when they exclude ours. */
LAZ_CHECKED enum laz_status laz_clamav_levels(const struct laz_clamav_line *line, size_t first,
                                              bool *applies, struct laz_error *err);
/* True when the entry with this name is one that some list says to leave out. */
bool laz_clamav_is_ignored(const struct laz_clamav_line *line, struct laz_view name);
/* A number, or MIN-MAX with either end left out, or "*" for any. False when it is none. */
struct laz_clamav_range {
    uint64_t min, max;
};
bool laz_clamav_read_range(struct laz_view text, uint64_t max, struct laz_clamav_range *out);

/* Reads one line of a kind of list. *fate says what became of it, when all is well. */
typedef enum laz_status laz_clamav_line_fn(struct laz_clamav_line *line, enum laz_fate *fate,
                                           struct laz_error *err);
laz_clamav_line_fn laz_clamav_read_hash, laz_clamav_read_section, laz_clamav_read_import,
    laz_clamav_read_allowed, laz_clamav_read_body_line, laz_clamav_read_logical,
    laz_clamav_read_metadata, laz_clamav_read_certificate, laz_clamav_read_magic,
    laz_clamav_read_phishing, laz_clamav_read_bad_url, laz_clamav_read_good_url,
    laz_clamav_read_setting;
/* A name to ignore, and a macro's body, before all else. When the list itself is read, a name is
 * only checked. */
laz_clamav_line_fn laz_clamav_read_ignored, laz_clamav_check_ignored, laz_clamav_read_macro;

/* Reads a list of ClamAV's. */
LAZ_CHECKED enum laz_status laz_clamav_read(struct laz_ruleset *set,
                                            const struct laz_source *source,
                                            const struct laz_source_options *options,
                                            uint32_t source_text, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_prepare(struct laz_ruleset *set,
                                               const struct laz_source *source,
                                               struct laz_error *err);

/* Where a body must stand. */
enum laz_clamav_anchor {
    LAZ_CLAMAV_ANYWHERE,
    LAZ_CLAMAV_FROM_START,
    LAZ_CLAMAV_FROM_END,     /* n bytes before it */
    LAZ_CLAMAV_FROM_ENTRY,   /* of a program, n bytes behind it, or before it */
    LAZ_CLAMAV_FROM_SECTION, /* its first byte and n more */
    LAZ_CLAMAV_FROM_LAST,    /* section */
    LAZ_CLAMAV_IN_SECTION,   /* anywhere in it */
    LAZ_CLAMAV_VERSION_INFO, /* where a key of a PE's version information begins */
};

struct laz_clamav_place {
    uint8_t anchor; /* enum laz_clamav_anchor */
    bool is_back;   /* n counts backwards */
    bool has_shift;
    uint32_t section;
    uint64_t n, shift; /* it begins in [n, n + shift] */
};

/* Reads an offset; target is that of the signature: programs alone have entry points. */
LAZ_CHECKED enum laz_status laz_clamav_read_place(const struct laz_clamav_line *line,
                                                  struct laz_view text, uint64_t target,
                                                  struct laz_clamav_place *out,
                                                  struct laz_error *err);
/* Nodes: whether the pattern of the rule stands there, and how often. */
uint32_t laz_clamav_place_found(struct laz_ruleset *set, uint32_t pattern,
                                const struct laz_clamav_place *place);
uint32_t laz_clamav_place_count(struct laz_ruleset *set, uint32_t pattern,
                                const struct laz_clamav_place *place);
/* The index of the last one that stands there, when there is one. */
uint32_t laz_clamav_place_last(struct laz_ruleset *set, uint32_t pattern,
                               const struct laz_clamav_place *place);
/* A node for what is known of the object (match/fields_object.c), 0 or a number. */
uint32_t laz_clamav_field(struct laz_ruleset *set, const char *name, const uint32_t *args,
                          size_t arg_count);
/* A node: value lies in the range. */
uint32_t laz_clamav_in_range(struct laz_ruleset *set, uint32_t value,
                             struct laz_clamav_range range);

/* What a signature says of its objects. */
struct laz_clamav_description {
    uint64_t target;
    bool applies;       /* to our level */
    uint32_t condition; /* node: of the object itself; 0: none */
};
LAZ_CHECKED enum laz_status laz_clamav_read_target(const struct laz_clamav_line *line,
                                                   struct laz_view text, uint64_t *out,
                                                   struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_read_description(struct laz_clamav_line *line,
                                                        struct laz_view text,
                                                        struct laz_clamav_description *out,
                                                        struct laz_error *err);

/* Sub-signatures of a logical signature. */
#define LAZ_CLAMAV_SUBS_MAX 64

enum laz_clamav_sub_kind {
    LAZ_CLAMAV_SUB_BODY,
    LAZ_CLAMAV_SUB_MACRO,   /* one of a group's bodies behind the sub-signature before */
    LAZ_CLAMAV_SUB_COMPARE, /* a number in the object */
    LAZ_CLAMAV_SUB_PCRE,    /* a regular expression, when its trigger is true */
};

struct laz_clamav_sub {
    uint8_t kind;     /* enum laz_clamav_sub_kind */
    uint32_t pattern; /* of the rule; of a macro the first of pattern_count */
    uint32_t pattern_count;
    struct laz_clamav_place place;
    struct laz_clamav_range range; /* of a macro */
    struct laz_view text;          /* of a comparison: what stands in parentheses */
    uint32_t other;                /* of a macro or a comparison: the sub-signature it refers to */
    struct laz_view trigger;       /* of a regular expression */
};

struct laz_clamav_logic {
    struct laz_clamav_line *line;
    struct laz_ir_rule rule;
    uint64_t target;
    struct laz_clamav_sub subs[LAZ_CLAMAV_SUBS_MAX];
    size_t sub_count;
};

/* Reads one sub-signature and adds what it looks for to the set. */
LAZ_CHECKED enum laz_status laz_clamav_read_sub(struct laz_clamav_logic *logic,
                                                struct laz_view text, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_read_compare(struct laz_clamav_logic *logic,
                                                    struct laz_view text, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_read_pcre(struct laz_clamav_logic *logic,
                                                 struct laz_view text, struct laz_view place,
                                                 struct laz_error *err);
/* Nodes: whether the sub-signature is found, and how often. 0, with an error, when that cannot be
 * said. */
LAZ_CHECKED enum laz_status laz_clamav_sub_found(struct laz_clamav_logic *logic, uint32_t sub,
                                                 uint32_t *node, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_sub_count(struct laz_clamav_logic *logic, uint32_t sub,
                                                 uint32_t *node, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_compare_found(struct laz_clamav_logic *logic,
                                                     const struct laz_clamav_sub *sub,
                                                     uint32_t *node, struct laz_error *err);

/* A logical expression: its node, and the highest sub-signature that it names. Those it names must
 * have been read, and be below sub_limit. */
LAZ_CHECKED enum laz_status laz_clamav_read_expression(struct laz_clamav_logic *logic,
                                                       struct laz_view text, uint32_t sub_limit,
                                                       uint32_t *node, uint32_t *highest,
                                                       struct laz_error *err);

/* A new pattern of the rule that is read, with one body of the tokens from first on. Its index in
 * the rule. */
uint32_t laz_clamav_add_pattern(const struct laz_clamav_line *line, struct laz_ir_rule *rule,
                                const uint8_t *at);
void laz_clamav_add_form(struct laz_ruleset *set, uint32_t token_first, bool nocase);

/* How a body is read. */
struct laz_clamav_modifiers {
    bool wide;
};
/* Adds the tokens of a body. */
LAZ_CHECKED enum laz_status laz_clamav_read_tokens(const struct laz_clamav_line *line,
                                                   struct laz_view body,
                                                   struct laz_clamav_modifiers modifiers,
                                                   struct laz_error *err);

#endif
