/* Comma-separated values (RFC 4180), as abuse.ch and others publish them: comments before, the last
 * of which may be the header; blanks before a quoted field; commas, semicolons or tabs between. */
#include "base/number.h"
#include "base/text.h"
#include "rules/lists_priv.h"

#define COLUMNS_MAX 64
#define RECORD_MAX  ((size_t)64 << 10)
#define LINES_MAX   16 /* in a quoted field */

struct csv {
    struct laz_view rest;
    const uint8_t *line_start, *end;
    uint32_t line; /* of rest */
    uint8_t separator;
    struct laz_view fields[COLUMNS_MAX];
    uint32_t columns[COLUMNS_MAX];
    size_t count;
    uint32_t record_line;
    bool is_wrong;        /* a quote does not end, or a field is too long */
    struct laz_buf plain; /* fields that held quotes, without them; it has all its room at once */
};

/* Where a quoted field ends, at its last quote; SIZE_MAX when it does not within bounds. A quote
 * that nobody ends must not cost the rest of the file again and again. */
static size_t find_end(struct csv *c, bool *doubled)
{
    const uint8_t *start = c->rest.data;
    const uint8_t *line_start = c->line_start;
    size_t len = c->rest.len < RECORD_MAX ? c->rest.len : RECORD_MAX;
    uint32_t lines = 0;

    for (size_t at = 0; at < len && lines <= LINES_MAX; at++) {
        if (start[at] == '\n') {
            lines++;
            line_start = start + at + 1;
        } else if (start[at] == '"') {
            if (at + 1 >= c->rest.len || start[at + 1] != '"') {
                c->line += lines;
                c->line_start = line_start;
                return at;
            }
            *doubled = true;
            at++;
        }
    }
    return SIZE_MAX;
}

/* A quoted field behind its first quote. False when it does not end. */
static bool take_quoted(struct csv *c, struct laz_view *out)
{
    const uint8_t *start = c->rest.data;
    size_t plain_start = c->plain.len;
    bool doubled = false;
    size_t end = find_end(c, &doubled);

    if (end == SIZE_MAX)
        return false;
    *out = laz_view_from(start, end);
    if (doubled) {
        for (size_t i = 0; i < end; i += start[i] == '"' ? 2 : 1)
            laz_ignore(laz_buf_add_u8(&c->plain, start[i])); /* it is checked with the record */
        *out = laz_view_from_offset(laz_buf_view(&c->plain), plain_start);
    }
    return laz_skip(&c->rest, end + 1);
}

static bool take_plain(struct csv *c, struct laz_view *out)
{
    size_t at = 0;

    while (at < c->rest.len && c->rest.data[at] != c->separator && c->rest.data[at] != '\n')
        at++;
    return laz_take(&c->rest, at, out);
}

static void skip_blanks(struct csv *c)
{
    while (c->rest.len > 0 && (c->rest.data[0] == ' ' || c->rest.data[0] == '\r' ||
                               (c->rest.data[0] == '\t' && c->separator != '\t')))
        laz_ignore(!laz_skip(&c->rest, 1)); /* there is one */
}

static void skip_line(struct csv *c)
{
    struct laz_view line;

    laz_ignore(laz_take_until(&c->rest, '\n', &line)); /* the rest may be empty */
    c->line++;
    c->line_start = c->end - c->rest.len;
}

static bool take_field(struct csv *c)
{
    struct laz_view field;
    uint32_t column;

    skip_blanks(c);
    column = (uint32_t)(c->end - c->rest.len - c->line_start) + 1;
    if (c->rest.len > 0 && c->rest.data[0] == '"') {
        laz_ignore(!laz_skip(&c->rest, 1)); /* the quote */
        if (!take_quoted(c, &field))
            return false;
        skip_blanks(c);
        if (c->rest.len > 0 && c->rest.data[0] != c->separator && c->rest.data[0] != '\n')
            return false;
    } else if (!take_plain(c, &field)) {
        return false;
    }
    if (c->count < COLUMNS_MAX) {
        c->fields[c->count] = laz_view_trim(field);
        c->columns[c->count++] = column;
    }
    return true;
}

/* The next record; false at the end. */
static bool next_record(struct csv *c)
{
    c->count = 0;
    c->is_wrong = false;
    c->record_line = c->line;
    laz_buf_reset(&c->plain);
    if (c->rest.len == 0)
        return false;
    for (;;) {
        if (!take_field(c)) {
            c->is_wrong = true;
            skip_line(c);
            return true;
        }
        if (c->rest.len == 0 || c->rest.data[0] == '\n')
            break;
        laz_ignore(!laz_skip(&c->rest, 1)); /* the separator */
    }
    c->is_wrong = laz_buf_failed(&c->plain) != LAZ_OK;
    skip_line(c);
    return true;
}

static uint8_t separator_of(struct laz_view line)
{
    static const uint8_t separators[] = {',', ';', '\t'};

    for (size_t i = 0; i < sizeof separators; i++)
        if (laz_view_find_byte(line, separators[i]) < line.len)
            return separators[i];
    return ',';
}

/* roles[i] of column i. True when the record names one that tells what is listed. */
static bool read_header(const struct csv *c, enum laz_role roles[COLUMNS_MAX])
{
    bool lists = false;

    for (size_t i = 0; i < c->count; i++) {
        roles[i] = laz_role_of(c->fields[i]);
        lists = lists || roles[i] <= LAZ_ROLE_INDICATOR;
    }
    for (size_t i = c->count; i < COLUMNS_MAX; i++)
        roles[i] = LAZ_ROLE_NONE;
    return lists;
}

/* How much a field says by its form: digests most, then URLs, addresses, names of hosts. */
static unsigned weight_of(enum laz_role role)
{
    return role == LAZ_ROLE_NONE      ? 0
           : role == LAZ_ROLE_HOST    ? 1
           : role == LAZ_ROLE_ADDRESS ? 2
           : role == LAZ_ROLE_URL     ? 3
                                      : 4;
}

/* Without a header the field that says most is what is listed; a number behind a digest is its
 * size.
 */
static void guess_row(const struct csv *c, struct laz_list_row *row)
{
    unsigned best = 0;
    uint64_t size;

    for (size_t i = 0; i < c->count; i++) {
        unsigned weight = weight_of(laz_list_guess(c->fields[i]));

        if (weight <= best)
            continue;
        best = weight;
        row->fields[LAZ_ROLE_INDICATOR] = c->fields[i];
        row->columns[LAZ_ROLE_INDICATOR] = c->columns[i];
        row->fields[LAZ_ROLE_SIZE] = (struct laz_view){NULL, 0};
        if (weight == 4 && i + 1 < c->count &&
            laz_parse_u64(c->fields[i + 1], UINT64_MAX - 1, &size))
            row->fields[LAZ_ROLE_SIZE] = c->fields[i + 1];
    }
}

static void fill_row(const struct csv *c, const enum laz_role roles[COLUMNS_MAX],
                     struct laz_list_row *row)
{
    for (size_t i = 0; i < c->count; i++) {
        if (roles[i] == LAZ_ROLE_NONE || row->fields[roles[i]].len > 0)
            continue;
        row->fields[roles[i]] = c->fields[i];
        row->columns[roles[i]] = c->columns[i];
    }
}

static enum laz_status take_record(struct laz_list_reader *r, const struct csv *c, bool has_header,
                                   const enum laz_role roles[COLUMNS_MAX], struct laz_error *err)
{
    struct laz_list_row row = {.line = c->record_line, .column = 1};

    if (c->is_wrong)
        return laz_list_leave_out(r, LAZ_INVALID, c->record_line, 1,
                                  "expected a record whose quotes end",
                                  "a quote in a quoted field is doubled", err);
    if (c->count == 1 && c->fields[0].len == 0)
        return LAZ_OK;
    if (has_header)
        fill_row(c, roles, &row);
    else
        guess_row(c, &row);
    return laz_list_take(r, &row, err);
}

/* Passes over comments. True when the last of them was the header. */
static bool take_comments(struct csv *c, enum laz_role roles[COLUMNS_MAX])
{
    bool has_header = false;

    while (c->rest.len > 0 &&
           (c->rest.data[0] == '#' || c->rest.data[0] == '\n' || c->rest.data[0] == '\r')) {
        if (c->rest.data[0] != '#') {
            skip_line(c);
            continue;
        }
        c->separator = separator_of(laz_view_first(c->rest, laz_view_find_byte(c->rest, '\n')));
        laz_ignore(!laz_skip(&c->rest, 1)); /* the mark */
        has_header = next_record(c) && !c->is_wrong && read_header(c, roles);
    }
    return has_header;
}

enum laz_status laz_list_read_csv(struct laz_list_reader *r, struct laz_error *err)
{
    struct csv c = {.rest = r->source->text, .line = 1};
    enum laz_role roles[COLUMNS_MAX];
    enum laz_status s = LAZ_OK;
    bool has_header, is_first = true;

    if (!laz_list_make_room(&c.plain, RECORD_MAX * 2))
        return laz_fail(err, LAZ_NOMEM, "list", r->source->name, "no memory", "");
    if (laz_view_starts(c.rest, laz_view_of("\xef\xbb\xbf")))
        c.rest = laz_view_from_offset(c.rest, 3);
    c.line_start = c.rest.data;
    c.end = c.rest.data + c.rest.len;
    has_header = take_comments(&c, roles);
    c.separator = separator_of(laz_view_first(c.rest, laz_view_find_byte(c.rest, '\n')));
    while (s == LAZ_OK && c.rest.len > 0) {
        if (c.rest.data[0] == '#') { /* abuse.ch says at the end how many there were */
            skip_line(&c);
            continue;
        }
        if (!next_record(&c))
            break;
        if (is_first && !c.is_wrong && !has_header && read_header(&c, roles))
            has_header = true;
        else
            s = take_record(r, &c, has_header, roles, err);
        is_first = false;
    }
    laz_buf_clear(&c.plain);
    return s;
}

bool laz_list_is_csv(struct laz_view text)
{
    struct csv c = {.rest = laz_view_first(text, RECORD_MAX), .line = 1};
    enum laz_role roles[COLUMNS_MAX];
    bool is_csv;

    if (!laz_list_make_room(&c.plain, RECORD_MAX * 2))
        return false; /* whoever reads it says so */
    c.line_start = c.rest.data;
    c.end = c.rest.data + c.rest.len;
    is_csv = take_comments(&c, roles);
    c.separator = separator_of(laz_view_first(c.rest, laz_view_find_byte(c.rest, '\n')));
    if (!is_csv)
        is_csv = (c.rest.len > 0 && c.rest.data[0] == '"') ||
                 (next_record(&c) && c.count > 1 && read_header(&c, roles));
    laz_buf_clear(&c.plain);
    return is_csv;
}
