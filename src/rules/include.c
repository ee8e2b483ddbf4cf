#include "rules/include.h"

#include <string.h>

static bool is_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct laz_view skip_blanks(struct laz_view v)
{
    while (v.len > 0 && (v.data[0] == ' ' || v.data[0] == '\t'))
        v = laz_view_from_offset(v, 1);
    return v;
}

bool laz_include_next(struct laz_view *text, struct laz_view *name)
{
    static const char word[] = "include";

    for (;;) {
        size_t at = laz_view_find(*text, laz_view_of(word));
        bool begins = at == 0 || !is_name(text->data[at - 1]);
        size_t end;

        if (at == text->len)
            return false;
        *text = skip_blanks(laz_view_from_offset(*text, at + strlen(word)));
        if (!begins || text->len == 0 || text->data[0] != '"')
            continue;
        *text = laz_view_from_offset(*text, 1);
        end = laz_view_find_byte(*text, '"');
        *name = laz_view_first(*text, end);
        if (end < text->len && end > 0 && laz_view_find_byte(*name, '\n') == end)
            return true;
    }
}

static bool take_prefix(struct laz_view *v, const char *prefix)
{
    return laz_view_starts(*v, laz_view_of(prefix)) && laz_skip(v, strlen(prefix));
}

/* The folder above, which ends with a slash. False when only the system could say which it is. */
static bool go_up(struct laz_view *folder)
{
    size_t len = folder->len;

    while (len > 1 && folder->data[len - 2] != '/')
        len--;
    len -= len > 0; /* where the last part begins */
    if (folder->len == 0 || laz_view_equal_text(laz_view_from_offset(*folder, len), "../") ||
        laz_view_equal_text(laz_view_from_offset(*folder, len), "./") || folder->len - len < 2)
        return false;
    *folder = laz_view_first(*folder, len);
    return true;
}

/* Files that include one another in a circle are found by their names, so these are kept short. */
enum laz_status laz_include_path(const char *from, struct laz_view name, struct laz_buf *out)
{
    const char *slash = strrchr(from, '/');
    struct laz_view folder = laz_view_from(
        from,
        slash != NULL && name.len > 0 && name.data[0] != '/' ? (size_t)(slash - from) + 1 : 0);

    for (;;) {
        struct laz_view up = folder, rest = name;

        if (take_prefix(&name, "./"))
            continue;
        if (!take_prefix(&rest, "../") || !go_up(&up))
            break;
        folder = up;
        name = rest;
    }
    laz_buf_reset(out);
    laz_ignore(laz_buf_add(out, folder)); /* the buffer remembers a refusal */
    return laz_buf_add(out, name);
}
