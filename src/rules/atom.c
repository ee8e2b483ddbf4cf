#include "rules/compiler_priv.h"

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

#define REPEATED_WORTH 2 /* of a byte that stood in the run before: padding, tables */
#define LETTER_LOSS    2 /* a letter of either case is twice as frequent */

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

unsigned laz_atom_worth(const uint8_t *bytes, size_t len, bool nocase)
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
