#include "base/number.h"
#include "base/text.h"
#include "rules/yara_priv.h"

static bool is_name_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(uint8_t c)
{
    return is_name_start(c) || is_digit(c);
}

static uint8_t peek(const struct laz_yara *y, size_t at)
{
    return at < y->rest.len ? y->rest.data[at] : 0;
}

static void move(struct laz_yara *y, size_t len)
{
    const uint8_t *at;

    if (len == 0)
        return;
    at = y->rest.data + len;
    LAZ_ASSERT(laz_skip(&y->rest, len));
    y->rest.data = at; /* also at the end, whose place is told */
}

static void skip_line(struct laz_yara *y)
{
    move(y, laz_view_find_byte(y->rest, '\n'));
}

static void new_line(struct laz_yara *y)
{
    move(y, 1);
    y->line++;
    y->line_start = y->rest.data;
}

static void skip_comment(struct laz_yara *y)
{
    move(y, 2);
    while (y->rest.len > 0 && !(peek(y, 0) == '*' && peek(y, 1) == '/')) {
        if (peek(y, 0) == '\n')
            new_line(y);
        else
            move(y, 1);
    }
    move(y, y->rest.len < 2 ? y->rest.len : 2);
}

void laz_yara_skip_blank(struct laz_yara *y)
{
    while (y->rest.len > 0) {
        uint8_t c = peek(y, 0);

        if (c == '\n')
            new_line(y);
        else if (c == ' ' || c == '\t' || c == '\r')
            move(y, 1);
        else if (c == '/' && peek(y, 1) == '/')
            skip_line(y);
        else if (c == '/' && peek(y, 1) == '*')
            skip_comment(y);
        else
            return;
    }
}

static size_t name_len(const struct laz_yara *y, size_t from)
{
    size_t len = from;

    while (is_name(peek(y, len)))
        len++;
    return len - from;
}

static void take_text(struct laz_yara *y, size_t len)
{
    y->word.text = laz_view_first(y->rest, len);
    move(y, len);
}

static void wrong(struct laz_yara *y, const char *problem)
{
    y->word.kind = LAZ_YARA_WRONG;
    y->word.problem = problem;
    take_text(y, y->rest.len > 0);
}

/* Digits in base 8; base has those of tens and sixteens. */
static bool parse_octal(struct laz_view digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '7' || *out > INT64_MAX >> 3)
            return false;
        *out = *out << 3 | (uint64_t)(digits.data[i] - '0');
    }
    return digits.len > 0;
}

static bool parse_number(struct laz_view text, uint64_t *out)
{
    uint64_t unit = 1;

    if (laz_view_starts(text, laz_view_of("0x")))
        return laz_parse_hex_u64(laz_view_from_offset(text, 2), INT64_MAX, out);
    if (laz_view_starts(text, laz_view_of("0o")))
        return parse_octal(laz_view_from_offset(text, 2), out);
    if (laz_view_ends_text(text, "KB"))
        unit = KIB;
    else if (laz_view_ends_text(text, "MB"))
        unit = MIB;
    if (unit > 1)
        text.len -= 2;
    return laz_parse_u64(text, INT64_MAX, out) && !laz_ckd_mul(out, *out, unit) &&
           *out <= INT64_MAX;
}

/* Digits with an optional KB or MB; 0x; 0o; or digits, a point and digits. */
static void take_number(struct laz_yara *y)
{
    size_t len = name_len(y, 0);

    if (peek(y, len) == '.' && is_digit(peek(y, len + 1))) {
        len += 1 + name_len(y, len + 1);
        y->word.kind = LAZ_YARA_REAL;
        if (laz_external_parse_real(laz_view_first(y->rest, len), &y->word.real))
            take_text(y, len);
        else
            wrong(y, "expected a number");
        return;
    }
    y->word.kind = LAZ_YARA_NUMBER;
    if (parse_number(laz_view_first(y->rest, len), &y->word.number))
        take_text(y, len);
    else
        wrong(y, "expected a number of at most 63 bits");
}

static void take_quoted(struct laz_yara *y)
{
    size_t len = 1;

    while (len < y->rest.len && peek(y, len) != '"' && peek(y, len) != '\n')
        len += peek(y, len) == '\\' ? 2 : 1;
    if (peek(y, len) != '"') {
        wrong(y, "expected '\"' at the end of the text");
        return;
    }
    y->word.kind = LAZ_YARA_TEXT;
    y->word.text = laz_view_from(y->rest.data + 1, len - 1);
    move(y, len + 1);
}

static void take_identifier(struct laz_yara *y, enum laz_yara_word_kind kind)
{
    size_t len;

    move(y, 1);
    len = name_len(y, 0);
    y->word.kind = kind;
    take_text(y, len);
    if (kind == LAZ_YARA_STRING && peek(y, 0) == '*') {
        y->word.has_star = true;
        move(y, 1);
    }
}

static void take_sign(struct laz_yara *y)
{
    static const char pairs[][3] = {"==", "!=", "<=", ">=", "<<", ">>", ".."};

    y->word.kind = LAZ_YARA_SIGN;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (laz_view_starts(y->rest, laz_view_of(pairs[i]))) {
            take_text(y, 2);
            return;
        }
    }
    if (laz_view_find_byte(laz_view_of("{}()[]:,=<>+-*\\%&|^~/."), peek(y, 0)) < 22)
        take_text(y, 1);
    else
        wrong(y, "has a character that means nothing here");
}

void laz_yara_advance(struct laz_yara *y)
{
    uint8_t c;

    laz_yara_skip_blank(y);
    y->word = (struct laz_yara_word){
        .line = y->line,
        .column = (uint32_t)(y->rest.data - y->line_start) + 1,
        .text = laz_view_first(y->rest, 0),
    };
    if (y->rest.len == 0)
        return;
    c = peek(y, 0);
    if (is_name_start(c)) {
        y->word.kind = LAZ_YARA_NAME;
        take_text(y, name_len(y, 0));
    } else if (is_digit(c)) {
        take_number(y);
    } else if (c == '"') {
        take_quoted(y);
    } else if (c == '$') {
        take_identifier(y, LAZ_YARA_STRING);
    } else if (c == '#') {
        take_identifier(y, LAZ_YARA_COUNT);
    } else if (c == '@') {
        take_identifier(y, LAZ_YARA_OFFSET);
    } else if (c == '!' && peek(y, 1) != '=') {
        take_identifier(y, LAZ_YARA_LENGTH);
    } else {
        take_sign(y);
    }
}

bool laz_yara_is(const struct laz_yara *y, const char *text)
{
    return (y->word.kind == LAZ_YARA_NAME || y->word.kind == LAZ_YARA_SIGN) &&
           laz_view_equal_text(y->word.text, text);
}

bool laz_yara_take(struct laz_yara *y, const char *text)
{
    if (!laz_yara_is(y, text))
        return false;
    laz_yara_advance(y);
    return true;
}

void laz_yara_warn(const struct laz_yara *y, const struct laz_yara_word *at, const char *what,
                   const char *remedy)
{
    struct laz_error warning;

    if (y->options->warned == NULL)
        return;
    laz_ignore(laz_fail_at(&warning, LAZ_INVALID, "warning", y->source->name, at->line, at->column,
                           what, remedy)); /* it is only told */
    y->options->warned(y->options->context, &warning);
}

enum laz_status laz_yara_fail(const struct laz_yara *y, enum laz_status s, const char *why,
                              const char *remedy, struct laz_error *err)
{
    return laz_fail_at(err, s, "rule", y->source->name, y->word.line, y->word.column, why, remedy);
}

enum laz_status laz_yara_fail_here(const struct laz_yara *y, enum laz_status s, const char *why,
                                   const char *remedy, struct laz_error *err)
{
    uint32_t column = (uint32_t)(y->rest.data - y->line_start) + 1;

    return laz_fail_at(err, s, "rule", y->source->name, y->line, column, why, remedy);
}

enum laz_status laz_yara_expected(const struct laz_yara *y, const char *what, struct laz_error *err)
{
    char why[160], found[64] = "the end";

    if (y->word.kind == LAZ_YARA_WRONG)
        return laz_yara_fail(y, LAZ_INVALID, y->word.problem, "", err);
    if (y->word.kind != LAZ_YARA_END)
        snprintf(found, sizeof found, "'%.*s'",
                 (int)(y->word.text.len < 40 ? y->word.text.len : 40),
                 (const char *)y->word.text.data);
    snprintf(why, sizeof why, "expected %s", what);
    snprintf(found + strlen(found), sizeof found - strlen(found), " stands there");
    return laz_yara_fail(y, LAZ_INVALID, why, found, err);
}

enum laz_status laz_yara_need(struct laz_yara *y, const char *text, struct laz_error *err)
{
    char what[32];

    if (laz_yara_take(y, text))
        return LAZ_OK;
    snprintf(what, sizeof what, "'%s'", text);
    return laz_yara_expected(y, what, err);
}
