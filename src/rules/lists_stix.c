/* Patterns of STIX 2.1 (part 9 of its specification) that say what one object is:
 *
 *   [file:hashes.'SHA-256' = '…' OR url:value IN ('…', '…')] OR [domain-name:value = '…']
 *
 * Each alternative becomes an entry. With AND a digest may stand with other digests of the same
 * file, its size and its name: then the digest says enough. What asks for two things at a time, or
 * for likeness, is not supported: taking one half of it would say more than its author said. */
#include "base/number.h"
#include "base/text.h"
#include "rules/lists_priv.h"

#define NESTING_MAX 8
#define VALUE_MAX   4096

enum kind { KIND_END, KIND_WORD, KIND_TEXT, KIND_MARK, KIND_WRONG };

struct token {
    enum kind kind;
    struct laz_view text; /* of a text without quotes, escapes as they stand */
};

struct pattern {
    struct laz_list_reader *r;
    const struct laz_list_row *base;
    struct laz_view rest;
    struct token token; /* the next one */
    const char *why;    /* of what is wrong or not supported */
    enum laz_status status;
    struct laz_buf value;
};

/* Some of what a conjunction says. */
struct facts {
    struct laz_list_row row;
    unsigned things; /* other things than digests, size and name of one file */
    unsigned digests;
};

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':' || c == '.' || c == '*';
}

static void next(struct pattern *p)
{
    size_t n = 0;

    p->rest = laz_view_trim(p->rest);
    p->token = (struct token){KIND_END, {NULL, 0}};
    if (p->rest.len == 0)
        return;
    if (p->rest.data[0] == '\'') {
        p->token.kind = KIND_TEXT;
        for (n = 1; n < p->rest.len && p->rest.data[n] != '\''; n++)
            n += p->rest.data[n] == '\\';
        if (n >= p->rest.len) {
            p->token.kind = KIND_WRONG;
            return;
        }
        p->token.text = laz_view_first(laz_view_from_offset(p->rest, 1), n - 1);
        p->rest = laz_view_from_offset(p->rest, n + 1);
        return;
    }
    while (n < p->rest.len && is_word(p->rest.data[n]))
        n++;
    p->token.kind = n > 0 ? KIND_WORD : KIND_MARK;
    if (n == 0)
        n = laz_view_starts(p->rest, laz_view_of("!=")) ||
                    laz_view_starts(p->rest, laz_view_of("<=")) ||
                    laz_view_starts(p->rest, laz_view_of(">="))
                ? 2
                : 1;
    laz_ignore(!laz_take(&p->rest, n, &p->token.text)); /* they are there */
}

static bool is(const struct pattern *p, enum kind kind, const char *text)
{
    return p->token.kind == kind && laz_view_equal_text(p->token.text, text);
}

static bool refuse(struct pattern *p, enum laz_status status, const char *why)
{
    if (p->why == NULL) {
        p->why = why;
        p->status = status;
    }
    return false;
}

static bool take_mark(struct pattern *p, const char *mark, const char *why)
{
    if (!is(p, KIND_MARK, mark))
        return refuse(p, LAZ_INVALID, why);
    next(p);
    return true;
}

/* file:hashes.'SHA-256' is a word and a text; some write it without quotes, or with double ones. */
static enum laz_role hash_role(struct laz_view name)
{
    static const struct {
        const char *name;
        enum laz_role role;
    } names[] = {
        {"SHA-256", LAZ_ROLE_SHA256}, {"SHA256", LAZ_ROLE_SHA256}, {"sha256", LAZ_ROLE_SHA256},
        {"SHA-1", LAZ_ROLE_SHA1},     {"SHA1", LAZ_ROLE_SHA1},     {"sha1", LAZ_ROLE_SHA1},
        {"MD5", LAZ_ROLE_MD5},        {"md5", LAZ_ROLE_MD5},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (laz_view_equal_text(name, names[i].name))
            return names[i].role;
    return LAZ_ROLE_NONE;
}

/* What a path asks for: a role, LAZ_ROLE_NONE for the name of a file, which says nothing. */
static bool take_path(struct pattern *p, enum laz_role *out)
{
    static const struct {
        const char *path;
        enum laz_role role;
    } paths[] = {
        {"url:value", LAZ_ROLE_URL},           {"domain-name:value", LAZ_ROLE_HOST},
        {"ipv4-addr:value", LAZ_ROLE_ADDRESS}, {"ipv6-addr:value", LAZ_ROLE_ADDRESS},
        {"file:size", LAZ_ROLE_SIZE},          {"file:name", LAZ_ROLE_NONE},
    };
    static const char hashes[] = "file:hashes.";
    struct laz_view path = p->token.text;

    if (p->token.kind != KIND_WORD)
        return refuse(p, LAZ_INVALID, "expected what is compared, as url:value");
    next(p);
    if (laz_view_starts(path, laz_view_of(hashes))) {
        path = laz_view_from_offset(path, strlen(hashes));
        if (path.len == 0 && p->token.kind == KIND_TEXT) {
            path = p->token.text;
            next(p);
        }
        *out = hash_role(path);
        return *out != LAZ_ROLE_NONE ||
               refuse(p, LAZ_UNSUPPORTED, "this digest of a file is not supported");
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (laz_view_equal_text(path, paths[i].path)) {
            *out = paths[i].role;
            return true;
        }
    return refuse(p, LAZ_UNSUPPORTED, "comparing this is not supported");
}

/* The text that stands for a value; it lives until the pattern's values are reset. */
static bool take_value(struct pattern *p, struct laz_view *out)
{
    size_t start = p->value.len;
    struct laz_view raw = p->token.text;

    if (p->token.kind != KIND_TEXT && p->token.kind != KIND_WORD)
        return refuse(p, LAZ_INVALID, "expected a value in single quotes");
    for (size_t i = 0; i < raw.len; i++) {
        i += raw.data[i] == '\\' && i + 1 < raw.len;
        laz_ignore(laz_buf_add_u8(&p->value, raw.data[i])); /* it is checked below */
    }
    if (laz_buf_failed(&p->value) != LAZ_OK)
        return refuse(p, LAZ_UNSUPPORTED, "values of this length are not supported");
    next(p);
    *out = laz_view_from_offset(laz_buf_view(&p->value), start);
    return true;
}

static enum laz_status take_row(struct pattern *p, struct laz_list_row *row, struct laz_error *err)
{
    enum laz_status s;

    row->line = p->base->line;
    row->column = p->base->column;
    for (unsigned i = 0; i < LAZ_ROLES; i++)
        row->columns[i] = row->column;
    row->fields[LAZ_ROLE_NAME] = p->base->fields[LAZ_ROLE_NAME];
    s = laz_list_take(p->r, row, err);
    laz_buf_reset(&p->value);
    return s;
}

static bool note(struct pattern *p, struct facts *facts, enum laz_role role, struct laz_view value)
{
    if (role == LAZ_ROLE_NONE)
        return true;
    facts->digests += role <= LAZ_ROLE_MD5;
    facts->things += role > LAZ_ROLE_MD5 && role != LAZ_ROLE_SIZE;
    if (facts->row.fields[role].len > 0)
        return refuse(p, LAZ_UNSUPPORTED, "two values of one thing are not supported");
    facts->row.fields[role] = value;
    return true;
}

/* PATH = VALUE or PATH IN (VALUE, …). The list adds its entries itself when it stands alone. */
static bool take_comparison(struct pattern *p, struct facts *facts, bool alone,
                            enum laz_status *status, struct laz_error *err)
{
    enum laz_role role;
    struct laz_view value;

    if (!take_path(p, &role))
        return false;
    if (is(p, KIND_MARK, "=")) {
        next(p);
        return take_value(p, &value) && note(p, facts, role, value);
    }
    if (!is(p, KIND_WORD, "IN"))
        return refuse(p, LAZ_UNSUPPORTED, "only = and IN are supported");
    next(p);
    if (!alone || role == LAZ_ROLE_NONE || role == LAZ_ROLE_SIZE)
        return refuse(p, LAZ_UNSUPPORTED, "IN beside other comparisons is not supported");
    if (!take_mark(p, "(", "expected '(' behind IN"))
        return false;
    do {
        struct laz_list_row row = {.line = 0};

        if (is(p, KIND_MARK, ","))
            next(p);
        if (!take_value(p, &value))
            return false;
        row.fields[role] = value;
        if (*status == LAZ_OK)
            *status = take_row(p, &row, err);
    } while (is(p, KIND_MARK, ","));
    return take_mark(p, ")", "expected ')' behind the values");
}

static bool take_conjunction(struct pattern *p, unsigned nesting, enum laz_status *status,
                             struct laz_error *err);

/* Alternatives, up to a bracket. */
static bool take_alternatives(struct pattern *p, unsigned nesting, enum laz_status *status,
                              struct laz_error *err)
{
    if (nesting == NESTING_MAX)
        return refuse(p, LAZ_UNSUPPORTED, "so many parentheses are not supported");
    for (;;) {
        if (!take_conjunction(p, nesting, status, err))
            return false;
        if (!is(p, KIND_WORD, "OR"))
            return true;
        next(p);
    }
}

static bool take_conjunction(struct pattern *p, unsigned nesting, enum laz_status *status,
                             struct laz_error *err)
{
    struct facts facts = {.things = 0};
    unsigned count = 0;

    if (is(p, KIND_MARK, "(")) {
        next(p);
        if (!take_alternatives(p, nesting + 1, status, err) || !take_mark(p, ")", "expected ')'"))
            return false;
        return !is(p, KIND_WORD, "AND") ||
               refuse(p, LAZ_UNSUPPORTED, "AND beside parentheses is not supported");
    }
    laz_buf_reset(&p->value);
    for (;; count++) {
        if (is(p, KIND_WORD, "NOT") || is(p, KIND_MARK, "("))
            return refuse(p, LAZ_UNSUPPORTED, "NOT, and AND beside parentheses, are not supported");
        if (!take_comparison(p, &facts, count == 0, status, err))
            return false;
        if (!is(p, KIND_WORD, "AND"))
            break;
        next(p);
    }
    if (facts.digests + facts.things == 0)
        return count == 0 && facts.row.fields[LAZ_ROLE_SIZE].len == 0 && p->value.len == 0
                   ? true /* IN, which has added its own */
                   : refuse(p, LAZ_UNSUPPORTED, "a file's name or size alone is not supported");
    if (facts.things > 1 || (facts.things == 1 && count > 0))
        return refuse(p, LAZ_UNSUPPORTED, "AND of different things is not supported");
    if (*status == LAZ_OK)
        *status = take_row(p, &facts.row, err);
    return true;
}

static bool take_observation(struct pattern *p, unsigned nesting, enum laz_status *status,
                             struct laz_error *err)
{
    if (is(p, KIND_MARK, "(") && nesting < NESTING_MAX) {
        next(p);
        for (;;) {
            if (!take_observation(p, nesting + 1, status, err))
                return false;
            if (!is(p, KIND_WORD, "OR"))
                break;
            next(p);
        }
        return take_mark(p, ")", "expected ')'");
    }
    return take_mark(p, "[", "expected '['") && take_alternatives(p, 0, status, err) &&
           take_mark(p, "]", "expected ']'");
}

enum laz_status laz_list_read_stix(struct laz_list_reader *r, struct laz_view text,
                                   const struct laz_list_row *base, struct laz_error *err)
{
    struct pattern p = {.r = r, .base = base, .rest = text};
    enum laz_status s = LAZ_OK;
    bool ok;

    if (!laz_list_make_room(&p.value, VALUE_MAX))
        return laz_fail(err, LAZ_NOMEM, "list", r->source->name, "no memory", "");
    next(&p);
    do {
        if (is(&p, KIND_WORD, "OR"))
            next(&p);
        ok = take_observation(&p, 0, &s, err);
    } while (ok && is(&p, KIND_WORD, "OR"));
    if (ok && p.token.kind != KIND_END)
        ok = refuse(&p, LAZ_UNSUPPORTED,
                    p.token.kind == KIND_WORD ? "AND of observations, or times, are not supported"
                                              : "expected OR or the end");
    laz_buf_clear(&p.value);
    if (ok || s != LAZ_OK)
        return s;
    return laz_list_leave_out(r, p.status, base->line, base->column, p.why, "", err);
}
