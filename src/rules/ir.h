/* ir.h - the intermediate form of detection content: what every front end makes of its language and
 * the compiler reads. After it nothing knows which language a rule came from.
 *
 * Everything lies in flat arrays that a ruleset owns; a text is an offset into its pool. */
#ifndef LAZ_RULES_IR_H
#define LAZ_RULES_IR_H

#include "base/buf.h"
#include "match/matcher.h"
#include "match/program.h"
#include "rules/clamav_kind.h"
#include "rules/node.h"

/* A body is a flat list of tokens: bytes, gaps, and alternatives that may nest. */
enum laz_token_kind {
    LAZ_TOKEN_BYTE,     /* equal to value under mask */
    LAZ_TOKEN_NOT_BYTE, /* not equal to value under mask */
    LAZ_TOKEN_GAP,      /* min to max bytes of any value */
    LAZ_TOKEN_OPEN,     /* alternatives begin */
    LAZ_TOKEN_OPEN_NOT, /* as many bytes as each of these alternatives, equal to none */
    LAZ_TOKEN_BAR,      /* the next alternative */
    LAZ_TOKEN_CLOSE,
    LAZ_TOKEN_BORDER, /* no byte: value is the border (program.h) that is there */
};

struct laz_token {
    uint8_t kind; /* enum laz_token_kind */
    uint8_t value, mask;
    uint32_t min, max; /* LAZ_GAP_MAX: no end */
};

#define LAZ_NESTING_MAX 8 /* of alternatives */

/* One way in which a pattern can stand in an object: as ascii, wide, … */
struct laz_body {
    uint32_t token_first, token_count;
    bool nocase, fullword, wide;
    bool is_regex;
    bool ascii_too;      /* the pattern has the same body in ascii */
    uint32_t expression; /* index in the ruleset's expressions, instead of tokens */
    bool is_pcre;        /* one of Perl's: its program (match/pcre.h) in the ruleset's programs */
    uint32_t program, program_len;
};

struct laz_pattern {
    uint32_t name; /* text: "$a" */
    uint32_t body_first, body_count;
    uint32_t line, column;
    bool is_used;      /* by the condition */
    bool needs_places; /* the condition asks where or how often */
    bool is_private;   /* is not shown */
    bool is_hex;       /* was written in hexadecimal */
    bool is_xor;       /* is a text under some key, and first its first byte */
    uint8_t first;
};

struct laz_ir_rule {
    uint32_t name, source, tags; /* texts */
    uint32_t name_space;         /* index in the ruleset's */
    uint32_t pattern_first, pattern_count;
    uint32_t meta_first, meta_count;
    /* Its nodes stand one behind the other, children and items before their parent. */
    uint32_t node_first, node_count;
    uint32_t condition; /* node */
    uint32_t line, column;
    uint16_t flags; /* enum laz_rule_flag with the target */
    bool is_global;
};

/* What a rule says of itself, for people: identifier = value. */
struct laz_ir_meta {
    uint32_t name; /* text */
    uint8_t kind;  /* LAZ_VALUE_NUMBER, also of a truth, or LAZ_VALUE_TEXT */
    bool is_truth;
    uint32_t text, text_len; /* in the pool; it may hold NUL */
    int64_t n;
};

/* A regular expression of a condition or a string, as it stands between its slashes. */
struct laz_expression {
    uint32_t text, text_len;       /* in the pool; it may hold NUL */
    uint32_t program, program_len; /* in the programs: what a condition runs over a text */
    bool nocase, dot_all;
    uint32_t line, column;
};

/* A name that gets its value from outside of the rules. The value here holds where a run brings
 * none; its kind holds for all runs. */
struct laz_ir_external {
    uint32_t name; /* text */
    uint8_t kind;  /* enum laz_value_kind: NUMBER, REAL or TEXT */
    uint32_t text, text_len;
    union {
        int64_t n;
        double real;
    };
};

/* The begin of rules' names that a condition asked for as a set, which no later rule may have. */
struct laz_wildcard {
    uint32_t name_space, begin; /* begin: text */
};

/* Rules with one name may stand in several of these. Global rules hold for their own. */
struct laz_name_space {
    uint32_t name;         /* text */
    uint32_t modules;      /* that were imported: bits 1 << enum laz_module */
    uint32_t global_count; /* of its rules */
    uint32_t globals;      /* of the image, once they were written */
};

struct laz_ir_source {
    uint32_t name; /* text */
    uint32_t fates[LAZ_SOURCE_FATES];
    bool has_digest;
    bool is_taken_over; /* its rules are those of the last build */
    bool is_unsigned;   /* a pack without a signature: taken on the word of the folder's owner */
    uint8_t sha256[32];
};

/* A name of a ClamAV list's entry that is left out; of one that has a digest only the entry whose
 * line has that MD5. */
struct laz_ignored {
    uint32_t name; /* text */
    bool has_md5;
    uint8_t md5[16];
};

/* A body that logical signatures name by its group (${MIN-MAX}GROUP$). */
struct laz_macro {
    uint32_t group;
    uint32_t token_first, token_count;
};

/* What became of an entry of a ClamAV list. */
enum laz_fate {
    LAZ_FATE_TAKEN,
    LAZ_FATE_LEVEL,       /* it is for other engines */
    LAZ_FATE_IGNORED,     /* by its name */
    LAZ_FATE_UNWANTED,    /* it is of unwanted programs, for which nobody asked */
    LAZ_FATE_UNSUPPORTED, /* it was told */
    LAZ_FATE_WRONG,       /* it was told */
    LAZ_FATE_UNUSED,      /* it is well formed, and nothing here makes use of it */
    LAZ_FATES,
};

/* Items of one size that grow up to a number named when they are added. */
struct laz_list {
    void *items;
    size_t count, capacity;
};

/* Rules that have names for one another, by name space and name (rule_names.c). */
struct laz_rule_names {
    uint32_t *items; /* owned */
    uint32_t size, used;
};

struct laz_ruleset {
    struct laz_buf text;
    struct laz_buf programs;     /* of expressions, while a database is made */
    struct laz_list rules;       /* struct laz_ir_rule */
    struct laz_list patterns;    /* struct laz_pattern */
    struct laz_list bodies;      /* struct laz_body */
    struct laz_list tokens;      /* struct laz_token */
    struct laz_list nodes;       /* struct laz_node; 0 is none */
    struct laz_list node_items;  /* uint32_t */
    struct laz_list expressions; /* struct laz_expression */
    struct laz_list externals;   /* struct laz_ir_external */
    struct laz_list metas;       /* struct laz_ir_meta */
    struct laz_list wildcards;   /* struct laz_wildcard */
    struct laz_list imports;     /* uint8_t: enum laz_module, in their order */
    struct laz_list name_spaces; /* struct laz_name_space */
    struct laz_rule_names names;
    const struct laz_database *previous; /* reuse.h: whose rules are taken over, or NULL */
    uint8_t rules_key[32];
    struct laz_known_set *known; /* known.h; NULL until something is known */
    struct laz_list sources;     /* struct laz_ir_source */
    struct laz_list ignored;     /* struct laz_ignored, by name */
    struct laz_list macros;      /* struct laz_macro */
    uint32_t fates[LAZ_CLAMAV_KINDS][LAZ_FATES];
    /* Extensions of the processor that the matcher must do without: enum laz_db_feature. */
    uint32_t features_off;
    /* Told of each rule that will be slow on clean objects; may be NULL. */
    void (*slow)(void *context, const struct laz_error *why);
    void *slow_context;
    bool failed; /* memory ran out or a maximum was reached: see laz_ruleset_failed */
};

void laz_ruleset_init(struct laz_ruleset *set);
void laz_ruleset_clear(struct laz_ruleset *set);

/* The item that was added, zeroed, until the next addition; NULL marks the set as failed. */
void *laz_list_add(struct laz_ruleset *set, struct laz_list *list, size_t item_size);
#define laz_list_at(type, list, index) (&((type *)(list)->items)[index])

/* The offset of a copy of v in the pool, which has a NUL behind it. What holds NUL itself is named
 * by offset and length. */
uint32_t laz_ruleset_text(struct laz_ruleset *set, struct laz_view v);
const char *laz_ruleset_text_at(const struct laz_ruleset *set, uint32_t text);

void laz_ruleset_add_token(struct laz_ruleset *set, struct laz_token token);

/* Takes back what was added behind mark, but for texts, externals and name spaces. */
struct laz_ruleset_mark {
    size_t rules, patterns, bodies, tokens, nodes, node_items, expressions, metas, programs,
        wildcards;
};
struct laz_ruleset_mark laz_ruleset_mark(const struct laz_ruleset *set);
void laz_ruleset_rewind(struct laz_ruleset *set, struct laz_ruleset_mark mark);

/* The index of the rule with this name in the name space, or -1. */
int64_t laz_rule_find(const struct laz_ruleset *set, uint32_t name_space, struct laz_view name);
/* Lets the rule, which is in the set, be found. */
void laz_rule_note(struct laz_ruleset *set, uint32_t index);

/* Whether the compiler takes the rule, which is not in the set yet: a front end asks, so that it
 * can leave the rule out. LAZ_UNSUPPORTED names the place. */
LAZ_CHECKED enum laz_status laz_rule_check(struct laz_ruleset *set, const struct laz_ir_rule *rule,
                                           struct laz_error *err);

/* LAZ_OK, or LAZ_LIMIT when content is too large for one database. */
LAZ_CHECKED enum laz_status laz_ruleset_failed(const struct laz_ruleset *set,
                                               struct laz_error *err);

#endif
