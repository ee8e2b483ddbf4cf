#include "scan/links.h"

#include <string.h>

#include "base/text.h"

#define SCHEME_MAX 5

void laz_links_start(struct laz_links *l, struct laz_view bytes)
{
    l->all = bytes;
    l->at = 0;
    l->names = false;
    l->len = 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* A text whose characters stand step bytes from one another. */
struct cursor {
    struct laz_view all;
    size_t at, step;
};

/* The character at so many behind the cursor; 0, which ends a link, when there is none. */
static uint8_t peek(const struct cursor *c, size_t behind)
{
    size_t at = c->at + behind * c->step;

    if (at >= c->all.len || (c->step == 2 && at + 1 < c->all.len && c->all.data[at + 1] != 0))
        return 0;
    return c->all.data[at];
}

static bool is_word(uint8_t c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

static bool ends_link(uint8_t c)
{
    return c <= ' ' || c == 0x7f || strchr("\"'<>`{}|^*", c) != NULL;
}

/* What an escape of a script stands for: \/ \xXX \u00XX. 0 when it is something else. */
static uint8_t unescape(const struct cursor *c, size_t *len)
{
    uint8_t digits[4], byte;
    size_t from = peek(c, 1) == 'u' ? 4 : 2;

    if (peek(c, 1) == '/') {
        *len = 2;
        return '/';
    }
    if ((peek(c, 1) != 'x' && peek(c, 1) != 'u') ||
        (peek(c, 1) == 'u' && (peek(c, 2) != '0' || peek(c, 3) != '0')))
        return 0;
    digits[0] = peek(c, from);
    digits[1] = peek(c, from + 1);
    *len = from + 2;
    return laz_hex_decode(laz_view_from(digits, 2), &byte, 1) ? byte : 0;
}

/* One character of a link; 0 at its end. */
static uint8_t take(struct cursor *c)
{
    uint8_t byte = peek(c, 0);
    size_t len = 1;

    if (byte == '\\')
        byte = unescape(c, &len);
    else if (byte == '&' && peek(c, 1) == 'a' && peek(c, 2) == 'm' && peek(c, 3) == 'p' &&
             peek(c, 4) == ';')
        len = 5;
    if (byte == 0 || ends_link(byte))
        return 0;
    c->at += len * c->step;
    return byte;
}

/* Marks that end a sentence and not the link in it. */
static void trim(struct laz_links *l)
{
    while (l->len > 0 && strchr(".,;:!?", l->text[l->len - 1]) != NULL)
        l->len--;
    l->text[l->len] = '\0';
}

/* Adds what follows, up to the link's end. A bracket ends it that was not opened in it. */
static void take_rest(struct laz_links *l, struct cursor *c)
{
    int open = 0;

    for (;;) {
        struct cursor before = *c;
        uint8_t byte = take(c);

        open += (byte == '(' || byte == '[') - (byte == ')' || byte == ']');
        if (byte == 0 || open < 0 || l->len + 1 >= sizeof l->text) {
            *c = before;
            break;
        }
        l->text[l->len++] = (char)byte;
    }
    trim(l);
}

/* The scheme in front of a colon, in lower case. False when it is none of ours. */
static bool read_scheme(struct laz_links *l, size_t colon, size_t step)
{
    static const char *const schemes[] = {"http", "https", "ftp", "hxxp", "hxxps"};
    char word[SCHEME_MAX + 1];
    size_t len = 0;

    while (len < SCHEME_MAX && (len + 1) * step <= colon) {
        size_t at = colon - (len + 1) * step;

        if (!is_word(l->all.data[at]) || (step == 2 && l->all.data[at + 1] != 0))
            break;
        len++;
    }
    for (size_t i = 0; i < len; i++)
        word[i] = (char)lower(l->all.data[colon - (len - i) * step]);
    word[len] = '\0';
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t part = strlen(schemes[i]);

        if (part > len || strcmp(word + len - part, schemes[i]) != 0)
            continue;
        memcpy(l->text, schemes[i], part);
        l->len = part;
        return true;
    }
    return false;
}

/* "://" from the colon on, in one of its forms. */
static bool take_slashes(struct cursor *c)
{
    if (peek(c, 0) != ':')
        return false;
    c->at += c->step;
    return take(c) == '/' && take(c) == '/';
}

static bool link_at(struct laz_links *l, size_t colon)
{
    for (size_t step = 1; step <= 2; step++) {
        struct cursor c = {l->all, colon, step};

        if (!take_slashes(&c) || !read_scheme(l, colon, step))
            continue;
        memcpy(l->text + l->len, "://", 3);
        l->len += 3;
        take_rest(l, &c);
        l->at = c.at > colon ? c.at : colon + 1;
        return true;
    }
    return false;
}

static bool next_with_scheme(struct laz_links *l)
{
    while (l->at < l->all.len) {
        size_t colon = l->at + laz_view_find_byte(laz_view_from_offset(l->all, l->at), ':');

        l->at = colon + 1;
        if (colon < l->all.len && link_at(l, colon))
            return true;
    }
    return false;
}

static bool next_name(struct laz_links *l)
{
    while (l->at < l->all.len) {
        size_t at = l->at + laz_view_find(laz_view_from_offset(l->all, l->at), laz_view_of("www."));
        struct cursor c = {l->all, at, 1};

        l->at = at + 1;
        if (at >= l->all.len || (at > 0 && (is_word(l->all.data[at - 1]) ||
                                            strchr("/.-@", l->all.data[at - 1]) != NULL)))
            continue;
        l->len = 0;
        take_rest(l, &c);
        l->at = c.at > at ? c.at : at + 1;
        return true;
    }
    return false;
}

bool laz_links_next(struct laz_links *l)
{
    if (!l->names) {
        if (next_with_scheme(l))
            return true;
        l->names = true;
        l->at = 0;
    }
    return next_name(l);
}

void laz_link_defang(struct laz_view link, char *out, size_t size)
{
    size_t n = 0;
    bool in_host = true;

    for (size_t i = 0; i < link.len && n + 4 < size; i++) {
        uint8_t c = link.data[i];

        if (c == '/' && i > 0 && link.data[i - 1] != '/' && link.data[i - 1] != ':')
            in_host = false;
        if (i < 4 && (c == 't') && laz_view_starts(link, laz_view_of("http"))) {
            out[n++] = 'x';
        } else if (c == '.' && in_host) {
            memcpy(out + n, "[.]", 3);
            n += 3;
        } else {
            out[n++] = c >= ' ' && c < 0x7f ? (char)c : '_';
        }
    }
    if (size > 0)
        out[n] = '\0';
}
