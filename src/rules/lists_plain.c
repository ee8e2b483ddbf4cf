#include "rules/lists_priv.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Words that files of hosts name for the machine itself. */
static bool is_local(struct laz_view name)
{
    static const char *const names[] = {"localhost",      "localhost.localdomain", "local",
                                        "broadcasthost",  "ip6-localhost",         "ip6-loopback",
                                        "ip6-localnet",   "ip6-mcastprefix",       "ip6-allnodes",
                                        "ip6-allrouters", "ip6-allhosts",          "0.0.0.0"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (laz_view_equal_text(name, names[i]))
            return true;
    return false;
}

/* The addresses by which files of hosts lead names nowhere. */
static bool is_sink(struct laz_view v)
{
    static const char *const sinks[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};

    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++)
        if (laz_view_equal_text(v, sinks[i]))
            return true;
    return false;
}

static bool take_word(struct laz_view *v, struct laz_view *out)
{
    size_t n = 0;

    while (v->len > 0 && is_blank(v->data[0]))
        laz_ignore(!laz_skip(v, 1)); /* there is one */
    while (n < v->len && !is_blank(v->data[n]))
        n++;
    return n > 0 && laz_take(v, n, out);
}

/* Without what follows a '#' at the start or behind a blank: in a URL it is something else. */
static struct laz_view without_comment(struct laz_view line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] == '#' && (i == 0 || is_blank(line.data[i - 1])))
            return laz_view_first(line, i);
    return line;
}

/* "||host^" of lists for browsers is "host". */
static struct laz_view without_bars(struct laz_view word)
{
    if (laz_view_starts(word, laz_view_of("||")) && word.data[word.len - 1] == '^')
        return laz_view_first(laz_view_from_offset(word, 2), word.len - 3);
    return word;
}

/* "DIGEST:SIZE" too. */
static void set_indicator(struct laz_list_row *row, struct laz_view word, const uint8_t *line_start)
{
    size_t colon = laz_view_find_byte(word, ':');

    row->column = (uint32_t)(word.data - line_start) + 1;
    row->columns[LAZ_ROLE_INDICATOR] = row->column;
    if (colon == 32 || colon == 40 || colon == 64) {
        row->fields[LAZ_ROLE_SIZE] = laz_view_from_offset(word, colon + 1);
        word = laz_view_first(word, colon);
    }
    row->fields[LAZ_ROLE_INDICATOR] = word;
}

static enum laz_status read_line(struct laz_list_reader *r, struct laz_view line, uint32_t number,
                                 struct laz_error *err)
{
    struct laz_view rest = without_comment(line), word, more;
    struct laz_list_row row = {.line = number};
    enum laz_status s = LAZ_OK;

    if (!take_word(&rest, &word))
        return LAZ_OK;
    if (!is_sink(word) || !take_word(&rest, &more)) {
        /* What follows a digest is the name of its file; behind others stands nothing of use. */
        set_indicator(&row, without_bars(word), line.data);
        return laz_list_take(r, &row, err);
    }
    do {
        if (is_local(more))
            continue;
        set_indicator(&row, more, line.data);
        s = laz_list_take(r, &row, err);
    } while (s == LAZ_OK && take_word(&rest, &more));
    return s;
}

/* Comments of other kinds than '#'. */
static bool is_comment(struct laz_view line)
{
    return line.len == 0 || line.data[0] == ';' || line.data[0] == '!' ||
           laz_view_starts(line, laz_view_of("//"));
}

enum laz_status laz_list_read_plain(struct laz_list_reader *r, struct laz_error *err)
{
    struct laz_view rest = r->source->text, line;
    enum laz_status s = LAZ_OK;

    if (laz_view_starts(rest, laz_view_of("\xef\xbb\xbf")))
        rest = laz_view_from_offset(rest, 3);
    for (uint32_t number = 1; s == LAZ_OK && laz_take_until(&rest, '\n', &line); number++) {
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (!is_comment(laz_view_trim(line)))
            s = read_line(r, line, number, err);
    }
    return s;
}
