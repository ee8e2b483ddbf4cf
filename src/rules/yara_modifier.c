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
    m->is_xor = true;
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

/* base64, base64("alphabet"), base64wide likewise */
static enum laz_status take_base64(struct laz_yara *y, struct laz_yara_modifiers *m,
                                   struct laz_error *err)
{
    size_t len = 0;

    m->base64 = m->base64 || laz_yara_is(y, "base64");
    m->base64wide = m->base64wide || laz_yara_is(y, "base64wide");
    laz_yara_advance(y);
    if (!laz_yara_take(y, "("))
        return LAZ_OK;
    if (y->word.kind != LAZ_YARA_TEXT || y->word.text.len > 4 * sizeof m->alphabet ||
        (y->word.text.len < sizeof m->alphabet))
        return laz_yara_expected(y, "an alphabet of 64 bytes", err);
    if (!laz_yara_unescape_into(y->word.text, m->alphabet, sizeof m->alphabet, &len) ||
        len != sizeof m->alphabet)
        return laz_yara_expected(y, "an alphabet of 64 bytes", err);
    laz_yara_advance(y);
    return laz_yara_need(y, ")", err);
}

static bool *flag_of(struct laz_yara_modifiers *m, const struct laz_yara *y)
{
    if (laz_yara_is(y, "ascii"))
        return &m->ascii;
    if (laz_yara_is(y, "wide"))
        return &m->wide;
    if (laz_yara_is(y, "nocase"))
        return &m->nocase;
    if (laz_yara_is(y, "fullword"))
        return &m->fullword;
    return NULL;
}

static enum laz_status take_modifier(struct laz_yara *y, struct laz_yara_modifiers *m, bool is_text,
                                     struct laz_error *err)
{
    bool *flag = is_text ? flag_of(m, y) : NULL;

    if (is_text && laz_yara_is(y, "xor"))
        return take_xor(y, m, err);
    if (is_text && (laz_yara_is(y, "base64") || laz_yara_is(y, "base64wide")))
        return take_base64(y, m, err);
    if (flag != NULL)
        *flag = true;
    else if (!laz_yara_is(y, "private"))
        return laz_yara_expected(y,
                                 is_text ? "ascii, wide, nocase, fullword, xor, base64, "
                                           "base64wide, private or the next string"
                                         : "private or the next string",
                                 err);
    laz_yara_advance(y);
    return LAZ_OK;
}

enum laz_status laz_yara_take_modifiers(struct laz_yara *y, struct laz_yara_modifiers *m,
                                        bool is_text, struct laz_error *err)
{
    bool is_base64;

    *m = (struct laz_yara_modifiers){.ascii = false};
    memcpy(m->alphabet, ALPHABET, sizeof m->alphabet);
    while (y->word.kind == LAZ_YARA_NAME && !laz_yara_is(y, "condition")) {
        enum laz_status s = take_modifier(y, m, is_text, err);

        if (s != LAZ_OK)
            return s;
    }
    is_base64 = m->base64 || m->base64wide;
    if ((m->is_xor && (m->nocase || is_base64)) || (is_base64 && (m->nocase || m->fullword)))
        return laz_yara_fail(y, LAZ_INVALID, "these modifiers exclude one another",
                             "xor goes with ascii, wide and private; base64 too", err);
    if (m->is_xor && m->fullword)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "xor with fullword is not supported",
                             "expected one of both", err);
    if (!m->wide)
        m->ascii = true;
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
