#include "format/dex.h"

#include <string.h>

#define MAGIC_LEN     8
#define SIGNATURE_LEN 20
#define MAP_ITEM_SIZE 12

static const uint8_t entry_size[LAZ_DEX_TABLES] = {
    [LAZ_DEX_STRINGS] = 4, [LAZ_DEX_TYPES] = 4,   [LAZ_DEX_PROTOS] = 12,
    [LAZ_DEX_FIELDS] = 8,  [LAZ_DEX_METHODS] = 8, [LAZ_DEX_CLASSES] = 32,
};

static bool is_magic(struct laz_view v)
{
    return v.len == MAGIC_LEN && memcmp(v.data, "dex\n03", 6) == 0 && v.data[6] >= '5' &&
           v.data[6] <= '9' && v.data[7] == 0;
}

static bool take_header(struct laz_view v, struct laz_dex *d)
{
    bool ok = laz_take(&v, MAGIC_LEN, &d->magic) && is_magic(d->magic) &&
              laz_take_u32le(&v, &d->checksum) && laz_take(&v, SIGNATURE_LEN, &d->signature) &&
              laz_take_u32le(&v, &d->file_size) && laz_take_u32le(&v, &d->header_size) &&
              laz_take_u32le(&v, &d->endian_tag) && laz_take_u32le(&v, &d->link_size) &&
              laz_take_u32le(&v, &d->link_offset) && laz_take_u32le(&v, &d->map_offset);

    for (size_t t = 0; ok && t < LAZ_DEX_TABLES; t++)
        ok = laz_take_u32le(&v, &d->table_size[t]) && laz_take_u32le(&v, &d->table_offset[t]);
    return ok && laz_take_u32le(&v, &d->data_size) && laz_take_u32le(&v, &d->data_offset);
}

static bool find_map(const struct laz_dex *dex, struct laz_view *items, uint32_t *size)
{
    *items = laz_view_from_offset(dex->file, dex->map_offset);
    return dex->map_offset != 0 && laz_take_u32le(items, size);
}

static bool map_fits(const struct laz_dex *dex)
{
    struct laz_view items;
    uint32_t size;

    return !find_map(dex, &items, &size) || size <= items.len / MAP_ITEM_SIZE;
}

static bool find_table(struct laz_dex *d, size_t t)
{
    return laz_view_at(d->file, d->table_offset[t], d->table_size[t] * (uint64_t)entry_size[t],
                       &d->table[t]);
}

/* As YARA has it, nothing is read behind a table that is not there; the map comes before the
 * classes. */
bool laz_dex_open(struct laz_view file, struct laz_dex *out)
{
    struct laz_dex d = {.file = file};
    size_t t = 0;

    if (!take_header(file, &d))
        return false;
    while (t < LAZ_DEX_CLASSES && find_table(&d, t))
        t++;
    d.has_map = t == LAZ_DEX_CLASSES;
    d.is_whole = d.has_map && map_fits(&d) && find_table(&d, LAZ_DEX_CLASSES);
    *out = d;
    return true;
}

uint32_t laz_dex_count(const struct laz_dex *dex, enum laz_dex_table table)
{
    return (uint32_t)(dex->table[table].len / entry_size[table]);
}

bool laz_dex_entry(const struct laz_dex *dex, enum laz_dex_table table, uint64_t index,
                   struct laz_view *out)
{
    return index < laz_dex_count(dex, table) &&
           laz_view_at(dex->table[table], index * entry_size[table], entry_size[table], out);
}

bool laz_dex_number(const struct laz_dex *dex, enum laz_dex_table table, uint64_t index,
                    uint64_t at, unsigned width, uint32_t *out)
{
    struct laz_view v;
    uint16_t n;

    if (!laz_dex_entry(dex, table, index, &v) || !laz_skip(&v, at))
        return false;
    if (width == 4)
        return laz_take_u32le(&v, out);
    if (!laz_take_u16le(&v, &n))
        return false;
    *out = n;
    return true;
}

/* At most five bytes, seven bits each; the fifth has four. */
static bool take_leb128(struct laz_view *v, uint32_t *out)
{
    uint32_t n = 0;
    uint8_t c;

    for (unsigned i = 0; i < 5; i++) {
        if (!laz_take_u8(v, &c))
            return false;
        n |= (uint32_t)(c & 0x7F) << 7 * i;
        if (c < 0x80)
            break;
    }
    *out = n;
    return true;
}

bool laz_dex_string(const struct laz_dex *dex, uint64_t index, uint32_t *len,
                    struct laz_view *value)
{
    struct laz_view v;
    uint32_t offset;

    if (!laz_dex_number(dex, LAZ_DEX_STRINGS, index, 0, 4, &offset))
        return false;
    v = laz_view_from_offset(dex->file, offset);
    return take_leb128(&v, len) && laz_take(&v, *len, value);
}

bool laz_dex_type_name(const struct laz_dex *dex, uint64_t index, struct laz_view *value)
{
    uint32_t string, len;

    return laz_dex_number(dex, LAZ_DEX_TYPES, index, 0, 4, &string) &&
           laz_dex_string(dex, string, &len, value);
}

bool laz_dex_code(const struct laz_dex *dex, uint32_t offset, struct laz_dex_code *out)
{
    struct laz_view v = laz_view_from_offset(dex->file, offset);
    struct laz_dex_code c = {.has_instructions = false};

    if (offset == 0 || !laz_take_u16le(&v, &c.registers) || !laz_take_u16le(&v, &c.ins) ||
        !laz_take_u16le(&v, &c.outs) || !laz_take_u16le(&v, &c.tries) ||
        !laz_take_u32le(&v, &c.debug_offset) || !laz_take_u32le(&v, &c.instructions_size))
        return false;
    c.has_instructions = laz_take(&v, c.instructions_size * (uint64_t)2, &c.instructions);
    *out = c;
    return true;
}

bool laz_dex_map_size(const struct laz_dex *dex, uint32_t *out)
{
    struct laz_view items;

    return dex->has_map && find_map(dex, &items, out);
}

bool laz_dex_map_item(const struct laz_dex *dex, uint64_t index, struct laz_dex_map_item *out)
{
    struct laz_view items;
    uint32_t size;

    return dex->has_map && find_map(dex, &items, &size) && index < size &&
           laz_skip(&items, index * MAP_ITEM_SIZE) && laz_take_u16le(&items, &out->type) &&
           laz_take_u16le(&items, &out->unused) && laz_take_u32le(&items, &out->size) &&
           laz_take_u32le(&items, &out->offset);
}

/* What is being gathered: the lists are as long as all entries that could be, found by a first
 * walk that only counts. */
struct walk {
    struct laz_dex *dex;
    bool counts;
};

/* The members of one kind. The list ends early at one that names nothing. */
static bool walk_members(struct walk *w, struct laz_view *v, uint32_t count, bool is_method,
                         bool is_direct)
{
    struct laz_dex_members *list = is_method ? &w->dex->methods : &w->dex->fields;
    uint32_t named = laz_dex_count(w->dex, is_method ? LAZ_DEX_METHODS : LAZ_DEX_FIELDS);
    struct laz_dex_member m = {.is_direct = is_direct};
    uint64_t index = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (list->count == LAZ_DEX_MEMBERS_MAX)
            return false;
        if (!take_leb128(v, &m.index_step) || !take_leb128(v, &m.access_flags) ||
            (is_method && !take_leb128(v, &m.code_offset)))
            return w->dex->is_walked_whole = false;
        index += m.index_step;
        if (index >= named)
            return false;
        m.index = (uint32_t)index;
        if (!w->counts)
            list->items[list->count] = m;
        list->count++;
    }
    return true;
}

static bool walk_class(struct walk *w, struct laz_view v)
{
    struct laz_dex_class_data d;

    if (!take_leb128(&v, &d.static_fields) || !take_leb128(&v, &d.instance_fields) ||
        !take_leb128(&v, &d.direct_methods) || !take_leb128(&v, &d.virtual_methods))
        return w->dex->is_walked_whole = false;
    if (!w->counts)
        w->dex->class_data[w->dex->class_data_count] = d;
    w->dex->class_data_count++;
    return walk_members(w, &v, d.static_fields, false, false) &&
           walk_members(w, &v, d.instance_fields, false, false) &&
           walk_members(w, &v, d.direct_methods, true, true) &&
           walk_members(w, &v, d.virtual_methods, true, false);
}

/* Classes may share their data, so the number of members is bounded and not only the bytes. */
static void walk_classes(struct laz_dex *dex, bool counts)
{
    struct walk w = {dex, counts};
    uint32_t offset;

    dex->fields.count = dex->methods.count = dex->class_data_count = 0;
    dex->is_walked_whole = true;
    for (uint32_t i = 0; i < laz_dex_count(dex, LAZ_DEX_CLASSES); i++) {
        if (!laz_dex_number(dex, LAZ_DEX_CLASSES, i, 24, 4, &offset) || offset == 0)
            continue;
        if (!walk_class(&w, laz_view_from_offset(dex->file, offset)) &&
            (dex->fields.count == LAZ_DEX_MEMBERS_MAX || dex->methods.count == LAZ_DEX_MEMBERS_MAX))
            return;
    }
}

bool laz_dex_walk(struct laz_dex *dex, struct laz_arena *arena)
{
    if (!dex->is_whole)
        return true;
    walk_classes(dex, true);
    dex->fields.items = laz_arena_get_array(arena, dex->fields.count, sizeof *dex->fields.items);
    dex->methods.items = laz_arena_get_array(arena, dex->methods.count, sizeof *dex->methods.items);
    dex->class_data = laz_arena_get_array(arena, dex->class_data_count, sizeof *dex->class_data);
    if (dex->fields.items == NULL || dex->methods.items == NULL || dex->class_data == NULL) {
        dex->fields.count = dex->methods.count = dex->class_data_count = 0;
        return false;
    }
    walk_classes(dex, false);
    return true;
}
