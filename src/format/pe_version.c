/* VS_VERSIONINFO: boxes in boxes, each with its length, the length of its value, a kind, a key of
 * 16-bit characters, and what is in it, all on borders of four bytes. */
#include "format/pe_priv.h"

#define BOX_HEAD    6
#define KEY_MAX     63 /* bytes of a key that are kept, and of a value */
#define VALUE_MAX   255
#define ITEMS_MAX   4096u
#define BOXES_MAX   16384u             /* looked at in one file */
#define TEXT_MAX    65536u             /* bytes of a text: a box's length has 16 bits */
#define BYTES_MAX   (8u * 1024 * 1024) /* of all texts that are looked at */
#define ROOT_SIZE   92 /* the head with its key, and the fixed numbers of 52 bytes */
#define STRINGS_KEY 36 /* the head of "StringFileInfo" with its key */

/* Offsets are those in the file: a box's length may lead anywhere in it. */
struct reader {
    struct laz_view file;
    struct laz_arena *arena;
    struct laz_pe_version *items; /* NULL while counting */
    uint32_t count, capacity, boxes_left, bytes_left;
    bool out_of_memory;
};

struct box {
    uint64_t offset;
    uint16_t len, value_len;
};

static uint64_t align4(uint64_t n)
{
    return (n + 3) & ~UINT64_C(3);
}

/* A box that has a length. */
static bool read_box(struct reader *r, uint64_t offset, struct box *out)
{
    struct laz_view v = laz_view_from_offset(r->file, offset);

    if (r->boxes_left == 0)
        return false;
    r->boxes_left--;
    out->offset = offset;
    return laz_take_u16le(&v, &out->len) && laz_take_u16le(&v, &out->value_len) &&
           laz_skip(&v, 2) && out->len != 0;
}

static bool has_key(const struct reader *r, uint64_t offset, const char *key)
{
    struct laz_view v = laz_view_from_offset(r->file, offset + BOX_HEAD);
    uint16_t c;

    do {
        if (!laz_take_u16le(&v, &c) || c != (uint8_t)*key)
            return false;
    } while (*key++ != '\0');
    return true;
}

/* The characters up to the NUL; false when none ends them in the file. */
static bool wide_text(struct reader *r, uint64_t offset, struct laz_view *out)
{
    uint32_t max = r->bytes_left < TEXT_MAX ? r->bytes_left : TEXT_MAX;
    struct laz_view all = laz_view_first(laz_view_from_offset(r->file, offset), max), v = all;
    uint16_t c;

    do {
        if (!laz_take_u16le(&v, &c)) {
            r->bytes_left -= (uint32_t)all.len;
            return false;
        }
    } while (c != 0);
    r->bytes_left -= (uint32_t)(all.len - v.len);
    *out = laz_view_first(all, all.len - v.len - 2);
    return true;
}

/* The low byte of each character, up to one whose low byte is 0. */
static struct laz_view narrow(struct reader *r, struct laz_view wide, size_t max)
{
    size_t len = wide.len / 2 < max ? wide.len / 2 : max;
    uint8_t *out = laz_arena_get(r->arena, len + 1);

    if (out == NULL) {
        r->out_of_memory = true;
        return laz_view_from(NULL, 0);
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = wide.data[2 * i];
        if (out[i] == 0)
            len = i;
    }
    return laz_view_from(out, len);
}

static void add_item(struct reader *r, const struct box *b, struct laz_view key)
{
    struct laz_view value;

    if (!wide_text(r, b->offset + align4(BOX_HEAD + key.len + 2), &value) || r->count == ITEMS_MAX)
        return;
    if (r->items != NULL && r->count < r->capacity) {
        struct laz_pe_version *item = &r->items[r->count];

        item->key_offset = b->offset + BOX_HEAD;
        item->key = narrow(r, key, KEY_MAX);
        item->value = narrow(r, value, b->value_len == 0 ? 0 : VALUE_MAX);
    }
    r->count++;
}

/* The strings of one table, which ends at end. */
static void read_strings(struct reader *r, uint64_t offset, uint64_t end)
{
    struct laz_view key;
    struct box b;

    for (; offset < end && read_box(r, offset, &b) && wide_text(r, offset + BOX_HEAD, &key);
         offset += align4(b.len))
        add_item(r, &b, key);
}

static void read_tables(struct reader *r, uint64_t offset, uint64_t end)
{
    struct laz_view key;
    struct box b;

    for (; offset < end && read_box(r, offset, &b) && wide_text(r, offset + BOX_HEAD, &key);
         offset += align4(b.len))
        read_strings(r, offset + align4(BOX_HEAD + key.len + 2), offset + align4(b.len));
}

static void read_version(struct reader *r, uint64_t offset)
{
    struct box b;

    if (!has_key(r, offset, "VS_VERSION_INFO"))
        return;
    offset += ROOT_SIZE;
    while (has_key(r, offset, "VarFileInfo") && read_box(r, offset, &b))
        offset += align4(b.len);
    while (has_key(r, offset, "StringFileInfo") && read_box(r, offset, &b)) {
        read_tables(r, offset + STRINGS_KEY, offset + align4(b.len));
        offset += align4(b.len);
    }
}

static void read_all(struct reader *r, const struct laz_pe_resources *resources)
{
    r->count = 0;
    r->boxes_left = BOXES_MAX;
    r->bytes_left = BYTES_MAX;
    for (uint32_t i = 0; i < resources->count; i++) {
        const struct laz_pe_resource *item = &resources->items[i];

        if (item->type.number == LAZ_PE_RESOURCE_VERSION && item->has_offset)
            read_version(r, item->offset);
    }
}

bool laz_pe_versions_read(const struct laz_pe *pe, const struct laz_pe_resources *resources,
                          struct laz_arena *arena, struct laz_pe_versions *out)
{
    struct reader r = {.file = pe->file, .arena = arena};

    *out = (struct laz_pe_versions){0};
    read_all(&r, resources);
    r.capacity = r.count;
    r.items = laz_arena_get_array(arena, r.capacity, sizeof *r.items);
    if (r.items == NULL)
        return false;
    read_all(&r, resources);
    out->items = r.items;
    out->count = r.capacity;
    return !r.out_of_memory;
}
