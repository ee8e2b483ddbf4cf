#include "generate.h"

#include "base/number.h"

/* Few letters, so that much matches by chance. */
static const char letters[] = "ABab1 ";
#define LETTERS (sizeof letters - 1)

static uint64_t roll(struct dice *dice, uint64_t sides)
{
    uint64_t n;

    dice->state += UINT64_C(0x9e3779b97f4a7c15);
    n = dice->state;
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return (n ^ n >> 31) % sides;
}

static char letter(struct dice *dice)
{
    return letters[roll(dice, LETTERS)];
}

static void add(struct laz_buf *b, const char *text)
{
    LAZ_ASSERT(laz_buf_add_text(b, text) == LAZ_OK);
}

static void add_number(struct laz_buf *b, const char *format, unsigned n)
{
    char text[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats stand in this file */
    snprintf(text, sizeof text, format, n);
#pragma GCC diagnostic pop
    add(b, text);
}

/* What begins so is no text to ClamAV, which would look for bodies in its lower case as well. */
static const uint8_t no_text[] = {1, 2, 3, 4, 0, 5, 6, 7};

void generate_object(struct dice *dice, struct laz_buf *out)
{
    uint64_t len = 24 + roll(dice, 400);
    bool wide = roll(dice, 4) == 0;

    LAZ_ASSERT(laz_buf_add(out, laz_view_from(no_text, sizeof no_text)) == LAZ_OK);
    for (uint64_t i = 0; i < len; i++) {
        LAZ_ASSERT(laz_buf_add_u8(out, (uint8_t)letter(dice)) == LAZ_OK);
        if (wide && roll(dice, 8) > 0)
            LAZ_ASSERT(laz_buf_add_u8(out, 0) == LAZ_OK);
    }
}

static void add_text_string(struct dice *dice, struct laz_buf *out)
{
    static const char *const modifiers[] = {"",
                                            " nocase",
                                            " wide",
                                            " wide ascii",
                                            " fullword",
                                            " wide fullword",
                                            " ascii wide nocase",
                                            " nocase fullword",
                                            " xor(0-3)",
                                            " xor(1-3) wide ascii"};
    uint64_t len = 2 + roll(dice, 4);

    add(out, "\"");
    for (uint64_t i = 0; i < len; i++)
        add_number(out, "%c", (unsigned)letter(dice));
    add(out, "\"");
    add(out, modifiers[roll(dice, sizeof modifiers / sizeof *modifiers)]);
}

static void add_hex_byte(struct dice *dice, struct laz_buf *out, bool may_be_wild)
{
    unsigned c = (unsigned)letter(dice);

    switch (may_be_wild ? roll(dice, 8) : 7) {
    case 0:
        add(out, "??");
        break;
    case 1:
        add_number(out, "%X?", c >> 4);
        break;
    case 2:
        add_number(out, "?%X", c & 15);
        break;
    default:
        add_number(out, "%02X", c);
    }
}

static void add_alternatives(struct dice *dice, struct laz_buf *out, const char *open,
                             uint64_t len_max)
{
    uint64_t count = 2 + roll(dice, 2);

    add(out, open);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = len_max == 1 ? 1 : 1 + roll(dice, len_max);

        if (i > 0)
            add(out, "|");
        for (uint64_t j = 0; j < len; j++)
            add_hex_byte(dice, out, false);
    }
    add(out, ")");
}

static void add_hex_string(struct dice *dice, struct laz_buf *out)
{
    uint64_t len = 1 + roll(dice, 4);
    bool has_jump = false; /* yara 4.2.3 misses some matches of two jumps: see jumps.py */

    add(out, "{ ");
    add_hex_byte(dice, out, false);
    add_hex_byte(dice, out, false);
    for (uint64_t i = 0; i < len; i++) {
        uint64_t kind = roll(dice, 8);

        if (kind == 0 && !has_jump) {
            has_jump = true;
            add_number(out, " [%u-", (unsigned)roll(dice, 3));
            add_number(out, "%u] ", (unsigned)(3 + roll(dice, 4)));
        } else if (kind == 1) {
            add_alternatives(dice, out, " (", 2);
        }
        add_hex_byte(dice, out, true);
    }
    add_hex_byte(dice, out, false);
    add(out, " }");
}

static void add_condition(struct dice *dice, struct laz_buf *out, unsigned strings)
{
    unsigned a = (unsigned)roll(dice, strings), n = (unsigned)roll(dice, 12);

    switch (roll(dice, 14)) {
    case 0:
        add(out, "any of them");
        break;
    case 1:
        add(out, "all of them");
        break;
    case 2:
        add_number(out, "%u of them", 1 + (unsigned)roll(dice, strings));
        break;
    case 3:
        add_number(out, "#s%u > ", a);
        add_number(out, "%u", n / 3);
        break;
    case 4:
        add_number(out, "$s%u at ", a);
        add_number(out, "%u", n);
        break;
    case 5:
        add_number(out, "$s%u in (", a);
        add_number(out, "%u..", n);
        add_number(out, "%u)", n + (unsigned)roll(dice, 40));
        break;
    case 6:
        add_number(out, "@s%u[", a);
        add_number(out, "%u] ", 1 + n / 4);
        add_number(out, "< %u", 10 + 5 * n);
        break;
    case 7:
        add_number(out, "filesize > %u", 24 + 20 * n);
        break;
    case 8:
        add_number(out, "uint8(%u) == 0x41", n);
        break;
    case 9:
        add_number(out, "uint16be(%u) ", n);
        add_number(out, "& 0x%xF0F != 0x4141", (unsigned)roll(dice, 16));
        break;
    case 10:
        add_number(out, "for any of them : ( $ at %u or ", n);
        add_number(out, "# > %u )", n / 2);
        break;
    case 11:
        add_number(out, "not $s%u", a);
        break;
    case 12:
        add_number(out, "#s%u * 2 + 1 >= ", a);
        add_number(out, "filesize \\ %u", 10 + 3 * n);
        break;
    default:
        add_number(out, "$s%u", a);
    }
}

void generate_yara_rule(struct dice *dice, size_t number, struct laz_buf *out)
{
    static const char *const joints[] = {" and ", " or ", " and not "};
    unsigned strings = 1 + (unsigned)roll(dice, 3), terms = 1 + (unsigned)roll(dice, 3);

    add_number(out, "rule r%03u\n{\n    strings:\n", (unsigned)number);
    for (unsigned i = 0; i < strings; i++) {
        add_number(out, "        $s%u = ", i);
        if (roll(dice, 2) == 0)
            add_text_string(dice, out);
        else
            add_hex_string(dice, out);
        add(out, "\n");
    }
    add(out, "    condition:\n        (");
    for (unsigned i = 0; i < terms; i++) {
        if (i > 0)
            add(out, joints[roll(dice, 3)]);
        add_condition(dice, out, strings);
    }
    add(out, ") and for all of them : ( # >= 0 )\n}\n"); /* every string is used */
}

static void add_clamav_offset(struct dice *dice, struct laz_buf *out)
{
    switch (roll(dice, 6)) {
    case 0:
        add_number(out, "%u", (unsigned)roll(dice, 12));
        break;
    case 1:
        add_number(out, "%u,", (unsigned)roll(dice, 12));
        add_number(out, "%u", 1 + (unsigned)roll(dice, 40));
        break;
    case 2:
        add_number(out, "EOF-%u", 8 + (unsigned)roll(dice, 30));
        break;
    default:
        add(out, "*");
    }
}

/* ClamAV wants two whole bytes at the start of each part. */
static void add_clamav_part(struct dice *dice, struct laz_buf *out)
{
    uint64_t len = roll(dice, 3);

    for (unsigned i = 0; i < 3; i++)
        add_hex_byte(dice, out, false);
    for (uint64_t i = 0; i < len; i++)
        add_hex_byte(dice, out, true);
    if (roll(dice, 6) == 0) {
        add_alternatives(dice, out, roll(dice, 3) == 0 ? "!(" : "(", 1);
        add_hex_byte(dice, out, false);
    }
}

void generate_clamav_rule(struct dice *dice, size_t number, struct laz_buf *out)
{
    static const char *const gaps[] = {"*", "{2}", "{-4}", "{3-}", "{1-5}"};
    uint64_t parts = 1 + roll(dice, 2);

    add_number(out, "r%03u:0:", (unsigned)number);
    add_clamav_offset(dice, out);
    add(out, ":");
    for (uint64_t i = 0; i < parts; i++) {
        if (i > 0)
            add(out, gaps[roll(dice, sizeof gaps / sizeof *gaps)]);
        add_clamav_part(dice, out);
    }
    add(out, "\n");
}
