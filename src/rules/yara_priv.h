/* yara_priv.h - YARA's language: words, strings, conditions, rules. */
#ifndef LAZ_RULES_YARA_PRIV_H
#define LAZ_RULES_YARA_PRIV_H

#include "match/fields.h"
#include "rules/source.h"

enum laz_yara_word_kind {
    LAZ_YARA_END,
    LAZ_YARA_NAME,   /* also keywords */
    LAZ_YARA_STRING, /* $a, $, $a*; text is without the star */
    LAZ_YARA_COUNT,  /* #a */
    LAZ_YARA_OFFSET, /* @a */
    LAZ_YARA_LENGTH, /* !a */
    LAZ_YARA_NUMBER,
    LAZ_YARA_REAL,
    LAZ_YARA_TEXT, /* "…", without its quotes, escapes as they stand */
    LAZ_YARA_SIGN, /* one or two characters */
    LAZ_YARA_WRONG,
};

struct laz_yara_word {
    enum laz_yara_word_kind kind;
    struct laz_view text;
    uint64_t number;
    double real;
    bool has_star;
    const char *problem; /* of a wrong word */
    uint32_t line, column;
};

/* What a path of names and brackets comes to: a module and its fields so far ("pe.sections[]"), and
 * what chooses among many (match/fields.h). */
#define LAZ_YARA_PATH_MAX 128
#define LAZ_YARA_ARGS_MAX 8
struct laz_yara_path {
    enum laz_module module;
    char text[LAZ_YARA_PATH_MAX];
    uint32_t len;
    uint32_t args[LAZ_YARA_ARGS_MAX]; /* nodes */
    char types[LAZ_YARA_ARGS_MAX];    /* of them, as in fields.h */
    uint32_t arg_count;
};

/* What an expression is: a number may stand for its truth, but a truth is no number. */
enum laz_yara_type {
    LAZ_YARA_IS_TRUTH,
    LAZ_YARA_IS_NUMBER,
    LAZ_YARA_IS_REAL,
    LAZ_YARA_IS_TEXT,
    LAZ_YARA_IS_REGEX,
};
struct laz_yara_term {
    uint32_t node;
    enum laz_yara_type type;
};

/* A variable of a loop: a value, or what the items of an array have. */
struct laz_yara_variable {
    struct laz_view name;
    bool is_path;
    struct laz_yara_path path;
    enum laz_yara_type type;
    uint32_t slot;
};
#define LAZ_YARA_VARIABLES_MAX (2 * LAZ_CONDITION_LOOPS_MAX)

/* A text that includes another one, which is being read. */
struct laz_yara_includer {
    const struct laz_yara_includer *outer;
    const struct laz_source *source;
};

struct laz_yara {
    struct laz_ruleset *set;
    const struct laz_source_options *options;
    uint32_t name_space;                      /* in the set */
    const struct laz_yara_includer *includer; /* of the text that is read, or NULL */

    const struct laz_source *source;
    uint32_t source_text;
    struct laz_view rest; /* behind word */
    const uint8_t *line_start;
    uint32_t line;
    struct laz_yara_word word; /* the one that comes next */

    struct laz_ir_rule rule;      /* that is being read */
    struct laz_list string_names; /* struct laz_view: of the rule's patterns */
    bool is_behind_rule;          /* the whole rule was read, whatever is said of it then */
    unsigned depth;               /* of expressions */
    unsigned pattern_loops;       /* that are open: '$' alone stands for the string of the last */
    bool asks_places;             /* of the string of that loop */
    struct laz_yara_variable variables[LAZ_YARA_VARIABLES_MAX];
    uint32_t variable_count, slot_count;
};

/* Takes the next word into y->word. */
void laz_yara_advance(struct laz_yara *y);
/* Advances past blanks and comments inside { }, where words are not those of rules. */
void laz_yara_skip_blank(struct laz_yara *y);
bool laz_yara_is(const struct laz_yara *y, const char *text); /* a keyword or a sign */
bool laz_yara_take(struct laz_yara *y, const char *text);     /* and advances when it is */

/* At the place of the next word: "expected …". */
LAZ_CHECKED enum laz_status laz_yara_expected(const struct laz_yara *y, const char *what,
                                              struct laz_error *err);
LAZ_CHECKED enum laz_status laz_yara_need(struct laz_yara *y, const char *text,
                                          struct laz_error *err);
LAZ_CHECKED enum laz_status laz_yara_fail(const struct laz_yara *y, enum laz_status s,
                                          const char *why, const char *remedy,
                                          struct laz_error *err);
/* As laz_yara_fail, at a byte of the current line, or of the text. */
LAZ_CHECKED enum laz_status laz_yara_fail_here(const struct laz_yara *y, enum laz_status s,
                                               const char *why, const char *remedy,
                                               struct laz_error *err);

enum laz_yara_string_kind { LAZ_YARA_ON_TEXT = 1, LAZ_YARA_ON_HEX = 2, LAZ_YARA_ON_REGEX = 4 };

enum laz_yara_modifier {
    LAZ_YARA_ASCII = 1,
    LAZ_YARA_WIDE = 2,
    LAZ_YARA_NOCASE = 4,
    LAZ_YARA_FULLWORD = 8,
    LAZ_YARA_XOR = 16,
    LAZ_YARA_BASE64 = 32,
    LAZ_YARA_BASE64WIDE = 64,
    LAZ_YARA_PRIVATE = 128,
};

struct laz_yara_modifiers {
    unsigned given; /* enum laz_yara_modifier */
    bool ascii, wide, nocase, fullword, base64, base64wide, is_private;
    uint8_t xor_first, xor_last;
    uint8_t alphabet[64];
};
/* What stands behind a string. */
LAZ_CHECKED enum laz_status laz_yara_take_modifiers(struct laz_yara *y,
                                                    struct laz_yara_modifiers *m,
                                                    enum laz_yara_string_kind kind,
                                                    struct laz_error *err);
size_t laz_yara_base64(const struct laz_yara_modifiers *m, const uint8_t *text, size_t len,
                       unsigned skip, uint8_t *out);

/* What stands between the slashes of an expression, and the letters behind; y->word is the opening
 * slash, and y->rest is afterwards what follows: the next word is taken by laz_yara_advance. */
struct laz_regex_flags;
LAZ_CHECKED enum laz_status laz_yara_take_regex(struct laz_yara *y, struct laz_view *text,
                                                struct laz_regex_flags *flags,
                                                struct laz_error *err);
/* A string that is an expression, with its modifiers; y->word is the opening slash. */
LAZ_CHECKED enum laz_status laz_yara_regex(struct laz_yara *y, struct laz_pattern *pattern,
                                           struct laz_error *err);

/* The strings section, behind "strings:". */
LAZ_CHECKED enum laz_status laz_yara_strings(struct laz_yara *y, struct laz_error *err);
/* A hex string; y->word is its opening brace, and afterwards the word behind the closing one. */
LAZ_CHECKED enum laz_status laz_yara_hex(struct laz_yara *y, struct laz_error *err);
/* The bytes of a quoted text; false when an escape is wrong. out has room for text.len bytes. */
bool laz_yara_unescape(struct laz_view text, uint8_t *out, size_t *len);
/* The same, when there are at most size bytes. */
bool laz_yara_unescape_into(struct laz_view text, uint8_t *out, size_t size, size_t *len);

/* Whether yara would warn of the string: it finds nothing in it that is good to look for. */
bool laz_yara_is_slow_text(const uint8_t *text, size_t len, const struct laz_yara_modifiers *m);
bool laz_yara_is_slow_hex(const struct laz_token *tokens, uint32_t count);
struct laz_regex_tree;
bool laz_yara_is_slow_regex(const struct laz_regex_tree *tree, bool nocase);
bool laz_yara_has_endless_dot(const struct laz_regex_tree *tree);
/* Says so at the string whose sign stands there. */
void laz_yara_warn_slow(const struct laz_yara *y, const struct laz_pattern *pattern);

#define LAZ_YARA_ARITHMETIC 3 /* the level of operators that bind tighter than comparisons */

/* An expression whose operators have at least this level; 0: the loosest, with and, or, not. */
LAZ_CHECKED enum laz_status laz_yara_expression(struct laz_yara *y, unsigned level,
                                                struct laz_yara_term *out, struct laz_error *err);
/* As laz_yara_expression at LAZ_YARA_ARITHMETIC, and it must be a number. */
LAZ_CHECKED enum laz_status laz_yara_number(struct laz_yara *y, uint32_t *node,
                                            struct laz_error *err);
/* "(" first ".." last ")" */
LAZ_CHECKED enum laz_status laz_yara_range(struct laz_yara *y, uint32_t *first, uint32_t *last,
                                           struct laz_error *err);
/* Fails when it is known that there is nothing between both; at: where the range stands. */
LAZ_CHECKED enum laz_status laz_yara_check_range(const struct laz_yara *y, uint32_t first,
                                                 uint32_t last, const struct laz_yara_word *at,
                                                 struct laz_error *err);
/* What stands between operators. */
LAZ_CHECKED enum laz_status laz_yara_operand(struct laz_yara *y, struct laz_yara_term *out,
                                             struct laz_error *err);
/* What operator makes of both sides, which have the right types; numbers that are known are
 * computed now. at: where the right side, or the only one, stands. */
LAZ_CHECKED enum laz_status laz_yara_fold(struct laz_yara *y, enum laz_node_kind kind,
                                          const struct laz_yara_term *a,
                                          const struct laz_yara_term *b,
                                          const struct laz_yara_word *at, struct laz_yara_term *out,
                                          struct laz_error *err);

/* Names that are no keywords: variables of loops, modules and their fields, externals, rules. */
LAZ_CHECKED enum laz_status laz_yara_name(struct laz_yara *y, struct laz_yara_term *out,
                                          struct laz_error *err);
/* A name and all that follows it up to the field that it means, which is not looked for. False,
 * with nothing taken, when the name is neither a module nor an item of an array. */
bool laz_yara_begins_path(const struct laz_yara *y, struct laz_yara_path *out);
LAZ_CHECKED enum laz_status laz_yara_path(struct laz_yara *y, struct laz_yara_path *path,
                                          struct laz_error *err);
bool laz_yara_path_add(struct laz_yara_path *path, struct laz_view part);
bool laz_yara_path_add_arg(struct laz_yara_path *path, uint32_t node, char type);
/* The field that the path names with arguments of these types; at is where it stands. */
LAZ_CHECKED enum laz_status laz_yara_field(struct laz_yara *y, const struct laz_yara_path *path,
                                           const struct laz_yara_word *at,
                                           struct laz_yara_term *out, struct laz_error *err);
/* The external with this name as a node. False when there is none. */
bool laz_yara_external(struct laz_yara *y, struct laz_view name, struct laz_yara_term *out);

/* "of" and what follows; out->node is how many are asked for by SOME and PERCENT, and then the
 * whole. */
LAZ_CHECKED enum laz_status laz_yara_of(struct laz_yara *y, enum laz_quantity quantity,
                                        struct laz_yara_term *out, struct laz_error *err);
/* What is asked of a set of strings or rules. */
struct laz_yara_set {
    uint32_t *items; /* owned */
    uint32_t count;
    bool of_rules;
};
/* them, or a list. set->items is the caller's to free. */
LAZ_CHECKED enum laz_status laz_yara_take_set(struct laz_yara *y, struct laz_yara_set *set,
                                              struct laz_error *err);
/* Numbers that are known now can be wrong now: how many of count node asks for. */
LAZ_CHECKED enum laz_status laz_yara_check_quantity(const struct laz_yara *y,
                                                    const struct laz_node *node, uint32_t count,
                                                    const struct laz_yara_word *at,
                                                    struct laz_error *err);
void laz_yara_use_strings(struct laz_yara *y, const struct laz_yara_set *set, bool needs_places);
/* "for" … ":" "(" … ")", behind "for". */
LAZ_CHECKED enum laz_status laz_yara_for(struct laz_yara *y, struct laz_yara_term *out,
                                         struct laz_error *err);

/* The meta section, behind "meta:". */
LAZ_CHECKED enum laz_status laz_yara_meta(struct laz_yara *y, struct laz_error *err);
/* A whole rule, with what stands before 'rule'. */
LAZ_CHECKED enum laz_status laz_yara_rule(struct laz_yara *y, struct laz_error *err);
/* Notes which rule is being read, for whoever is told of it. */
void laz_yara_say_rule(const struct laz_yara *y, struct laz_view name);
/* The condition, behind "condition:": y->rule.condition. */
LAZ_CHECKED enum laz_status laz_yara_condition(struct laz_yara *y, struct laz_error *err);
/* The index in the rule of the string with this name ("a" without its sign), or -1. */
int laz_yara_find_string(const struct laz_yara *y, struct laz_view name);
/* The index in the set of the rule with this name in the name space, or -1. */
int64_t laz_yara_find_rule(const struct laz_yara *y, struct laz_view name);
bool laz_yara_is_keyword(struct laz_view v);

/* Tells whoever wants warnings; at: where. */
void laz_yara_warn(const struct laz_yara *y, const struct laz_yara_word *at, const char *what,
                   const char *remedy);

LAZ_CHECKED enum laz_status laz_yara_read(struct laz_ruleset *set, const struct laz_source *source,
                                          const struct laz_source_options *options,
                                          uint32_t source_text, struct laz_error *err);

#endif
