#include "format/pe_priv.h"

#define LEVELS       3 /* type, name, language */
#define ENTRY_SIZE   8
#define ENTRIES_MAX  32768   /* of each of the two kinds in one directory */
#define VISITS_MAX   262144u /* of entries in the whole tree, which may hold itself */
#define NAME_LEN_MAX 1000    /* characters; longer ones are damage */
#define LENGTH_MAX   0x3FFFFFFFu
#define SUBDIRECTORY 0x80000000u

/* A directory that is being read. */
struct level {
    struct laz_view entries;
    uint32_t left;
};

struct reader {
    const struct laz_pe *pe;
    struct laz_view base; /* of the tree: offsets in it count from here */
    struct laz_pe_resource_name names[LEVELS];
    struct level levels[LEVELS];
    unsigned depth;
    uint32_t visits_left, count, capacity;
    struct laz_pe_resource *items; /* NULL while counting */
};

/* A directory's entries follow its head; one whose entries are not all in the file has none. */
static bool take_directory(struct laz_view v, struct level *out)
{
    uint32_t characteristics;
    uint16_t named, numbered;

    *out = (struct level){0};
    if (!laz_take_u32le(&v, &characteristics) || !laz_skip(&v, 8) || !laz_take_u16le(&v, &named) ||
        !laz_take_u16le(&v, &numbered))
        return false;
    if (characteristics != 0 || named > ENTRIES_MAX || numbered > ENTRIES_MAX)
        return true;
    out->left = (uint32_t)named + numbered;
    if (!laz_take(&v, (uint64_t)out->left * ENTRY_SIZE, &out->entries))
        out->left = 0;
    return true;
}

static struct laz_view text_at(struct laz_view base, uint32_t offset)
{
    struct laz_view v = laz_view_from_offset(base, offset & ~SUBDIRECTORY), text;
    uint16_t len;

    if (!laz_take_u16le(&v, &len) || len > NAME_LEN_MAX || !laz_take(&v, (uint64_t)len * 2, &text))
        return laz_view_from(NULL, 0);
    return text;
}

static void read_name(struct reader *r, uint32_t name)
{
    struct laz_pe_resource_name *out = &r->names[r->depth];

    /* The largest number stands for none. */
    *out = (struct laz_pe_resource_name){.is_known = name != UINT32_MAX, .number = name};
    if ((name & SUBDIRECTORY) != 0)
        out->text = text_at(r->base, name);
}

static void read_data(struct reader *r, uint32_t offset)
{
    struct laz_view v = laz_view_from_offset(r->base, offset);
    struct laz_pe_resource item = {.type = r->names[0], .id = r->names[1], .language = r->names[2]};

    if (!laz_take_u32le(&v, &item.rva) || !laz_take_u32le(&v, &item.length) || !laz_skip(&v, 8) ||
        item.length == 0 || item.length > LENGTH_MAX || r->count == LAZ_PE_RESOURCES_MAX)
        return;
    if (r->items != NULL && r->count < r->capacity) {
        item.has_offset = laz_pe_offset(r->pe, item.rva, &item.offset);
        r->items[r->count] = item;
    }
    r->count++;
}

static void visit(struct reader *r)
{
    struct level *level = &r->levels[r->depth];
    uint32_t name, target;

    level->left--;
    if (!laz_take_u32le(&level->entries, &name) || !laz_take_u32le(&level->entries, &target))
        return;
    if (target == 0) { /* nothing follows an entry without data */
        level->left = 0;
        return;
    }
    read_name(r, name);
    if ((target & SUBDIRECTORY) == 0 || r->depth + 1 == LEVELS)
        read_data(r, target & ~SUBDIRECTORY);
    else if (take_directory(laz_view_from_offset(r->base, target & ~SUBDIRECTORY),
                            &r->levels[r->depth + 1]))
        r->depth++;
}

static void walk(struct reader *r)
{
    static const struct laz_pe_resource_name unknown = {0};

    for (unsigned i = 0; i < LEVELS; i++)
        r->names[i] = unknown;
    r->depth = 0;
    r->count = 0;
    r->visits_left = VISITS_MAX;
    if (!take_directory(r->base, &r->levels[0]))
        return;
    while (r->visits_left > 0 && (r->depth > 0 || r->levels[0].left > 0)) {
        if (r->levels[r->depth].left == 0) {
            r->depth--;
            continue;
        }
        r->visits_left--;
        visit(r);
    }
}

static bool take_root(struct laz_view v, struct laz_pe_resources *out)
{
    return laz_skip(&v, 4) && laz_take_u32le(&v, &out->timestamp) &&
           laz_take_u16le(&v, &out->version_major) && laz_take_u16le(&v, &out->version_minor) &&
           laz_skip(&v, 4);
}

bool laz_pe_resources_read(const struct laz_pe *pe, struct laz_arena *arena,
                           struct laz_pe_resources *out)
{
    struct reader r = {.pe = pe};
    struct laz_pe_directory directory;

    *out = (struct laz_pe_resources){0};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_RESOURCE, &directory) || directory.address == 0 ||
        !laz_pe_at(pe, directory.address, &r.base) || !take_root(r.base, out))
        return true;
    out->has_directory = true;
    walk(&r);
    r.capacity = r.count;
    r.items = laz_arena_get_array(arena, r.capacity, sizeof *r.items);
    if (r.items == NULL)
        return false;
    walk(&r);
    out->items = r.items;
    out->count = r.count;
    return true;
}
