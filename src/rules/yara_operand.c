#include <stdlib.h>

#include "rules/regex.h"
#include "rules/yara_priv.h"

/* The string that the word names: the loop's when it has no name. */
static enum laz_status find_string(struct laz_yara *y, bool needs_places, uint32_t *index,
                                   struct laz_error *err)
{
    struct laz_pattern *p;
    int found;

    if (y->word.text.len == 0 && y->pattern_loops > 0 && !y->word.has_star) {
        *index = LAZ_NODE_LOOP_PATTERN;
        y->asks_places = y->asks_places || needs_places;
        return LAZ_OK;
    }
    found = y->word.text.len == 0 || y->word.has_star ? -1 : laz_yara_find_string(y, y->word.text);
    if (found < 0)
        return laz_yara_fail(y, LAZ_INVALID, "the rule has no such string",
                             "expected one of the strings section", err);
    p = laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + (size_t)found);
    p->is_used = true;
    p->needs_places = p->needs_places || needs_places;
    *index = (uint32_t)found;
    return LAZ_OK;
}

static void need_places(struct laz_yara *y, uint32_t index)
{
    if (index == LAZ_NODE_LOOP_PATTERN)
        y->asks_places = true;
    else
        laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + index)
            ->needs_places = true;
}

/* $a, $a at N, $a in (N..M) */
static enum laz_status take_string(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    enum laz_node_kind kind = LAZ_NODE_FOUND;
    uint32_t index = 0, first = 0, last = 0;
    enum laz_status s = find_string(y, false, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "at")) {
        s = laz_yara_number(y, &first, err);
        kind = LAZ_NODE_AT;
    } else if (laz_yara_take(y, "in")) {
        s = laz_yara_range(y, &first, &last, err);
        kind = LAZ_NODE_IN;
    }
    if (s != LAZ_OK)
        return s;
    if (kind != LAZ_NODE_FOUND)
        need_places(y, index);
    *node = laz_node_ask(y->set, kind, index, first, last);
    return LAZ_OK;
}

/* #a, #a in (N..M) */
static enum laz_status take_count(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    enum laz_node_kind kind = LAZ_NODE_COUNT;
    uint32_t index = 0, first = 0, last = 0;
    enum laz_status s = find_string(y, true, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_is(y, "in")) {
        struct laz_yara ahead = *y;

        laz_yara_advance(&ahead); /* 'for #a in …' is for the loop to refuse */
        if (laz_yara_is(&ahead, "(")) {
            laz_yara_advance(y);
            s = laz_yara_range(y, &first, &last, err);
            kind = LAZ_NODE_COUNT_IN;
        }
    }
    if (s == LAZ_OK)
        *node = laz_node_ask(y->set, kind, index, first, last);
    return s;
}

/* @a, @a[N], !a, !a[N] */
static enum laz_status take_place(struct laz_yara *y, enum laz_node_kind kind, uint32_t *node,
                                  struct laz_error *err)
{
    uint32_t index = 0, number;
    enum laz_status s = find_string(y, true, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "[")) {
        s = laz_yara_number(y, &number, err);
        if (s == LAZ_OK)
            s = laz_yara_need(y, "]", err);
    } else {
        number = laz_node_add_number(y->set, 1);
    }
    if (s == LAZ_OK)
        *node = laz_node_ask(y->set, kind, index, number, 0);
    return s;
}

static bool find_read(const struct laz_yara *y, uint32_t *how)
{
    static const struct {
        const char *name;
        uint32_t how;
    } reads[] = {
        {"uint8", 1},
        {"uint16", 2},
        {"uint32", 4},
        {"uint8be", 1},
        {"uint16be", 2 | LAZ_READ_BIG_ENDIAN},
        {"uint32be", 4 | LAZ_READ_BIG_ENDIAN},
        {"int8", 1 | LAZ_READ_SIGNED},
        {"int16", 2 | LAZ_READ_SIGNED},
        {"int32", 4 | LAZ_READ_SIGNED},
        {"int8be", 1 | LAZ_READ_SIGNED},
        {"int16be", 2 | LAZ_READ_SIGNED | LAZ_READ_BIG_ENDIAN},
        {"int32be", 4 | LAZ_READ_SIGNED | LAZ_READ_BIG_ENDIAN},
    };

    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        if (laz_yara_is(y, reads[i].name)) {
            *how = reads[i].how;
            return true;
        }
    }
    return false;
}

static enum laz_status take_read(struct laz_yara *y, uint32_t how, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    uint32_t offset;
    enum laz_status s;

    laz_yara_advance(y);
    s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, &offset, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    if (s == LAZ_OK)
        *out = (struct laz_yara_term){laz_node_ask(y->set, LAZ_NODE_READ, how, offset, 0),
                                      LAZ_YARA_IS_NUMBER};
    return s;
}

/* The entry point of a program, as YARA had it before its modules. */
static enum laz_status take_entrypoint(struct laz_yara *y, struct laz_yara_term *out,
                                       struct laz_error *err)
{
    struct laz_yara_path path = {.module = LAZ_MODULE_OBJECT};
    struct laz_yara_word at = y->word;

    laz_yara_warn(y, &at, "'entrypoint' is deprecated", "expected pe.entry_point or the like");
    laz_yara_advance(y);
    LAZ_ASSERT(laz_yara_path_add(&path, laz_view_of("object.entry_point")));
    return laz_yara_field(y, &path, &at, out, err);
}

static enum laz_status take_quantity(struct laz_yara *y, enum laz_quantity quantity,
                                     struct laz_yara_term *out, struct laz_error *err)
{
    laz_yara_advance(y);
    return laz_yara_of(y, quantity, out, err);
}

static enum laz_status take_word(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    uint32_t how;

    *out = (struct laz_yara_term){0, LAZ_YARA_IS_TRUTH};
    if (laz_yara_is(y, "true") || laz_yara_is(y, "false")) {
        out->node = laz_node_add_number(y->set, laz_yara_is(y, "true"));
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (laz_yara_is(y, "any"))
        return take_quantity(y, LAZ_QUANTITY_ANY, out, err);
    if (laz_yara_is(y, "all"))
        return take_quantity(y, LAZ_QUANTITY_ALL, out, err);
    if (laz_yara_is(y, "none"))
        return take_quantity(y, LAZ_QUANTITY_NONE, out, err);
    if (laz_yara_take(y, "for"))
        return laz_yara_for(y, out, err);
    if (find_read(y, &how))
        return take_read(y, how, out, err);
    if (laz_yara_is(y, "entrypoint"))
        return take_entrypoint(y, out, err);
    if (!laz_yara_is(y, "filesize"))
        return laz_yara_name(y, out, err);
    *out =
        (struct laz_yara_term){laz_node_join(y->set, LAZ_NODE_FILESIZE, 0, 0), LAZ_YARA_IS_NUMBER};
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_text(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    uint8_t *bytes = malloc(y->word.text.len + 1);
    size_t len;

    if (bytes == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    if (!laz_yara_unescape(y->word.text, bytes, &len)) {
        free(bytes);
        return laz_yara_fail(y, LAZ_INVALID, "has an escape that means nothing",
                             "expected \\\\ \\\" \\n \\r \\t or \\xNN", err);
    }
    *out = (struct laz_yara_term){laz_node_add_text(y->set, laz_view_from(bytes, len)),
                                  LAZ_YARA_IS_TEXT};
    free(bytes);
    laz_yara_advance(y);
    return LAZ_OK;
}

/* An expression between slashes; y->word is the first of them. */
static enum laz_status take_regex(struct laz_yara *y, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    struct laz_expression e = {.line = y->word.line, .column = y->word.column}, *item;
    struct laz_regex_problem problem;
    struct laz_regex_flags flags;
    struct laz_view text;
    enum laz_status s = laz_yara_take_regex(y, &text, &flags, err);

    if (s != LAZ_OK)
        return s;
    e.program = (uint32_t)y->set->programs.len;
    s = laz_regex_compile(text, flags, &y->set->programs, &problem);
    if (s != LAZ_OK)
        return laz_fail_at(err, s, "rule", y->source->name, e.line,
                           e.column + 1 + (uint32_t)problem.at, problem.why, "");
    e.program_len = (uint32_t)y->set->programs.len - e.program;
    e.nocase = flags.nocase;
    e.dot_all = flags.dot_all;
    e.text = laz_ruleset_text(y->set, text);
    e.text_len = (uint32_t)text.len;
    item = laz_list_add(y->set, &y->set->expressions, sizeof *item);
    if (item != NULL)
        *item = e;
    *out = (struct laz_yara_term){
        laz_node_add(y->set,
                     (struct laz_node){
                         .kind = LAZ_NODE_REGEX,
                         .type = LAZ_VALUE_REGEX,
                         .operand = (uint32_t)(y->set->expressions.count - 1),
                     }),
        LAZ_YARA_IS_REGEX};
    laz_yara_advance(y);
    return laz_ruleset_failed(y->set, err);
}

static enum laz_status take_sign(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    enum laz_status s;

    if (laz_yara_is(y, "/"))
        return take_regex(y, out, err);
    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "an expression", err);
    s = laz_yara_expression(y, 0, out, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

static void take_number(struct laz_yara *y, struct laz_yara_term *out)
{
    if (y->word.kind == LAZ_YARA_NUMBER)
        out->node = laz_node_add_number(y->set, (int64_t)y->word.number);
    else
        *out = (struct laz_yara_term){laz_node_add(y->set, (struct laz_node){.kind = LAZ_NODE_REAL,
                                                                             .type = LAZ_VALUE_REAL,
                                                                             .real = y->word.real}),
                                      LAZ_YARA_IS_REAL};
    laz_yara_advance(y);
}

enum laz_status laz_yara_operand(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    *out = (struct laz_yara_term){0, LAZ_YARA_IS_NUMBER};
    switch (y->word.kind) {
    case LAZ_YARA_STRING:
        out->type = LAZ_YARA_IS_TRUTH;
        return take_string(y, &out->node, err);
    case LAZ_YARA_COUNT:
        return take_count(y, &out->node, err);
    case LAZ_YARA_OFFSET:
        return take_place(y, LAZ_NODE_OFFSET, &out->node, err);
    case LAZ_YARA_LENGTH:
        return take_place(y, LAZ_NODE_LENGTH, &out->node, err);
    case LAZ_YARA_NUMBER:
    case LAZ_YARA_REAL:
        take_number(y, out);
        return LAZ_OK;
    case LAZ_YARA_NAME:
        return take_word(y, out, err);
    case LAZ_YARA_TEXT:
        return take_text(y, out, err);
    case LAZ_YARA_SIGN:
        return take_sign(y, out, err);
    case LAZ_YARA_END:
    case LAZ_YARA_WRONG:
        break;
    }
    return laz_yara_expected(y, "an expression", err);
}
