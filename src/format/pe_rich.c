/* The table that Microsoft's linker puts before the header: pairs of a tool with its version and
 * how many objects it made, each word combined with a key. Described by D. Pistelli, "Microsoft's
 * Rich Signature". */
#include <string.h>

#include "format/pe_priv.h"

#define REACH_MAX  0x100000 /* bytes before the header; linkers put it right there */
#define DOS_SIZE   64
#define MARK_END   0x68636952u /* "Rich" */
#define MARK_START 0x536E6144u /* "DanS" */
#define HEAD_SIZE  16          /* the start mark and three words of padding */
#define PAIR_SIZE  8

static bool word_at(struct laz_view file, uint64_t offset, uint32_t *out)
{
    struct laz_view v = laz_view_from_offset(file, offset);

    return laz_take_u32le(&v, out);
}

/* Backwards from offset *at in words, to one that is mark after key. */
static bool find_back(struct laz_view file, uint64_t *at, uint32_t key, uint32_t mark)
{
    uint64_t last = *at > REACH_MAX + DOS_SIZE ? *at - REACH_MAX : DOS_SIZE;
    uint32_t word;

    for (; *at >= last; *at -= 4)
        if (word_at(file, *at, &word) && (word ^ key) == mark)
            return true;
    return false;
}

static bool find_table(const struct laz_pe *pe, uint64_t *start, uint64_t *end, uint32_t *key)
{
    if (pe->header_offset < 4)
        return false;
    *end = pe->header_offset - 4;
    if (!find_back(pe->file, end, 0, MARK_END) || !word_at(pe->file, *end + 4, key) || *key == 0)
        return false;
    *start = *end - 4;
    return find_back(pe->file, start, *key, MARK_START);
}

bool laz_pe_rich_read(const struct laz_pe *pe, struct laz_arena *arena, struct laz_pe_rich *out)
{
    uint64_t start, end, pairs;
    uint8_t *clear, *versions;
    uint32_t key;

    if (!find_table(pe, &start, &end, &key) ||
        !laz_view_at(pe->file, start, end - start, &out->raw))
        return false;
    pairs = out->raw.len < HEAD_SIZE ? 0 : (out->raw.len - HEAD_SIZE) / PAIR_SIZE;
    clear = laz_arena_get(arena, out->raw.len);
    versions = laz_arena_get(arena, pairs * 4);
    if (clear == NULL || versions == NULL)
        return false;
    for (size_t i = 0; i < out->raw.len; i++)
        clear[i] = out->raw.data[i] ^ (uint8_t)(key >> 8 * (i % 4));
    for (uint64_t i = 0; i < pairs; i++)
        memcpy(versions + 4 * i, clear + HEAD_SIZE + PAIR_SIZE * i, 4);
    out->offset = start;
    out->key = key;
    out->clear = laz_view_from(clear, out->raw.len);
    out->version_data = laz_view_from(versions, pairs * 4);
    return true;
}

bool laz_pe_rich_count(const struct laz_pe_rich *rich, const uint64_t *version,
                       const uint64_t *tool, uint64_t *out)
{
    struct laz_view v = rich->clear;
    uint32_t id, count;
    uint64_t sum = 0;

    if (!laz_skip(&v, HEAD_SIZE))
        return false;
    while (laz_take_u32le(&v, &id) && laz_take_u32le(&v, &count))
        if ((version == NULL || *version == (id & 0xFFFF)) && (tool == NULL || *tool == id >> 16))
            sum += count;
    *out = sum;
    return true;
}
