#include <stdlib.h>

#include "base/text.h"
#include "rules/yara_priv.h"

#define STRINGS_MAX 10000 /* of one rule; as YARA's own limit */

static bool take_escape(struct laz_view *v, uint8_t *out)
{
    uint8_t c;
    struct laz_view digits;

    if (!laz_take_u8(v, &c))
        return false;
    switch (c) {
    case 'n':
        *out = '\n';
        return true;
    case 't':
        *out = '\t';
        return true;
    case 'r':
        *out = '\r';
        return true;
    case '"':
    case '\\':
        *out = c;
        return true;
    case 'x':
        return laz_take(v, 2, &digits) && laz_hex_decode(digits, out, 1);
    default:
        return false;
    }
}

bool laz_yara_unescape_into(struct laz_view text, uint8_t *out, size_t size, size_t *len)
{
    uint8_t c;

    *len = 0;
    while (laz_take_u8(&text, &c)) {
        if (*len == size || (c == '\\' && !take_escape(&text, &c)))
            return false;
        out[(*len)++] = c;
    }
    return true;
}

bool laz_yara_unescape(struct laz_view text, uint8_t *out, size_t *len)
{
    return laz_yara_unescape_into(text, out, text.len, len);
}

void laz_yara_warn_slow(const struct laz_yara *y, const struct laz_pattern *pattern)
{
    struct laz_yara_word at = {.line = pattern->line, .column = pattern->column};
    char what[200];

    snprintf(what, sizeof what, "string \"%s\" may slow down scanning",
             laz_ruleset_text_at(y->set, pattern->name));
    laz_yara_warn(y, &at, what, "");
}

static void add_body(struct laz_yara *y, const uint8_t *bytes, size_t len,
                     const struct laz_yara_modifiers *m, bool wide, uint8_t key)
{
    struct laz_body body = {
        .token_first = (uint32_t)y->set->tokens.count,
        .token_count = (uint32_t)(wide ? 2 * len : len),
        .nocase = m->nocase,
        .fullword = m->fullword,
        .wide = wide,
    };
    struct laz_body *item = laz_list_add(y->set, &y->set->bodies, sizeof *item);

    if (item == NULL)
        return;
    *item = body;
    for (size_t i = 0; i < len; i++) {
        laz_ruleset_add_token(y->set,
                              (struct laz_token){LAZ_TOKEN_BYTE, bytes[i] ^ key, 0xff, 0, 0});
        if (wide)
            laz_ruleset_add_token(y->set, (struct laz_token){LAZ_TOKEN_BYTE, key, 0xff, 0, 0});
    }
}

/* Each way in which text may stand in base64: at each place of a group of three. */
static enum laz_status add_base64(struct laz_yara *y, const uint8_t *text, size_t len,
                                  const struct laz_yara_modifiers *m, struct laz_error *err)
{
    uint8_t *out = malloc(2 * len + 4);

    if (out == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    for (unsigned skip = 0; skip < 3; skip++) {
        size_t count = laz_yara_base64(m, text, len, skip, out);

        if (count == 0) /* of one byte no character is whole */
            continue;
        if (m->base64)
            add_body(y, out, count, m, false, 0);
        if (m->base64wide)
            add_body(y, out, count, m, true, 0);
    }
    free(out);
    return LAZ_OK;
}

static enum laz_status add_all_base64(struct laz_yara *y, const uint8_t *text, size_t len,
                                      const struct laz_yara_modifiers *m, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;
    uint8_t *wide;

    wide = calloc(len, 2);
    if (wide == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    for (size_t i = 0; i < len; i++)
        wide[2 * i] = text[i];
    if (m->ascii)
        s = add_base64(y, text, len, m, err);
    if (s == LAZ_OK && m->wide)
        s = add_base64(y, wide, 2 * len, m, err);
    free(wide);
    return s;
}

static enum laz_status add_bodies(struct laz_yara *y, const uint8_t *bytes, size_t len,
                                  const struct laz_yara_modifiers *m, struct laz_error *err)
{
    if (m->base64 || m->base64wide)
        return add_all_base64(y, bytes, len, m, err);
    for (unsigned key = m->xor_first; key <= m->xor_last; key++) {
        if (m->ascii)
            add_body(y, bytes, len, m, false, (uint8_t)key);
        if (m->wide)
            add_body(y, bytes, len, m, true, (uint8_t)key);
    }
    return LAZ_OK;
}

/* Of what is looked for in base64 the worst decides. */
static bool is_slow(const struct laz_yara *y, const struct laz_pattern *pattern,
                    const uint8_t *bytes, size_t len, const struct laz_yara_modifiers *m)
{
    if (!m->base64 && !m->base64wide)
        return laz_yara_is_slow_text(bytes, len, m);
    for (size_t i = pattern->body_first; i < y->set->bodies.count; i++) {
        const struct laz_body *body = laz_list_at(struct laz_body, &y->set->bodies, i);

        if (laz_yara_is_slow_hex(laz_list_at(struct laz_token, &y->set->tokens, body->token_first),
                                 body->token_count))
            return true;
    }
    return false;
}

static enum laz_status take_text(struct laz_yara *y, struct laz_pattern *pattern,
                                 struct laz_error *err)
{
    struct laz_yara_word word = y->word;
    uint8_t *bytes = malloc(word.text.len + 1);
    struct laz_yara_modifiers m;
    size_t len = 0;
    enum laz_status s = LAZ_OK;

    if (bytes == NULL)
        s = laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    else if (!laz_yara_unescape(word.text, bytes, &len))
        s = laz_yara_fail(y, LAZ_INVALID, "has an escape that means nothing",
                          "expected \\\\ \\\" \\n \\r \\t or \\xNN", err);
    else if (len == 0)
        s = laz_yara_fail(y, LAZ_INVALID, "expected a text that is not empty", "", err);
    if (s == LAZ_OK) {
        laz_yara_advance(y);
        s = laz_yara_take_modifiers(y, &m, LAZ_YARA_ON_TEXT, err);
    }
    if (s == LAZ_OK) {
        pattern->is_private = m.is_private;
        pattern->is_xor = (m.given & LAZ_YARA_XOR) != 0;
        pattern->first = pattern->is_xor ? bytes[0] : 0;
        s = add_bodies(y, bytes, len, &m, err);
    }
    if (s == LAZ_OK && y->options->warns_of_slow && is_slow(y, pattern, bytes, len, &m))
        laz_yara_warn_slow(y, pattern);
    free(bytes);
    return s;
}

static enum laz_status take_hex(struct laz_yara *y, struct laz_pattern *pattern,
                                struct laz_error *err)
{
    struct laz_body body = {.token_first = (uint32_t)y->set->tokens.count};
    struct laz_yara_modifiers m;
    struct laz_body *item;
    enum laz_status s = laz_yara_hex(y, err);

    if (s == LAZ_OK)
        s = laz_yara_take_modifiers(y, &m, LAZ_YARA_ON_HEX, err);
    if (s != LAZ_OK)
        return s;
    pattern->is_private = m.is_private;
    pattern->is_hex = true;
    body.token_count = (uint32_t)y->set->tokens.count - body.token_first;
    if (y->options->warns_of_slow &&
        laz_yara_is_slow_hex(laz_list_at(struct laz_token, &y->set->tokens, body.token_first),
                             body.token_count))
        laz_yara_warn_slow(y, pattern);
    item = laz_list_add(y->set, &y->set->bodies, sizeof *item);
    if (item != NULL)
        *item = body;
    return laz_ruleset_failed(y->set, err);
}

static enum laz_status take_value(struct laz_yara *y, struct laz_pattern *pattern,
                                  struct laz_error *err)
{
    if (y->word.kind == LAZ_YARA_TEXT)
        return take_text(y, pattern, err);
    if (laz_yara_is(y, "{"))
        return take_hex(y, pattern, err);
    if (laz_yara_is(y, "/"))
        return laz_yara_regex(y, pattern, err);
    return laz_yara_expected(y, "a text \"…\", a hex string { … } or an expression /…/", err);
}

static enum laz_status note_name(struct laz_yara *y, struct laz_view name, struct laz_error *err)
{
    struct laz_view *item;

    if (name.len > 0 && laz_yara_find_string(y, name) >= 0)
        return laz_yara_fail(y, LAZ_INVALID, "this string's name is taken", "expected another name",
                             err);
    if (y->string_names.count ==
        (y->options->strings_max > 0 ? y->options->strings_max : STRINGS_MAX))
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "has too many strings", "divide the rule", err);
    item = laz_list_add(y->set, &y->string_names, sizeof *item);
    if (item == NULL)
        return laz_ruleset_failed(y->set, err);
    *item = name;
    return LAZ_OK;
}

static enum laz_status take_string(struct laz_yara *y, struct laz_error *err)
{
    struct laz_pattern pattern = {
        .body_first = (uint32_t)y->set->bodies.count,
        .line = y->word.line,
        .column = y->word.column,
    };
    struct laz_view name = y->word.text;
    struct laz_pattern *item;
    enum laz_status s;

    if (y->word.kind != LAZ_YARA_STRING || y->word.has_star)
        return laz_yara_expected(y, "a string: $name = …", err);
    pattern.name =
        laz_ruleset_text(y->set, laz_view_from(name.data - 1, name.len + 1)); /* with $ */
    s = note_name(y, name, err);
    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    s = laz_yara_need(y, "=", err);
    if (s == LAZ_OK)
        s = take_value(y, &pattern, err);
    if (s != LAZ_OK)
        return s;
    pattern.body_count = (uint32_t)y->set->bodies.count - pattern.body_first;
    item = laz_list_add(y->set, &y->set->patterns, sizeof *item);
    if (item != NULL)
        *item = pattern;
    y->rule.pattern_count++;
    return laz_ruleset_failed(y->set, err);
}

enum laz_status laz_yara_strings(struct laz_yara *y, struct laz_error *err)
{
    do {
        enum laz_status s = take_string(y, err);

        if (s != LAZ_OK)
            return s;
    } while (!laz_yara_is(y, "condition") && y->word.kind != LAZ_YARA_END);
    return LAZ_OK;
}

int laz_yara_find_string(const struct laz_yara *y, struct laz_view name)
{
    for (size_t i = 0; i < y->string_names.count; i++)
        if (laz_view_equal(*laz_list_at(struct laz_view, &y->string_names, i), name))
            return (int)i;
    return -1;
}
