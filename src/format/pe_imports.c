#include <stdio.h>
#include <string.h>

#include "format/pe_priv.h"

#define DESCRIPTOR_SIZE   20
#define LIBRARY_NAME_MAX  256 /* longer ones are taken for damage */
#define ORDINAL_TEXT_SIZE 16

struct descriptor {
    uint32_t original_thunks, name, thunks;
};

static bool take_descriptor(struct laz_view *v, struct descriptor *d)
{
    return laz_take_u32le(v, &d->original_thunks) && laz_skip(v, 8) && /* time, forwarders */
           laz_take_u32le(v, &d->name) && laz_take_u32le(v, &d->thunks);
}

bool laz_pe_take_pointer(struct laz_view *v, const struct laz_pe *pe, uint64_t *out)
{
    uint32_t narrow;

    if (pe->is_64bit)
        return laz_take_u64le(v, out);
    if (!laz_take_u32le(v, &narrow))
        return false;
    *out = narrow;
    return true;
}

/* What Windows cannot have in the name of a file cannot be a library. */
static bool is_library_character(uint8_t c)
{
    return c >= ' ' && c <= '~' && strchr("\"*<>?|", c) == NULL;
}

bool laz_pe_library_name(struct laz_view v, size_t max, struct laz_view *out)
{
    struct laz_view part = laz_view_first(v, max);
    size_t len = laz_view_find_byte(part, '\0');

    if (len == 0 || len == part.len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_library_character(part.data[i]))
            return false;
    *out = laz_view_first(part, len);
    return true;
}

bool laz_pe_library_at(const struct laz_pe *pe, uint64_t rva, struct laz_view *out)
{
    struct laz_view v;

    return laz_pe_at(pe, rva, &v) && laz_pe_library_name(v, LIBRARY_NAME_MAX, out);
}

struct laz_view laz_pe_function_name(struct laz_view v)
{
    struct laz_view part = laz_view_first(v, LAZ_PE_FUNCTION_NAME_MAX);

    return laz_view_first(part, laz_view_find_byte(part, '\0'));
}

/* The characters that compilers and linkers use; others show that the table is damaged. */
static bool is_function_name(struct laz_view name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!plain && (c == '\0' || strchr("._?@$()<>", c) == NULL))
            return false;
    }
    return name.len > 0;
}

bool laz_pe_name_ordinal(struct laz_arena *arena, struct laz_view library,
                         struct laz_pe_function *f)
{
    const char *known = laz_pe_ordinal_name(library, f->ordinal);
    char *text;

    if (known != NULL) {
        f->name = laz_view_of(known);
        return true;
    }
    text = laz_arena_get(arena, ORDINAL_TEXT_SIZE);
    if (text == NULL)
        return false;
    snprintf(text, ORDINAL_TEXT_SIZE, "ord%u", (unsigned)f->ordinal);
    f->name = laz_view_of(text);
    return true;
}

/* One entry of the table of names. *is_there is false for one that names nothing. */
static bool read_function(struct laz_pe_import_reader *r, uint64_t thunk, struct laz_view library,
                          struct laz_pe_function *f, bool *is_there)
{
    uint64_t flag = r->pe->is_64bit ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    struct laz_view v;

    *is_there = false;
    if ((thunk & flag) != 0) {
        if (thunk - flag > UINT16_MAX)
            return true;
        f->has_ordinal = true;
        f->ordinal = (uint16_t)thunk;
        if (!laz_pe_name_ordinal(r->arena, library, f))
            return false;
    } else {
        if (!laz_pe_at(r->pe, thunk, &v) || v.len < 3) /* a hint and one byte */
            return true;
        f->name = laz_pe_function_name(laz_view_from_offset(v, 2));
    }
    *is_there = is_function_name(f->name);
    return true;
}

/* How many entries the table has, so that its place can be taken at once. */
static uint32_t count_thunks(const struct laz_pe_import_reader *r, struct laz_view v)
{
    uint32_t max = r->thunks_left < LAZ_PE_FUNCTIONS_MAX ? r->thunks_left : LAZ_PE_FUNCTIONS_MAX;
    uint32_t count = 0;
    uint64_t thunk;

    while (count < max && laz_pe_take_pointer(&v, r->pe, &thunk) && thunk != 0)
        count++;
    return count;
}

static bool read_functions(struct laz_pe_import_reader *r, const struct descriptor *d,
                           struct laz_pe_library *library)
{
    uint32_t width = r->pe->is_64bit ? 8 : 4;
    struct laz_pe_function *functions;
    uint64_t offset, thunk;
    struct laz_view v;
    uint32_t count;
    bool is_there;

    if ((!laz_pe_offset(r->pe, d->original_thunks, &offset) || offset == 0) &&
        !laz_pe_offset(r->pe, d->thunks, &offset))
        return true;
    v = laz_view_from_offset(r->pe->file, offset);
    count = count_thunks(r, v);
    r->thunks_left -= count;
    functions = laz_arena_get_array(r->arena, count, sizeof *functions);
    if (functions == NULL)
        return false;
    library->functions = functions;
    for (uint32_t i = 0; i < count && r->function_count < LAZ_PE_FUNCTIONS_MAX; i++) {
        struct laz_pe_function *f = &functions[library->function_count];

        *f = (struct laz_pe_function){.rva = d->thunks + (uint64_t)i * width};
        if (!laz_pe_take_pointer(&v, r->pe, &thunk) ||
            !read_function(r, thunk, library->name, f, &is_there))
            return false;
        if (!r->pe->is_64bit)
            f->rva &= UINT32_MAX;
        if (!is_there)
            continue;
        library->function_count++;
        r->function_count++;
    }
    return true;
}

static uint32_t count_descriptors(struct laz_view v)
{
    struct descriptor d;
    uint32_t count = 0;

    while (count < LAZ_PE_FUNCTIONS_MAX && take_descriptor(&v, &d) && d.name != 0)
        count++;
    return count;
}

bool laz_pe_imports_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_imports *out)
{
    struct laz_pe_import_reader r = {pe, arena, LAZ_PE_THUNKS_MAX, 0};
    struct laz_pe_library *libraries;
    struct laz_pe_directory directory;
    struct descriptor d;
    struct laz_view v;
    uint32_t count;

    *out = (struct laz_pe_imports){0};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_IMPORT, &directory) || directory.address == 0 ||
        !laz_pe_at(pe, directory.address, &v))
        return true;
    count = count_descriptors(v);
    libraries = laz_arena_get_array(arena, count, sizeof *libraries);
    if (libraries == NULL)
        return false;
    out->libraries = libraries;
    for (uint32_t i = 0; i < count && take_descriptor(&v, &d); i++) {
        struct laz_pe_library *library = &libraries[out->library_count];

        *library = (struct laz_pe_library){0};
        if (!laz_pe_library_at(pe, d.name, &library->name))
            continue;
        if (!read_functions(&r, &d, library))
            return false;
        if (library->function_count > 0)
            out->library_count++;
        out->function_count = r.function_count;
    }
    return true;
}

/* The name without an ending that says nothing. */
static struct laz_view without_ending(struct laz_view name)
{
    static const char *const endings[] = {"dll", "ocx", "sys"};

    for (size_t n = name.len; n-- > 0;) {
        if (name.data[n] != '.')
            continue;
        for (size_t i = 0; i < sizeof endings / sizeof *endings && name.len - n > 3; i++)
            if (strncasecmp((const char *)name.data + n + 1, endings[i], 3) == 0)
                return laz_view_first(name, n);
        return name;
    }
    return name;
}

static bool add_small(laz_pe_piece_fn *add, void *context, struct laz_view text)
{
    uint8_t small[LAZ_PE_FUNCTION_NAME_MAX];

    LAZ_ASSERT(text.len <= sizeof small);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        small[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return add(context, laz_view_from(small, text.len));
}

bool laz_pe_imphash_text(const struct laz_pe_imports *imports, laz_pe_piece_fn *add, void *context)
{
    bool first = true;

    for (uint32_t i = 0; i < imports->library_count; i++) {
        const struct laz_pe_library *library = &imports->libraries[i];
        struct laz_view name = without_ending(library->name);

        for (uint32_t j = 0; j < library->function_count; j++) {
            if ((!first && !add(context, laz_view_of(","))) || !add_small(add, context, name) ||
                !add(context, laz_view_of(".")) ||
                !add_small(add, context, library->functions[j].name))
                return false;
            first = false;
        }
    }
    return true;
}
