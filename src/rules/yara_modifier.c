#include "base/number.h"
#include "rules/yara_priv.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static enum laz_status take_key(struct laz_yara *y, uint8_t *out, struct laz_error *err)
{
    if (y->word.kind != LAZ_YARA_NUMBER || y->word.number > 255)
        return laz_yara_expected(y, "a number from 0 to 255", err);
    *out = (uint8_t)y->word.number;
    laz_yara_advance(y);
    return LAZ_OK;
}

/* xor, xor(n), xor(n-m) */
static enum laz_status take_xor(struct laz_yara *y, struct laz_yara_modifiers *m,
                                struct laz_error *err)
{
    enum laz_status s;

    m->xor_last = 255;
    laz_yara_advance(y);
    if (!laz_yara_take(y, "("))
        return LAZ_OK;
    s = take_key(y, &m->xor_first, err);
    m->xor_last = m->xor_first;
    if (s == LAZ_OK && laz_yara_take(y, "-"))
        s = take_key(y, &m->xor_last, err);
    if (s == LAZ_OK && m->xor_last < m->xor_first)
        return laz_yara_fail(y, LAZ_INVALID, "expected a range whose end is not before its start",
                             "", err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

/* ("alphabet") behind base64 or base64wide, which must be the same for both. */
static enum laz_status take_alphabet(struct laz_yara *y, struct laz_yara_modifiers *m,
                                     struct laz_error *err)
{
    uint8_t alphabet[sizeof m->alphabet];
    bool is_second = (m->given & LAZ_YARA_BASE64) != 0 && (m->given & LAZ_YARA_BASE64WIDE) != 0;
    size_t len = 0;

    memcpy(alphabet, ALPHABET, sizeof alphabet);
    if (laz_yara_take(y, "(")) {
        if (y->word.kind != LAZ_YARA_TEXT ||
            !laz_yara_unescape_into(y->word.text, alphabet, sizeof alphabet, &len) ||
            len != sizeof alphabet)
            return laz_yara_expected(y, "an alphabet of 64 bytes", err);
        if (is_second && memcmp(alphabet, m->alphabet, sizeof alphabet) != 0)
            return laz_yara_fail(y, LAZ_INVALID, "expected one alphabet for both",
                                 "base64 and base64wide of a string have the same", err);
        laz_yara_advance(y);
        memcpy(m->alphabet, alphabet, sizeof alphabet);
        return laz_yara_need(y, ")", err);
    }
    if (is_second && memcmp(alphabet, m->alphabet, sizeof alphabet) != 0)
        return laz_yara_fail(y, LAZ_INVALID, "expected one alphabet for both",
                             "base64 and base64wide of a string have the same", err);
    return LAZ_OK;
}

/* YARA's documentation, "String Modifier Summary": what goes where, and what excludes what. */
static const struct modifier {
    const char *name;
    unsigned flag, kinds, excludes;
} modifiers[] = {
    {"ascii", LAZ_YARA_ASCII, LAZ_YARA_ON_TEXT | LAZ_YARA_ON_REGEX, 0},
    {"wide", LAZ_YARA_WIDE, LAZ_YARA_ON_TEXT | LAZ_YARA_ON_REGEX, 0},
    {"nocase", LAZ_YARA_NOCASE, LAZ_YARA_ON_TEXT | LAZ_YARA_ON_REGEX,
     LAZ_YARA_XOR | LAZ_YARA_BASE64 | LAZ_YARA_BASE64WIDE},
    {"fullword", LAZ_YARA_FULLWORD, LAZ_YARA_ON_TEXT | LAZ_YARA_ON_REGEX,
     LAZ_YARA_BASE64 | LAZ_YARA_BASE64WIDE},
    {"xor", LAZ_YARA_XOR, LAZ_YARA_ON_TEXT,
     LAZ_YARA_NOCASE | LAZ_YARA_BASE64 | LAZ_YARA_BASE64WIDE},
    {"base64", LAZ_YARA_BASE64, LAZ_YARA_ON_TEXT,
     LAZ_YARA_NOCASE | LAZ_YARA_XOR | LAZ_YARA_FULLWORD},
    {"base64wide", LAZ_YARA_BASE64WIDE, LAZ_YARA_ON_TEXT,
     LAZ_YARA_NOCASE | LAZ_YARA_XOR | LAZ_YARA_FULLWORD},
    {"private", LAZ_YARA_PRIVATE, LAZ_YARA_ON_TEXT | LAZ_YARA_ON_REGEX | LAZ_YARA_ON_HEX, 0},
};
#define MODIFIERS (sizeof modifiers / sizeof *modifiers)

static const struct modifier *find_modifier(const struct laz_yara *y)
{
    for (size_t i = 0; i < MODIFIERS; i++)
        if (laz_yara_is(y, modifiers[i].name))
            return &modifiers[i];
    return NULL;
}

static enum laz_status fail_modifier(const struct laz_yara *y, enum laz_yara_string_kind kind,
                                     struct laz_error *err)
{
    static const char text[] = "ascii, wide, nocase, fullword, xor, base64, base64wide, private or "
                               "the next string";
    static const char regex[] = "ascii, wide, nocase, fullword, private or the next string";
    static const char hex[] = "private or the next string";

    return laz_yara_expected(y,
                             kind == LAZ_YARA_ON_TEXT    ? text
                             : kind == LAZ_YARA_ON_REGEX ? regex
                                                         : hex,
                             err);
}

static enum laz_status fail_excluded(const struct laz_yara *y, const struct modifier *modifier,
                                     unsigned given, struct laz_error *err)
{
    char remedy[64] = "";

    for (size_t i = 0; i < MODIFIERS; i++)
        if ((modifier->excludes & given & modifiers[i].flag) != 0)
            snprintf(remedy, sizeof remedy, "expected %s or %s", modifiers[i].name, modifier->name);
    return laz_yara_fail(y, LAZ_INVALID, "these modifiers exclude one another", remedy, err);
}

static enum laz_status take_modifier(struct laz_yara *y, struct laz_yara_modifiers *m,
                                     enum laz_yara_string_kind kind, struct laz_error *err)
{
    const struct modifier *modifier = find_modifier(y);

    if (modifier == NULL || (modifier->kinds & kind) == 0)
        return fail_modifier(y, kind, err);
    if ((m->given & modifier->flag) != 0)
        return laz_yara_fail(y, LAZ_INVALID, "this modifier stands there twice", "expected it once",
                             err);
    if ((m->given & modifier->excludes) != 0)
        return fail_excluded(y, modifier, m->given, err);
    m->given |= modifier->flag;
    if (modifier->flag == LAZ_YARA_XOR)
        return take_xor(y, m, err);
    laz_yara_advance(y);
    if (modifier->flag == LAZ_YARA_BASE64 || modifier->flag == LAZ_YARA_BASE64WIDE)
        return take_alphabet(y, m, err);
    return LAZ_OK;
}

enum laz_status laz_yara_take_modifiers(struct laz_yara *y, struct laz_yara_modifiers *m,
                                        enum laz_yara_string_kind kind, struct laz_error *err)
{
    *m = (struct laz_yara_modifiers){.given = 0};
    memcpy(m->alphabet, ALPHABET, sizeof m->alphabet);
    while (y->word.kind == LAZ_YARA_NAME && !laz_yara_is(y, "condition")) {
        enum laz_status s = take_modifier(y, m, kind, err);

        if (s != LAZ_OK)
            return s;
    }
    m->wide = (m->given & LAZ_YARA_WIDE) != 0;
    m->ascii = (m->given & LAZ_YARA_ASCII) != 0 || !m->wide;
    m->nocase = (m->given & LAZ_YARA_NOCASE) != 0;
    m->fullword = (m->given & LAZ_YARA_FULLWORD) != 0;
    m->base64 = (m->given & LAZ_YARA_BASE64) != 0;
    m->base64wide = (m->given & LAZ_YARA_BASE64WIDE) != 0;
    m->is_private = (m->given & LAZ_YARA_PRIVATE) != 0;
    return LAZ_OK;
}

/* The characters of text in base64 that are the same whatever stands around it, when skip bytes of
 * a group of three stand before it. out has room for 2 * len + 4 bytes. */
size_t laz_yara_base64(const struct laz_yara_modifiers *m, const uint8_t *text, size_t len,
                       unsigned skip, uint8_t *out)
{
    size_t count = 0;
    size_t first = skip == 0 ? 0 : skip + 1u, last = (8 * (len + skip)) / 6;

    for (size_t i = first; i < last; i++) {
        unsigned bits = 0;

        for (size_t bit = 6 * i; bit < 6 * i + 6; bit++) {
            uint8_t byte = text[bit / 8 - skip];

            bits = bits << 1 | (byte >> (7 - bit % 8) & 1u);
        }
        out[count++] = m->alphabet[bits];
    }
    return count;
}
