#include "rules/compiler_priv.h"
#include "rules/gram_table.h"

/* -2 log2 of how often each byte stands in programs or in texts of a Debian system, whichever has
 * more of it: measured over 20 MB of each. */
static const uint8_t rarity[256] = {
    6,  13, 15, 15, 16, 16, 17, 18, 16, 16, 12, 19, 18, 19, 18, 17, 17, 19, 19, 20, 19, 20, 20, 20,
    19, 20, 20, 20, 20, 21, 20, 20, 7,  19, 15, 19, 17, 18, 20, 16, 16, 16, 17, 20, 16, 15, 15, 17,
    14, 16, 17, 17, 18, 18, 17, 18, 18, 18, 15, 15, 16, 16, 16, 21, 18, 15, 17, 15, 16, 15, 16, 18,
    15, 16, 20, 19, 16, 17, 16, 16, 16, 20, 16, 15, 15, 16, 18, 18, 19, 19, 19, 19, 19, 19, 20, 13,
    19, 11, 15, 13, 12, 9,  14, 14, 14, 11, 18, 16, 12, 14, 11, 11, 13, 19, 11, 11, 10, 13, 16, 17,
    17, 15, 18, 18, 18, 18, 20, 21, 19, 19, 19, 19, 19, 20, 21, 20, 19, 17, 21, 18, 20, 19, 21, 21,
    20, 21, 21, 21, 21, 20, 21, 21, 21, 21, 21, 21, 20, 20, 20, 21, 20, 20, 21, 21, 19, 21, 18, 20,
    20, 20, 19, 20, 20, 20, 20, 21, 19, 20, 20, 20, 20, 19, 21, 20, 19, 20, 20, 20, 20, 19, 19, 20,
    19, 20, 21, 18, 19, 20, 21, 21, 21, 21, 21, 21, 21, 21, 19, 20, 15, 18, 21, 21, 21, 21, 21, 21,
    19, 21, 18, 21, 21, 21, 21, 21, 16, 20, 20, 20, 21, 21, 21, 21, 19, 21, 21, 21, 20, 21, 21, 21,
    17, 21, 21, 20, 21, 21, 21, 21, 21, 21, 21, 21, 20, 20, 19, 13,
};

#define REPEATED_WORTH 2  /* of a byte that stood in the run before: padding, tables */
#define LETTER_LOSS    2  /* a letter of either case is twice as frequent */
#define GRAM           4  /* bytes that the table counts together */
#define RARE_WORTH     32 /* at least, of four bytes that the table does not have */
#define MORE_WORTH     1  /* of each byte more than four */

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static unsigned worth_alone(const uint8_t *bytes, size_t len, bool nocase)
{
    unsigned worth = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned byte_worth = rarity[bytes[i]];

        if (i > 0 && memchr(bytes, bytes[i], i) != NULL)
            byte_worth = REPEATED_WORTH;
        else if (nocase && is_letter(bytes[i]) && byte_worth > LETTER_LOSS)
            byte_worth -= LETTER_LOSS;
        worth += byte_worth;
    }
    return worth;
}

/* What was measured of four bytes, or 0. */
static unsigned find_gram(uint32_t bytes)
{
    size_t low = 0, high = sizeof laz_grams / sizeof *laz_grams;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (laz_grams[middle].bytes < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof laz_grams / sizeof *laz_grams && laz_grams[low].bytes == bytes
               ? laz_grams[low].worth
               : 0;
}

static unsigned gram_worth(const uint8_t *bytes, bool nocase)
{
    unsigned worth = worth_alone(bytes, GRAM, nocase), known;
    uint32_t gram = 0;

    for (size_t i = 0; i < GRAM; i++)
        gram = gram << 8 | (nocase && is_letter(bytes[i]) ? bytes[i] | 0x20u : bytes[i]);
    known = find_gram(gram);
    if (known > 0)
        return known < worth ? known : worth;
    if (memcmp(bytes, bytes + 1, GRAM - 1) == 0) /* filling, which is frequent in other systems */
        return worth;
    return worth > RARE_WORTH ? worth : RARE_WORTH;
}

/* A run is at most as frequent as the rarest four bytes in it. What is shorter was not measured
 * together, so less is said for it. */
unsigned laz_atom_worth(const uint8_t *bytes, size_t len, bool nocase)
{
    unsigned best = 0;

    if (len < GRAM) {
        unsigned worth = worth_alone(bytes, len, nocase);

        return worth - worth / 4;
    }
    for (size_t i = 0; i + GRAM <= len; i++) {
        unsigned worth = gram_worth(bytes + i, nocase);

        best = worth > best ? worth : best;
    }
    return best + MORE_WORTH * (unsigned)(len - GRAM);
}

static unsigned pair_worth(uint8_t a, uint8_t b)
{
    char digit = laz_pairs[(size_t)a << 8 | b];

    return 2 * (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Each byte follows the one before it as often as it does so anywhere. */
unsigned laz_run_worth(const uint8_t *bytes, size_t len, bool nocase)
{
    unsigned worth = len > 0 ? rarity[bytes[0]] / 2 : 0;

    for (size_t i = 1; i < len; i++) {
        unsigned more = pair_worth(bytes[i - 1], bytes[i]);

        worth += nocase && is_letter(bytes[i]) && more >= LETTER_LOSS ? more - LETTER_LOSS : more;
    }
    return worth;
}
