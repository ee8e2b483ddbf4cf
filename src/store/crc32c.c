#include "store/crc32c.h"

#include <string.h>

/* The remainder of each value of four bits, for the reflected polynomial 0x82f63b78. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t plain(uint32_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = nibbles[crc & 15] ^ crc >> 4;
        crc = nibbles[crc & 15] ^ crc >> 4;
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t fast(uint32_t crc, const uint8_t *data,
                                                       size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word;

        memcpy(&word, data, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len > 0; data++, len--)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
}

static uint32_t update(uint32_t crc, const uint8_t *data, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? fast(crc, data, len) : plain(crc, data, len);
}
#else
static uint32_t update(uint32_t crc, const uint8_t *data, size_t len)
{
    return plain(crc, data, len);
}
#endif

uint32_t laz_crc32c(uint32_t before, struct laz_view v)
{
    return v.len == 0 ? before : ~update(~before, v.data, v.len);
}
