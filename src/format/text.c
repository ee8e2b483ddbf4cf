/* Text and what is written in it: pages, mails, and content encoded as text. */
#include <string.h>

#include "format/identify_priv.h"

#define LOOK_AT     8192 /* bytes that decide whether an object is text */
#define HTML_WITHIN 1024
#define MAIL_WITHIN 4096
#define ENCODED_MIN 256 /* base64 characters in a row that are content, not a cookie */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool starts_nocase(struct laz_view v, const char *word)
{
    size_t len = strlen(word);

    if (v.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(v.data[i]) != (uint8_t)word[i])
            return false;
    return true;
}

/* Where c (in lower case) stands next in any case, from at on. */
static size_t find_byte_nocase(struct laz_view v, size_t at, uint8_t c)
{
    if (c < 'a' || c > 'z') /* one form, which the C library finds sooner */
        return at + laz_view_find_byte(laz_view_from_offset(v, at), c);
    while (at < v.len && lower(v.data[at]) != c)
        at++;
    return at;
}

/* Offset of word (in lower case) in any case, or v.len. */
static size_t find_nocase(struct laz_view v, const char *word)
{
    uint8_t first = (uint8_t)word[0];

    for (size_t i = find_byte_nocase(v, 0, first); i < v.len; i = find_byte_nocase(v, i + 1, first))
        if (starts_nocase(laz_view_from_offset(v, i), word))
            return i;
    return v.len;
}

static bool has_nocase(struct laz_view v, const char *word)
{
    return find_nocase(v, word) < v.len;
}

static bool is_control(uint8_t c)
{
    const uint32_t usual =
        1u << '\b' | 1u << '\t' | 1u << '\n' | 1u << '\f' | 1u << '\r' | 1u << 27;

    return c < 32 && (usual >> c & 1) == 0;
}

static bool is_text(struct laz_view v)
{
    struct laz_view head = laz_view_first(v, LOOK_AT);

    if (laz_view_starts(v, laz_view_of("\xFF\xFE")) || laz_view_starts(v, laz_view_of("\xFE\xFF")))
        return true; /* UTF-16 */
    for (size_t i = 0; i < head.len; i++)
        if (is_control(head.data[i]))
            return false;
    return true;
}

static bool is_html(struct laz_view v)
{
    static const char *const starts[] = {"<!doctype html", "<html", "<head", "<body", "<script",
                                         "<iframe",        "<a ",   "<meta", "<table"};
    struct laz_view head = laz_view_first(v, HTML_WITHIN);

    if (laz_view_starts(head, laz_view_of("\xEF\xBB\xBF")))
        head = laz_view_from_offset(head, 3);
    head = laz_view_trim(head);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (starts_nocase(head, starts[i]))
            return true;
    return has_nocase(head, "<html");
}

/* A mail begins with header lines, and has at least one that nothing else has. */
static bool is_mail(struct laz_view v)
{
    static const char *const sure[] = {"\nmime-version:", "\nmessage-id:", "\nreceived:",
                                       "\nreturn-path:",  "\nsubject:",    "\ncontent-type:"};
    struct laz_view head = laz_view_first(v, MAIL_WITHIN);
    size_t name = laz_view_find_byte(head, ':'), line = laz_view_find_byte(head, '\n');

    if (!starts_nocase(head, "from ") && (name == 0 || name >= line || name > 64))
        return false;
    for (size_t i = 0; i < name && !starts_nocase(head, "from "); i++)
        if (head.data[i] <= ' ' || head.data[i] >= 127)
            return false;
    if (!starts_nocase(head, "from") && !has_nocase(head, "\nfrom:"))
        return false;
    for (size_t i = 0; i < sizeof sure / sizeof *sure; i++)
        if (has_nocase(head, sure[i]))
            return true;
    return false;
}

/* "begin 644 name", or "begin-base64 644 name" */
static bool is_uu_line(struct laz_view v)
{
    struct laz_view mode;
    uint64_t at = laz_view_starts(v, laz_view_of("begin-base64 ")) ? 13 : 6;

    return (at == 13 || laz_view_starts(v, laz_view_of("begin "))) &&
           laz_view_at(v, at, 4, &mode) && mode.data[0] >= '0' && mode.data[0] <= '7' &&
           mode.data[1] >= '0' && mode.data[1] <= '7' && mode.data[2] >= '0' &&
           mode.data[2] <= '7' && mode.data[3] == ' ';
}

enum laz_text_kind laz_text_kind(struct laz_view bytes)
{
    if (!is_text(bytes))
        return LAZ_TEXT_NONE;
    if (is_uu_line(bytes))
        return LAZ_TEXT_UU;
    if (is_html(bytes))
        return LAZ_TEXT_HTML;
    return is_mail(bytes) ? LAZ_TEXT_MAIL : LAZ_TEXT_PLAIN;
}

bool laz_mail_has_encoded(struct laz_view bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        struct laz_view line = laz_view_from_offset(bytes, at);
        size_t len = laz_view_find_byte(line, '\n');

        if (is_uu_line(line) || laz_view_starts(line, laz_view_of("=ybegin ")))
            return true;
        if (starts_nocase(line, "content-transfer-encoding:") &&
            has_nocase(laz_view_first(line, len), "base64"))
            return true;
        at += len + 1;
    }
    return false;
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '%';
}

static size_t base64_run(struct laz_view v)
{
    size_t n = 0;

    while (n < v.len && is_base64(v.data[n]))
        n++;
    return n;
}

/* Pictures and fonts that a page carries in itself are only shown. */
static bool is_shown_only(struct laz_view url)
{
    return starts_nocase(url, "data:image/") || starts_nocase(url, "data:font/") ||
           starts_nocase(url, "data:application/font") ||
           starts_nocase(url, "data:application/x-font");
}

bool laz_html_has_encoded(struct laz_view bytes)
{
    for (size_t at = find_nocase(bytes, "data:"); at < bytes.len;
         at = find_nocase(bytes, "data:")) {
        struct laz_view url = laz_view_from_offset(bytes, at);
        struct laz_view head = laz_view_first(url, 256);
        size_t mark = find_nocase(head, ";base64,");

        if (mark < head.len && !is_shown_only(url) &&
            base64_run(laz_view_from_offset(url, mark + 8)) >= ENCODED_MIN)
            return true;
        bytes = laz_view_from_offset(url, 5);
    }
    return false;
}

bool laz_rtf_has_object(struct laz_view bytes)
{
    return has_nocase(bytes, "\\obj") || has_nocase(bytes, "\\bin");
}
