#include "box/yara_print.h"

#include <string.h>

#include "wire/yara_message.h"

#define DATA_LEN_MAX 512u /* of a match, YARA's MAX_MATCH_DATA; its length is cut there too */
#define HEX_LEN_MAX  64u

/* All additions below: a refusal stays marked in the buffer. */

/* As a string of C; what has no letter there is octal. */
static void print_meta_text(struct laz_buf *out, struct laz_view text)
{
    static const char plain[] = "\a\b\t\n\v\f\r'\"\\", letters[] = "abtnvfr'\"\\";
    uint8_t c;

    while (laz_take_u8(&text, &c)) {
        const char *at = c == 0 ? NULL : strchr(plain, c);

        if (at != NULL)
            laz_buf_addf(out, "\\%c", letters[at - plain]);
        else
            laz_buf_addf(out, c >= ' ' && c <= '~' ? "%c" : "\\%03o", c);
    }
}

static void print_meta(struct laz_buf *out, const struct laz_meta *meta)
{
    laz_buf_add_text(out, meta->name);
    if (meta->value.kind == LAZ_VALUE_TEXT) {
        laz_buf_add_text(out, "=\"");
        print_meta_text(out, meta->value.text);
        laz_buf_add_text(out, "\"");
    } else if (meta->is_truth) {
        laz_buf_add_text(out, meta->value.n != 0 ? "=true" : "=false");
    } else {
        laz_buf_addf(out, " =%lld", (long long)meta->value.n); /* the blank is yara's */
    }
}

static void print_metas(const struct laz_yara_line *line, const struct laz_hit *hit,
                        struct laz_buf *out)
{
    uint32_t count = laz_database_meta_count(line->db, hit->rule);
    struct laz_meta meta;

    laz_buf_add_text(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            laz_buf_add_text(out, ",");
        laz_database_meta_get(line->db, hit->rule, i, &meta);
        print_meta(out, &meta);
    }
    laz_buf_add_text(out, "] ");
}

static void print_tags(const struct laz_hit *hit, struct laz_buf *out)
{
    struct laz_view rest = laz_view_of(hit->tags), tag;
    const char *comma = "";

    laz_buf_add_text(out, "[");
    while (laz_take_until(&rest, ' ', &tag)) {
        laz_buf_add_text(out, comma);
        laz_buf_add(out, tag);
        comma = ",";
    }
    laz_buf_add_text(out, "] ");
}

static void print_text(struct laz_buf *out, struct laz_view data, uint8_t key)
{
    uint8_t c;

    while (laz_take_u8(&data, &c)) {
        c ^= key;
        laz_buf_addf(out, c >= ' ' && c <= '~' ? "%c" : "\\x%02X", c);
    }
}

static void print_hex(struct laz_buf *out, struct laz_view data)
{
    for (size_t i = 0; i < data.len && i < HEX_LEN_MAX; i++)
        laz_buf_addf(out, i == 0 ? "%02X" : " %02X", data.data[i]);
    if (data.len > HEX_LEN_MAX)
        laz_buf_add_text(out, " ...");
}

static void print_place(const struct laz_yara_line *line, const struct laz_pattern_places *p,
                        const struct laz_place *place, struct laz_buf *out)
{
    struct laz_view data = laz_view_first(
        laz_view_first(laz_view_from_offset(line->bytes, place->offset), place->len), DATA_LEN_MAX);
    uint8_t key = p->is_xor && data.len > 0 ? data.data[0] ^ p->first : 0;

    laz_buf_addf(out, "0x%llx:", (unsigned long long)place->offset);
    if ((line->show & LAZ_YARA_SHOW_LENGTH) != 0)
        laz_buf_addf(out, "%zu:", data.len);
    laz_buf_add_text(out, p->name[0] == '\0' ? "$" : p->name);
    if ((line->show & LAZ_YARA_SHOW_KEY) != 0) {
        laz_buf_addf(out, ":xor(0x%02x,", key);
        print_text(out, data, key);
        laz_buf_add_text(out, ")");
    }
    if ((line->show & LAZ_YARA_SHOW_STRINGS) != 0) {
        laz_buf_add_text(out, ": ");
        if (p->is_hex)
            print_hex(out, data);
        else
            print_text(out, data, 0);
    }
    laz_buf_add_text(out, "\n");
}

static void print_strings(const struct laz_yara_line *line, const struct laz_hit *hit,
                          struct laz_buf *out)
{
    uint32_t count = laz_matcher_pattern_count(line->matcher, hit);
    struct laz_pattern_places places;

    for (uint32_t i = 0; i < count; i++) {
        laz_matcher_pattern(line->matcher, hit, i, &places);
        if ((line->show & LAZ_YARA_SHOW_FIRST) != 0 && places.exists_only && places.count > 1)
            places.count = 1;
        for (uint32_t k = 0; !places.is_private && k < places.count; k++)
            print_place(line, &places, &places.places[k], out);
    }
}

void laz_yara_print_rule(const struct laz_yara_line *line, const struct laz_hit *hit,
                         struct laz_buf *out)
{
    const char *space =
        hit->name_space != NULL && hit->name_space[0] != '\0' ? hit->name_space : "default";

    if ((line->show & LAZ_YARA_SHOW_NAME_SPACE) != 0)
        laz_buf_addf(out, "%s:", space);
    laz_buf_addf(out, "%s ", hit->name);
    if ((line->show & LAZ_YARA_SHOW_TAGS) != 0)
        print_tags(hit, out);
    if ((line->show & LAZ_YARA_SHOW_METAS) != 0)
        print_metas(line, hit, out);
    laz_buf_add(out, line->path);
    laz_buf_add_text(out, "\n");
    if (line->matcher != NULL &&
        (line->show & (LAZ_YARA_SHOW_STRINGS | LAZ_YARA_SHOW_LENGTH | LAZ_YARA_SHOW_KEY)) != 0)
        print_strings(line, hit, out);
}
