#include "match/known_text.h"

#include "match/format_known.h"

/* Up to eight bytes, little-endian. */
static uint64_t word_of(const uint8_t *p, size_t len)
{
    uint64_t word = 0;

    for (size_t i = len < 8 ? len : 8; i > 0; i--)
        word = word << 8 | p[i - 1];
    return word;
}

struct laz_text_hash laz_text_hash(struct laz_view text)
{
    struct laz_text_hash h = {UINT64_C(0xa0761d6478bd642f) ^ text.len,
                              UINT64_C(0xe7037ed1a0b428db)};

    for (size_t at = 0; at < text.len; at += 16) {
        uint64_t first = word_of(text.data + at, text.len - at);
        uint64_t second = text.len - at > 8 ? word_of(text.data + at + 8, text.len - at - 8) : 0;
        uint64_t a = laz_fold(h.a ^ first, h.b ^ second ^ UINT64_C(0x8ebc6af09c88c6e3));

        h.b = laz_fold(h.b ^ first ^ UINT64_C(0x589965cc75374cc3), h.a ^ second);
        h.a = a;
    }
    return h;
}
