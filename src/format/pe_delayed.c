#include "format/pe_priv.h"

#define DOS_SIZE          64
#define DESCRIPTOR_FIELDS 8

/* Names are those of winnt.h: attributes, library, handle, addresses, names, bound, unload, time.
 */
struct descriptor {
    uint32_t attributes, library, addresses, names;
    bool is_last;
};

static bool take_descriptor(struct laz_view *v, struct descriptor *d)
{
    uint32_t fields[DESCRIPTOR_FIELDS], all = 0;

    for (unsigned i = 0; i < DESCRIPTOR_FIELDS; i++) {
        if (!laz_take_u32le(v, &fields[i]))
            return false;
        all |= fields[i];
    }
    *d = (struct descriptor){fields[0], fields[1], fields[3], fields[4], all == 0};
    return true;
}

/* Old linkers wrote addresses with the image's base in them. */
static uint64_t without_base(const struct laz_pe *pe, uint64_t address)
{
    return address > pe->image_base ? address - pe->image_base : address;
}

static void to_relative(const struct laz_pe *pe, struct descriptor *d)
{
    d->library = (uint32_t)without_base(pe, d->library);
    d->addresses = (uint32_t)without_base(pe, d->addresses);
    d->names = (uint32_t)without_base(pe, d->names);
}

static bool is_possible(const struct laz_pe *pe, const struct descriptor *d)
{
    return d->names < pe->image_size && d->addresses < pe->image_size && d->library >= DOS_SIZE &&
           d->names >= DOS_SIZE;
}

static bool pointer_at(const struct laz_pe *pe, uint64_t rva, uint64_t *out)
{
    struct laz_view v;

    return laz_pe_at(pe, rva, &v) && laz_pe_take_pointer(&v, pe, out);
}

/* The two tables run side by side; a 0 in either ends both. */
static bool pair_at(const struct laz_pe *pe, const struct descriptor *d, uint32_t index,
                    uint64_t *name)
{
    uint64_t step = (uint64_t)index * (pe->is_64bit ? 8 : 4);
    uint64_t address;

    return pointer_at(pe, d->names + step, name) && pointer_at(pe, d->addresses + step, &address) &&
           *name != 0 && address != 0;
}

static bool read_function(struct laz_pe_import_reader *r, const struct descriptor *d,
                          struct laz_view library, uint64_t name, struct laz_pe_function *f,
                          bool *is_there)
{
    uint64_t flag = r->pe->is_64bit ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    struct laz_view v;

    *is_there = true;
    if ((name & flag) != 0) {
        f->has_ordinal = true;
        f->ordinal = (uint16_t)name;
        return laz_pe_name_ordinal(r->arena, library, f);
    }
    if (d->attributes == 0)
        name = without_base(r->pe, name);
    *is_there = laz_pe_at(r->pe, name + 2, &v); /* behind the hint */
    if (*is_there)
        f->name = laz_pe_function_name(v);
    return true;
}

static uint32_t count_functions(const struct laz_pe_import_reader *r, const struct descriptor *d)
{
    uint32_t left = LAZ_PE_FUNCTIONS_MAX - r->function_count;
    uint32_t max = r->thunks_left < left ? r->thunks_left : left;
    uint32_t count = 0;
    uint64_t name;

    while (count < max && pair_at(r->pe, d, count, &name))
        count++;
    return count;
}

static bool read_functions(struct laz_pe_import_reader *r, const struct descriptor *d,
                           struct laz_pe_library *library)
{
    uint32_t count = count_functions(r, d);
    struct laz_pe_function *functions = laz_arena_get_array(r->arena, count, sizeof *functions);
    uint64_t name;
    bool is_there;

    if (functions == NULL)
        return false;
    library->functions = functions;
    r->thunks_left -= count;
    for (uint32_t i = 0; i < count && pair_at(r->pe, d, i, &name); i++) {
        struct laz_pe_function *f = &functions[library->function_count];

        *f =
            (struct laz_pe_function){.rva = d->addresses + (uint64_t)i * (r->pe->is_64bit ? 8 : 4)};
        if (!read_function(r, d, library->name, name, f, &is_there))
            return false;
        if (!is_there)
            continue;
        library->function_count++;
        r->function_count++;
    }
    return true;
}

static bool take_usable(struct laz_view *v, const struct laz_pe *pe, struct descriptor *d)
{
    if (!take_descriptor(v, d) || d->is_last || d->attributes > 1)
        return false;
    if (!pe->is_64bit && d->attributes == 0)
        to_relative(pe, d);
    return is_possible(pe, d);
}

static uint32_t count_descriptors(struct laz_view v, const struct laz_pe *pe)
{
    struct descriptor d;
    uint32_t count = 0;

    while (count < LAZ_PE_FUNCTIONS_MAX && take_usable(&v, pe, &d))
        count++;
    return count;
}

bool laz_pe_delayed_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_imports *out)
{
    struct laz_pe_import_reader r = {pe, arena, LAZ_PE_THUNKS_MAX, 0};
    struct laz_pe_library *libraries;
    struct laz_pe_directory directory;
    struct descriptor d;
    struct laz_view v;
    uint32_t count;

    *out = (struct laz_pe_imports){0};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_DELAYED, &directory) || directory.address == 0 ||
        !laz_pe_at(pe, directory.address, &v))
        return true;
    count = count_descriptors(v, pe);
    libraries = laz_arena_get_array(arena, count, sizeof *libraries);
    if (libraries == NULL)
        return false;
    out->libraries = libraries;
    for (uint32_t i = 0; i < count && take_usable(&v, pe, &d); i++) {
        struct laz_pe_library *library = &libraries[out->library_count];

        *library = (struct laz_pe_library){0};
        if (!laz_pe_library_at(pe, d.library, &library->name))
            continue;
        if (!read_functions(&r, &d, library))
            return false;
        out->library_count++;
        out->function_count = r.function_count;
    }
    return true;
}
