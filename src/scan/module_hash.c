/* module_hash.c - YARA's module hash. What was once asked of the object is kept: rules by the
 * hundred ask for the same digest of the whole. */
#include "base/text.h"
#include "match/fields_ids.h"
#include "scan/ranges.h"
#include "sign/digest.h"

#define KEPT_MAX 256u /* answers about the object; later ones are computed each time */

struct answer {
    int64_t id;
    uint64_t offset, len;
    struct laz_value value;
};

struct state {
    size_t count;
    struct answer kept[KEPT_MAX];
};

static bool open_state(struct laz_modules *m, void *state)
{
    return true;
}

static struct laz_value digest(struct laz_modules *m, enum laz_digest kind, struct laz_view v)
{
    char digits[LAZ_DIGEST_SIZE_MAX * 2 + 1];
    uint8_t bytes[LAZ_DIGEST_SIZE_MAX];

    if (laz_digest(kind, v, bytes) != LAZ_OK)
        return laz_value_undefined();
    laz_hex_encode(laz_view_from(bytes, laz_digest_bytes(kind)), digits);
    return laz_modules_text(m, digits, laz_digest_bytes(kind) * 2);
}

static uint32_t sum(struct laz_view v)
{
    uint32_t total = 0;

    for (size_t i = 0; i < v.len; i++)
        total += v.data[i];
    return total;
}

/* That of gzip and zip (RFC 1952), four bits at a time. */
static uint32_t crc32(struct laz_view v)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < v.len; i++) {
        crc ^= v.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static struct laz_value compute(struct laz_modules *m, int64_t id, struct laz_view v)
{
    switch (id) {
    case LAZ_HASH_MD5:
        return digest(m, LAZ_MD5, v);
    case LAZ_HASH_SHA1:
        return digest(m, LAZ_SHA1, v);
    case LAZ_HASH_SHA256:
        return digest(m, LAZ_SHA256, v);
    case LAZ_HASH_CHECKSUM32:
        return laz_value_number(sum(v));
    default:
        return laz_value_number(crc32(v));
    }
}

static struct laz_value recall(struct laz_modules *m, int64_t id, uint64_t offset,
                               struct laz_view part)
{
    struct state *s = laz_modules_state(m, LAZ_MODULE_HASH, sizeof *s, open_state);
    struct laz_value value;

    for (size_t i = 0; s != NULL && i < s->count; i++)
        if (s->kept[i].id == id && s->kept[i].offset == offset && s->kept[i].len == part.len)
            return s->kept[i].value;
    if (!laz_modules_spend(m, part.len))
        return laz_value_undefined();
    value = compute(m, id, part);
    if (s != NULL && s->count < KEPT_MAX)
        s->kept[s->count++] = (struct answer){id, offset, part.len, value};
    return value;
}

bool laz_module_hash(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                     struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_hash.fields[index];
    struct laz_view part;

    if (field->args[0] == 's')
        *out = compute(m, field->n, args[0].text);
    else if (laz_range_take(m, args, &part))
        *out = recall(m, field->n, (uint64_t)args[0].n, part);
    else
        return false;
    return true;
}
