/* Conditions made up from a seed, of all that YARA 4.2.3 and its later documentation agree on. Left
 * out, each with a case of its own in tests/cases/engine: 'none' and 0 in loops (4.2.3 takes them
 * for true), counts in a range (4.2.3 fails with an internal error), what is divided by a real zero
 * or gives no number (4.2.3 goes on with infinity, or dies), how many of what is undefined. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define DEPTH_MAX 3
#define STRINGS   3

static uint64_t roll(struct dice *dice, uint64_t sides)
{
    dice->state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = dice->state;

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % sides;
}

struct writer {
    struct dice *dice;
    struct laz_buf *out;
    unsigned loops, strings_loop; /* open ones */
};

static void number(struct writer *w, unsigned depth);
static void truth(struct writer *w, unsigned depth);

static void add(struct writer *w, const char *text)
{
    LAZ_ASSERT(laz_buf_add_text(w->out, text) == LAZ_OK);
}

static void add_number(struct writer *w, const char *format, unsigned long long n)
{
    LAZ_ASSERT(laz_buf_addf(w->out, "%llu", n) == LAZ_OK);
    add(w, format);
}

static void string_name(struct writer *w, const char *sign)
{
    add(w, sign);
    if (w->strings_loop == 0 || roll(w->dice, 2) == 0) {
        add(w, "s");
        add_number(w, "", roll(w->dice, STRINGS));
    }
}

static void variable(struct writer *w)
{
    static const char *const names[] = {"i", "j", "k", "l"};

    if (w->loops == 0)
        add_number(w, "", roll(w->dice, 12));
    else
        add(w, names[roll(w->dice, w->loops)]);
}

/* Numbers without a sign and small, so that nothing that is known is too large. */
static void small_number(struct writer *w)
{
    static const char *const forms[] = {"0x1f", "0o17", "1KB", "255", "3", "0", "65", "2"};

    add(w, forms[roll(w->dice, sizeof forms / sizeof *forms)]);
}

static void binary(struct writer *w, unsigned depth)
{
    static const char *const signs[] = {" + ", " - ", " * ", " \\ ", " % ",
                                        " & ", " | ", " ^ ", " << ", " >> "};
    uint64_t sign = roll(w->dice, sizeof signs / sizeof *signs);

    add(w, "(");
    number(w, depth + 1);
    add(w, signs[sign]);
    if (sign == 3 || sign == 4) /* a zero that is known is refused */
        string_name(w, "#");
    else if (sign >= 8)
        add_number(w, "", roll(w->dice, 70));
    else
        number(w, depth + 1);
    add(w, ")");
}

static void read(struct writer *w, unsigned depth)
{
    static const char *const names[] = {"uint8",    "uint16",   "uint32",  "uint8be",
                                        "uint16be", "uint32be", "int8",    "int16",
                                        "int32",    "int8be",   "int16be", "int32be"};

    add(w, names[roll(w->dice, sizeof names / sizeof *names)]);
    add(w, "(");
    number(w, depth + 1);
    add(w, ")");
}

static void place(struct writer *w, unsigned depth)
{
    string_name(w, roll(w->dice, 2) == 0 ? "@" : "!");
    if (roll(w->dice, 2) == 0)
        return;
    add(w, "[");
    if (roll(w->dice, 2) == 0)
        variable(w);
    else
        number(w, depth + 1);
    add(w, "]");
}

static void number(struct writer *w, unsigned depth)
{
    switch (roll(w->dice, depth < DEPTH_MAX ? 9 : 5)) {
    case 0:
        small_number(w);
        break;
    case 1:
        add(w, "filesize");
        break;
    case 2:
        string_name(w, "#");
        break;
    case 3:
        variable(w);
        break;
    case 4:
        add_number(w, "", roll(w->dice, 200));
        break;
    case 5:
        place(w, depth);
        break;
    case 6:
        read(w, depth);
        break;
    case 7:
        add(w, roll(w->dice, 2) == 0 ? "-" : "~");
        string_name(w, "#");
        break;
    default:
        binary(w, depth);
        break;
    }
}

static void comparison(struct writer *w, unsigned depth)
{
    static const char *const signs[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};

    number(w, depth + 1);
    add(w, signs[roll(w->dice, 6)]);
    if (roll(w->dice, 8) == 0)
        add_number(w, ".5", roll(w->dice, 9));
    else
        number(w, depth + 1);
}

/* A range that is known to be empty is refused since YARA 4.3, so its end is never known. */
static void range(struct writer *w, unsigned depth)
{
    add(w, "(");
    number(w, depth + 1);
    add(w, "..0 * filesize + ");
    number(w, depth + 1);
    add(w, ")");
}

static void string(struct writer *w, unsigned depth)
{
    string_name(w, "$");
    switch (roll(w->dice, 3)) {
    case 0:
        add(w, " at ");
        number(w, depth + 1);
        break;
    case 1:
        add(w, " in ");
        range(w, depth);
        break;
    default:
        break;
    }
}

static void of(struct writer *w, unsigned depth)
{
    static const char *const sets[] = {"them", "($s*)", "($s0, $s1)", "($s2)", "($s1, $s1, $s2)"};

    switch (roll(w->dice, 5)) {
    case 0:
        add_number(w, "% of ", 1 + roll(w->dice, 100));
        add(w, sets[roll(w->dice, 5)]);
        return;
    case 1:
        add(w, "none of ");
        break;
    case 2:
        add(w, "all of ");
        break;
    case 3:
        add(w, "any of ");
        break;
    default:
        add_number(w, " of ", roll(w->dice, 4));
        break;
    }
    add(w, sets[roll(w->dice, 5)]);
    if (roll(w->dice, 3) > 0)
        return;
    add(w, " in ");
    range(w, depth);
}

static void quantity(struct writer *w)
{
    switch (roll(w->dice, 3)) {
    case 0:
        add(w, "for any");
        break;
    case 1:
        add(w, "for all");
        break;
    default:
        add(w, "for ");
        add_number(w, "", 1 + roll(w->dice, 3));
        break;
    }
}

static void body(struct writer *w, unsigned depth)
{
    add(w, " : ( ");
    truth(w, depth + 1);
    add(w, " )");
}

static void loop(struct writer *w, unsigned depth)
{
    static const char *const names[] = {" i in (", " j in (", " k in (", " l in ("};
    uint64_t from = roll(w->dice, 6);

    quantity(w);
    add(w, names[w->loops]);
    if (roll(w->dice, 2) == 0) {
        add_number(w, "..", from);
        if (roll(w->dice, 2) == 0)
            string_name(w, "#");
        else
            add_number(w, "", from + roll(w->dice, 12));
    } else {
        for (uint64_t count = 1 + roll(w->dice, 4); count > 0; count--) {
            number(w, DEPTH_MAX);
            add(w, count > 1 ? ", " : "");
        }
    }
    add(w, ")");
    w->loops++;
    body(w, depth);
    w->loops--;
}

static void string_loop(struct writer *w, unsigned depth)
{
    quantity(w);
    add(w, roll(w->dice, 2) == 0 ? " of them" : " of ($s0, $s2)");
    w->strings_loop++;
    body(w, depth);
    w->strings_loop--;
}

static void joined(struct writer *w, unsigned depth)
{
    add(w, "(");
    truth(w, depth + 1);
    add(w, roll(w->dice, 2) == 0 ? " and " : " or ");
    truth(w, depth + 1);
    add(w, ")");
}

static void text(struct writer *w)
{
    static const char *const texts[] = {
        "\"abc\" contains \"B\"",     "\"abc\" icontains \"B\"", "\"abc\" < \"abd\"",
        "\"ab\" startswith \"ab\"",   "\"a\" == \"A\"",          "\"a1\" matches /[0-9]$/",
        "\"xyz\" iendswith \"Z\"",    "\"\" != \"a\"",           "\"AB\" iequals \"ab\"",
        "\"abc\" istartswith \"AB\"",
    };

    add(w, texts[roll(w->dice, sizeof texts / sizeof *texts)]);
}

static void truth(struct writer *w, unsigned depth)
{
    bool can_nest = depth < DEPTH_MAX;

    switch (roll(w->dice, can_nest ? 12 : 5)) {
    case 0:
    case 1:
        string(w, depth);
        break;
    case 2:
    case 3:
        comparison(w, depth);
        break;
    case 4:
        of(w, depth);
        break;
    case 5:
    case 6:
        joined(w, depth);
        break;
    case 7:
        add(w, roll(w->dice, 4) == 0 ? "defined " : "not ");
        truth(w, depth + 1);
        break;
    case 8:
    case 9:
        if (w->loops < 3)
            loop(w, depth);
        else
            comparison(w, depth);
        break;
    case 10:
        if (w->strings_loop == 0)
            string_loop(w, depth);
        else
            string(w, depth);
        break;
    default:
        text(w);
        break;
    }
}

static void add_strings(struct writer *w)
{
    static const char *const strings[] = {
        "\"AB\"",  "\"a1\" nocase",   "\"b\" wide ascii", "{ 41 [0-3] 42 }", "{ 61 ?? 31 }",
        "\"1 1\"", "\"Bb\" fullword", "{ 01 02 03 }",     "\"zzz\"",         "\"A A\" nocase wide",
    };

    add(w, "    strings:\n");
    for (unsigned i = 0; i < STRINGS; i++) {
        add(w, "        $s");
        add_number(w, " = ", i);
        add(w, strings[roll(w->dice, sizeof strings / sizeof *strings)]);
        add(w, "\n");
    }
}

void generate_condition_rule(struct dice *dice, size_t index, struct laz_buf *out)
{
    struct writer w = {.dice = dice, .out = out};

    LAZ_ASSERT(laz_buf_addf(out, "rule r%03u\n{\n", (unsigned)index) == LAZ_OK);
    add_strings(&w);
    add(&w, "    condition:\n        (");
    truth(&w, 0);
    if (index > 0 && roll(dice, 4) == 0)
        LAZ_ASSERT(laz_buf_addf(out, roll(dice, 2) == 0 ? " or r%03u" : " and not r%03u",
                                (unsigned)roll(dice, index)) == LAZ_OK);
    add(&w, ") and #s0 + #s1 + #s2 >= 0\n}\n"); /* every string is used */
}
