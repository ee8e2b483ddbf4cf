/* Indicators of STIX 2.1, attributes of MISP, and objects whose members are named as the columns of
 * CSV are: every object of the text is looked at when it ends, wherever it stands. */
#include <stdlib.h>

#include "base/text.h"
#include "rules/json_read.h"
#include "rules/lists_priv.h"

#define TEXT_MAX ((size_t)64 << 10) /* of one value */

enum member {
    MEMBER_TYPE = LAZ_ROLES,
    MEMBER_PATTERN,
    MEMBER_PATTERN_TYPE,
    MEMBER_VALID_UNTIL,
    MEMBER_REVOKED,
    MEMBER_NAME,
    MEMBER_VALUE,
    MEMBER_TO_IDS,
    MEMBER_DELETED,
    MEMBER_INFO,
    MEMBER_IOC_TYPE,
    MEMBERS
};

/* One object that is open: what its members say, as it stands in the text. */
struct level {
    struct laz_view members[MEMBERS];
    uint32_t lines[MEMBERS], columns[MEMBERS];
    uint32_t line, column;
    unsigned key; /* the member whose value comes; MEMBERS: another */
};

struct visit {
    struct laz_list_reader *r;
    struct level *levels;  /* of each depth */
    struct laz_buf values; /* decoded */
    bool is_plain;         /* neither STIX nor MISP */
    struct laz_view info;  /* of the event of MISP that is read */
};

static unsigned member_of(struct laz_view key)
{
    static const struct {
        const char *name;
        enum member member;
    } names[] = {
        {"type", MEMBER_TYPE},
        {"pattern", MEMBER_PATTERN},
        {"pattern_type", MEMBER_PATTERN_TYPE},
        {"valid_until", MEMBER_VALID_UNTIL},
        {"revoked", MEMBER_REVOKED},
        {"name", MEMBER_NAME},
        {"value", MEMBER_VALUE},
        {"to_ids", MEMBER_TO_IDS},
        {"deleted", MEMBER_DELETED},
        {"info", MEMBER_INFO},
    };
    enum laz_role role;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (laz_view_equal_text(key, names[i].name))
            return names[i].member;
    role = laz_role_of(key);
    return role == LAZ_ROLE_NONE ? (unsigned)MEMBERS : (unsigned)role;
}

/* The decoded text of a member; empty when it is not there or cannot be decoded. It lives until the
 * values are reset. */
static struct laz_view text_of(struct visit *v, const struct level *level, unsigned member)
{
    size_t start = v->values.len;

    if (!laz_json_decode(level->members[member], &v->values))
        return (struct laz_view){NULL, 0};
    return laz_view_from_offset(laz_buf_view(&v->values), start);
}

static bool is_text(const struct level *level, unsigned member, const char *text)
{
    return laz_view_equal_text(level->members[member], text);
}

static bool is_true(const struct level *level, unsigned member)
{
    return is_text(level, member, "true") || is_text(level, member, "1");
}

static struct laz_list_row row_at(const struct level *level, unsigned member)
{
    bool is_there = level->lines[member] > 0;

    return (struct laz_list_row){.line = is_there ? level->lines[member] : level->line,
                                 .column = is_there ? level->columns[member] : level->column};
}

/* Whether the time is over: both are of the form 2026-01-31T00:00:00, in UTC. */
static bool is_over(const struct visit *v, struct laz_view until)
{
    const char *now = v->r->options->now;

    return now != NULL && until.len >= 19 &&
           laz_view_compare(laz_view_first(until, 19), laz_view_first(laz_view_of(now), 19)) < 0;
}

static enum laz_status take_indicator(struct visit *v, const struct level *level,
                                      struct laz_error *err)
{
    struct laz_list_row row = row_at(level, MEMBER_PATTERN);
    struct laz_view pattern;

    if (is_true(level, MEMBER_REVOKED) || is_over(v, level->members[MEMBER_VALID_UNTIL])) {
        v->r->ended++;
        return LAZ_OK;
    }
    if (level->members[MEMBER_PATTERN_TYPE].len > 0 && !is_text(level, MEMBER_PATTERN_TYPE, "stix"))
        return laz_list_leave_out(v->r, LAZ_UNSUPPORTED, row.line, row.column,
                                  "patterns of this type are not supported", "expected stix", err);
    pattern = text_of(v, level, MEMBER_PATTERN);
    row.fields[LAZ_ROLE_NAME] = text_of(v, level, MEMBER_NAME);
    /* A later text may have moved the first. */
    pattern = laz_view_from(v->values.data, pattern.len);
    if (pattern.len == 0)
        return laz_list_leave_out(v->r, LAZ_INVALID, row.line, row.column, "expected a pattern", "",
                                  err);
    return laz_list_read_stix(v->r, pattern, &row, err);
}

/* What an attribute of MISP lists, by its type; which half of "a|b" is meant. */
static enum laz_role misp_role(struct laz_view type, bool *second)
{
    static const struct {
        const char *type;
        enum laz_role role;
        bool second;
    } types[] = {
        {"md5", LAZ_ROLE_MD5, false},           {"sha1", LAZ_ROLE_SHA1, false},
        {"sha256", LAZ_ROLE_SHA256, false},     {"filename|md5", LAZ_ROLE_MD5, true},
        {"filename|sha1", LAZ_ROLE_SHA1, true}, {"filename|sha256", LAZ_ROLE_SHA256, true},
        {"malware-sample", LAZ_ROLE_MD5, true}, {"url", LAZ_ROLE_URL, false},
        {"domain", LAZ_ROLE_HOST, false},       {"hostname", LAZ_ROLE_HOST, false},
        {"domain|ip", LAZ_ROLE_HOST, false},    {"hostname|port", LAZ_ROLE_HOST, false},
        {"ip-dst", LAZ_ROLE_ADDRESS, false},    {"ip-dst|port", LAZ_ROLE_ADDRESS, false},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (laz_view_equal_text(type, types[i].type)) {
            *second = types[i].second;
            return types[i].role;
        }
    return LAZ_ROLE_NONE;
}

static enum laz_status take_attribute(struct visit *v, const struct level *level,
                                      struct laz_error *err)
{
    struct laz_list_row row = row_at(level, MEMBER_VALUE);
    struct laz_view value;
    bool second;
    enum laz_role role = misp_role(level->members[MEMBER_TYPE], &second);
    size_t bar, len;

    if (role == LAZ_ROLE_NONE || is_true(level, MEMBER_DELETED))
        return LAZ_OK;
    if (!is_true(level, MEMBER_TO_IDS)) { /* whoever wrote it does not want it looked for */
        v->r->ended++;
        return LAZ_OK;
    }
    len = text_of(v, level, MEMBER_VALUE).len;
    if (laz_json_decode(v->info, &v->values))
        row.fields[LAZ_ROLE_NAME] = laz_view_from_offset(laz_buf_view(&v->values), len);
    value = laz_view_first(laz_buf_view(&v->values), len);
    bar = laz_view_find_byte(value, '|');
    row.fields[role] = second ? laz_view_from_offset(value, bar + 1) : laz_view_first(value, bar);
    row.columns[role] = row.column;
    return laz_list_take(v->r, &row, err);
}

static enum laz_status take_plain(struct visit *v, const struct level *level, struct laz_error *err)
{
    struct laz_list_row row = {.line = level->line, .column = level->column};
    size_t starts[LAZ_ROLES + 1] = {0};
    bool lists = false;

    for (unsigned role = 0; role < LAZ_ROLES; role++) {
        lists = lists || (role <= LAZ_ROLE_INDICATOR && level->members[role].len > 0);
        laz_ignore(text_of(v, level, role).len == 0); /* taken below, when nothing moves any more */
        row.columns[role] = level->columns[role];
        starts[role + 1] = v->values.len;
    }
    if (!lists)
        return LAZ_OK;
    for (unsigned role = 0; role < LAZ_ROLES; role++)
        row.fields[role] =
            laz_view_first(laz_view_from_offset(laz_buf_view(&v->values), starts[role]),
                           starts[role + 1] - starts[role]);
    return laz_list_take(v->r, &row, err);
}

static enum laz_status take_object(struct visit *v, const struct level *level,
                                   struct laz_error *err)
{
    laz_buf_reset(&v->values);
    if (is_text(level, MEMBER_TYPE, "indicator"))
        return take_indicator(v, level, err);
    if (level->members[MEMBER_VALUE].len > 0 && level->members[MEMBER_TO_IDS].len > 0)
        return take_attribute(v, level, err);
    return v->is_plain ? take_plain(v, level, err) : LAZ_OK;
}

static void set_member(struct visit *v, unsigned depth, const struct laz_json_token *token)
{
    struct level *level = &v->levels[depth];

    if (level->key < MEMBERS && token->raw.len <= TEXT_MAX / 4 && token->kind != LAZ_JSON_NULL) {
        level->members[level->key] = token->raw;
        level->lines[level->key] = token->line;
        level->columns[level->key] = token->column;
        if (level->key == MEMBER_INFO)
            v->info = token->raw;
    }
    level->key = MEMBERS;
}

/* One token; *more is false when nothing follows. depth is that before the token. */
static enum laz_status visit_token(struct visit *v, const struct laz_json *j,
                                   const struct laz_json_token *token, bool *more,
                                   struct laz_error *err)
{
    struct level *level = &v->levels[j->depth];

    switch (token->kind) {
    case LAZ_JSON_WRONG:
        *more = false;
        return laz_list_leave_out(v->r, LAZ_INVALID, token->line, token->column, token->why,
                                  "what stands before was taken", err);
    case LAZ_JSON_END:
        *more = false;
        return LAZ_OK;
    case LAZ_JSON_OBJECT:
    case LAZ_JSON_ARRAY:
        *level = (struct level){.line = token->line, .column = token->column, .key = MEMBERS};
        return LAZ_OK;
    case LAZ_JSON_OBJECT_END:
        v->levels[j->depth].key = MEMBERS;
        return take_object(v, &v->levels[j->depth + 1], err);
    case LAZ_JSON_KEY:
        level->key = member_of(token->raw);
        return LAZ_OK;
    case LAZ_JSON_ARRAY_END:
        v->levels[j->depth].key = MEMBERS;
        return LAZ_OK;
    case LAZ_JSON_TEXT:
    case LAZ_JSON_NUMBER:
    case LAZ_JSON_TRUE:
    case LAZ_JSON_FALSE:
    case LAZ_JSON_NULL:
        set_member(v, j->depth, token);
        return LAZ_OK;
    }
    return LAZ_OK;
}

static bool names(struct laz_view text, const char *word)
{
    return laz_view_find(text, laz_view_of(word)) < text.len;
}

enum laz_status laz_list_read_json(struct laz_list_reader *r, struct laz_error *err)
{
    struct laz_view start = laz_view_first(r->source->text, TEXT_MAX);
    struct visit v = {.r = r, .levels = calloc(LAZ_JSON_DEPTH_MAX + 2, sizeof *v.levels)};
    enum laz_status s = LAZ_OK;
    struct laz_json j;
    bool more = true;

    if (v.levels == NULL)
        return laz_fail(err, LAZ_NOMEM, "list", r->source->name, "no memory", "");
    v.is_plain = !names(start, "\"bundle\"") && !names(start, "\"spec_version\"") &&
                 !names(start, "\"to_ids\"") && !names(start, "\"Event\"");
    laz_buf_init(&v.values, TEXT_MAX);
    laz_json_start(&j, r->source->text);
    while (s == LAZ_OK && more) {
        struct laz_json_token token;

        laz_json_next(&j, &token);
        s = visit_token(&v, &j, &token, &more, err);
    }
    laz_buf_clear(&v.values);
    free(v.levels);
    return s;
}
