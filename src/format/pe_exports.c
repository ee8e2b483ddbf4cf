#include "format/pe_priv.h"

#define NAME_MAX_LEN 512

struct export_directory {
    uint32_t timestamp, name, base, function_count, name_count, functions, names, ordinals;
};

static bool take_directory(struct laz_view v, struct export_directory *d)
{
    return laz_skip(&v, 4) && laz_take_u32le(&v, &d->timestamp) && laz_skip(&v, 4) &&
           laz_take_u32le(&v, &d->name) && laz_take_u32le(&v, &d->base) &&
           laz_take_u32le(&v, &d->function_count) && laz_take_u32le(&v, &d->name_count) &&
           laz_take_u32le(&v, &d->functions) && laz_take_u32le(&v, &d->names) &&
           laz_take_u32le(&v, &d->ordinals);
}

static struct laz_view until_nul(struct laz_view v)
{
    struct laz_view part = laz_view_first(v, NAME_MAX_LEN);

    return laz_view_first(part, laz_view_find_byte(part, '\0'));
}

/* A view that has bytes for count items of size. */
static bool table_at(const struct laz_pe *pe, uint32_t rva, uint64_t count, unsigned size,
                     struct laz_view *out)
{
    return laz_pe_at(pe, rva, out) && out->len >= count * size;
}

static uint32_t u32_at(struct laz_view table, uint32_t index)
{
    struct laz_view v = laz_view_from_offset(table, (uint64_t)index * 4);
    uint32_t n;

    return laz_take_u32le(&v, &n) ? n : 0;
}

/* An address inside the directory is no code but the text of where to look instead. */
static void read_target(const struct laz_pe *pe, const struct laz_pe_directory *directory,
                        uint64_t start, struct laz_pe_export *e)
{
    e->has_offset = laz_pe_offset(pe, e->rva, &e->offset);
    if (!e->has_offset || e->offset <= start || e->offset - start >= directory->size)
        return;
    e->has_offset = false;
    e->forward_name = until_nul(laz_view_from_offset(pe->file, e->offset));
}

/* The i-th name belongs to the function whose number the i-th ordinal is; the first one counts. */
static void read_names(const struct laz_pe *pe, struct laz_view names, struct laz_view ordinals,
                       uint32_t name_count, struct laz_pe_export *items, uint32_t count)
{
    for (uint32_t i = 0; i < name_count; i++) {
        uint64_t offset;
        uint16_t index;

        if (!laz_take_u16le(&ordinals, &index))
            return;
        if (index >= count || items[index].is_named)
            continue;
        items[index].is_named = true;
        if (!laz_pe_offset(pe, u32_at(names, i), &offset) || offset == 0)
            continue;
        items[index].name = until_nul(laz_view_from_offset(pe->file, offset));
    }
}

static bool find_tables(const struct laz_pe *pe, const struct export_directory *d, uint32_t count,
                        struct laz_view *names, struct laz_view *ordinals,
                        struct laz_view *functions)
{
    *names = laz_view_from(NULL, 0);
    if (d->name_count > 0 && !table_at(pe, d->names, d->name_count, 4, names))
        return false;
    return table_at(pe, d->ordinals, count, 2, ordinals) &&
           table_at(pe, d->functions, count, 4, functions);
}

static bool read_items(const struct laz_pe *pe, const struct laz_pe_directory *directory,
                       const struct export_directory *d, uint64_t start, struct laz_arena *arena,
                       struct laz_pe_exports *out)
{
    uint32_t count =
        d->function_count < LAZ_PE_FUNCTIONS_MAX ? d->function_count : LAZ_PE_FUNCTIONS_MAX;
    struct laz_view names, ordinals, functions;
    struct laz_pe_export *items;

    if (!find_tables(pe, d, count, &names, &ordinals, &functions))
        return true;
    items = laz_arena_get_array(arena, count, sizeof *items);
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        items[i].ordinal = d->base + i;
        items[i].rva = u32_at(functions, i);
        read_target(pe, directory, start, &items[i]);
    }
    read_names(pe, names, ordinals, d->name_count < count ? d->name_count : count, items, count);
    out->items = items;
    out->count = count;
    return true;
}

bool laz_pe_exports_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_exports *out)
{
    struct laz_pe_directory directory;
    struct export_directory d;
    uint64_t start, name;

    *out = (struct laz_pe_exports){0};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_EXPORT, &directory) || directory.address == 0 ||
        !laz_pe_offset(pe, directory.address, &start) ||
        !take_directory(laz_view_from_offset(pe->file, start), &d))
        return true;
    out->has_directory = true;
    out->timestamp = d.timestamp;
    if (laz_pe_offset(pe, d.name, &name) && name > 0)
        out->dll_name = until_nul(laz_view_from_offset(pe->file, name));
    return read_items(pe, &directory, &d, start, arena, out);
}
