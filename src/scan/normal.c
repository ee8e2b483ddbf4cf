#include "scan/normal.h"

#include "base/number.h"
#include "base/text.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Neither blank nor printable in ASCII: nothing of it is kept. */
static bool is_dropped(uint8_t c)
{
    return c < ' ' || c > 0x7f;
}

/* What goes out byte by byte, gathered until it is worth a call. */
struct gathered {
    struct laz_buf *out;
    size_t len;
    uint8_t bytes[1024];
};

static void flush(struct gathered *g)
{
    /* The buffer remembers a refusal. */
    laz_ignore(laz_buf_add(g->out, laz_view_from(g->bytes, g->len)));
    g->len = 0;
}

static void gather(struct gathered *g, uint8_t c)
{
    if (g->len == sizeof g->bytes)
        flush(g);
    g->bytes[g->len++] = c;
}

enum laz_status laz_normal_text(struct laz_view text, struct laz_buf *out)
{
    struct gathered g;
    bool after_blank = false;

    g.out = out;
    g.len = 0;
    for (size_t i = 0; i < text.len && laz_buf_failed(out) == LAZ_OK; i++) {
        uint8_t c = text.data[i];

        if (is_blank(c)) {
            if (!after_blank)
                gather(&g, ' ');
            after_blank = true;
        } else if (!is_dropped(c)) {
            gather(&g, lower(c));
            after_blank = false;
        }
    }
    flush(&g);
    return laz_buf_failed(out);
}

/* A page that is being rewritten. */
struct page {
    struct laz_view rest;
    bool with_tags;
    bool has_text; /* since the last tag */
    bool wants_blank;
    bool in_script;
    struct gathered out;
};

static void put(struct page *p, uint8_t c)
{
    gather(&p->out, c);
}

static bool starts_nocase(struct laz_view v, const char *text)
{
    size_t i = 0;

    while (text[i] != '\0' && i < v.len && lower(v.data[i]) == (uint8_t)text[i])
        i++;
    return text[i] == '\0';
}

static void skip(struct page *p, size_t len)
{
    p->rest = laz_view_from_offset(p->rest, len);
}

/* A character that the page shows, in whatever form it stands there. */
static void put_text(struct page *p, uint8_t c)
{
    if (is_blank(c)) {
        p->wants_blank = !p->in_script && (p->has_text || !p->with_tags);
        return;
    }
    if (p->wants_blank)
        put(p, ' ');
    p->wants_blank = false;
    p->has_text = true;
    put(p, lower(c));
}

/* &name; and &#number; where they stand for one byte. False when it is no such thing. */
static bool take_entity(struct page *p)
{
    static const struct {
        const char *name;
        uint8_t c;
    } names[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                 {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
    struct laz_view text = laz_view_first(laz_view_from_offset(p->rest, 1), 10), number;
    size_t end = laz_view_find_byte(text, ';');
    uint64_t n = 0;

    if (end == text.len || end == 0)
        return false;
    text = laz_view_first(text, end);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (laz_view_equal_text(text, names[i].name))
            n = names[i].c;
    number = laz_view_from_offset(text, 1);
    if (n == 0 && text.data[0] == '#' && !laz_parse_u64(number, 255, &n) &&
        !(starts_nocase(number, "x") &&
          laz_parse_hex_u64(laz_view_from_offset(number, 1), 255, &n)))
        return false;
    if (n == 0)
        return false;
    if (p->with_tags) /* what is shown is without them */
        put_text(p, (uint8_t)n);
    skip(p, end + 2);
    return true;
}

/* <!-- … --> and <! … >, which are not kept. */
static void take_comment(struct page *p)
{
    bool is_long = starts_nocase(p->rest, "<!--");
    struct laz_view mark = laz_view_of(is_long ? "-->" : ">");

    skip(p, laz_view_find(p->rest, mark) + mark.len);
}

/* What stands in quotes keeps its blanks; entities are taken as they are in addresses. */
static void put_quoted(struct page *p, uint8_t quote)
{
    put(p, '"');
    skip(p, 1);
    while (p->rest.len > 0 && p->rest.data[0] != quote && laz_buf_failed(p->out.out) == LAZ_OK) {
        if (starts_nocase(p->rest, "&amp;")) {
            put(p, '&');
            skip(p, 5);
            continue;
        }
        put(p, lower(p->rest.data[0]));
        skip(p, 1);
    }
    put(p, '"');
    skip(p, 1);
}

/* From '<' to '>': small letters, single blanks, and none before the end. */
static void take_tag(struct page *p)
{
    bool wants_blank = false, begins_script = starts_nocase(p->rest, "<script");

    if (begins_script || starts_nocase(p->rest, "</script"))
        p->in_script = begins_script;
    if (p->wants_blank && p->with_tags)
        put(p, ' ');
    p->wants_blank = !p->with_tags;
    while (p->rest.len > 0 && p->rest.data[0] != '>' && laz_buf_failed(p->out.out) == LAZ_OK) {
        uint8_t c = p->rest.data[0];

        if (p->with_tags && wants_blank && !is_blank(c))
            put(p, ' ');
        wants_blank = is_blank(c);
        if (p->with_tags && (c == '"' || c == '\'')) {
            put_quoted(p, c);
            continue;
        }
        if (p->with_tags && !is_blank(c))
            put(p, lower(c));
        skip(p, 1);
    }
    if (p->with_tags)
        put(p, '>');
    skip(p, 1);
    p->has_text = false;
}

static bool is_tag(const struct page *p)
{
    return p->rest.data[0] == '<' && (!p->in_script || starts_nocase(p->rest, "</script"));
}

static enum laz_status rewrite(struct laz_view page, bool with_tags, struct laz_buf *out)
{
    struct page p;

    p.rest = page;
    p.with_tags = with_tags;
    p.has_text = p.wants_blank = p.in_script = false;
    p.out.out = out;
    p.out.len = 0;
    while (p.rest.len > 0 && laz_buf_failed(out) == LAZ_OK) {
        uint8_t c = p.rest.data[0];

        if (starts_nocase(p.rest, "<!") && !p.in_script) {
            take_comment(&p);
        } else if (is_tag(&p)) {
            take_tag(&p);
        } else if (c != '&' || p.in_script || !take_entity(&p)) {
            if (c != 0 && (with_tags || !p.in_script))
                put_text(&p, c);
            skip(&p, 1);
        }
    }
    flush(&p.out);
    return laz_buf_failed(out);
}

enum laz_status laz_normal_page(struct laz_view page, struct laz_buf *out)
{
    return rewrite(page, true, out);
}

enum laz_status laz_normal_shown(struct laz_view page, struct laz_buf *out)
{
    return rewrite(page, false, out);
}
