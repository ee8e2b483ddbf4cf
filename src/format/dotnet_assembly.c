#include <string.h>

#include "format/dotnet.h"

#define TYPE_STRING        0x0E
#define PARENT_IS_ASSEMBLY 0x0E /* low bits of the column */
#define TYPE_IS_MEMBER_REF 0x03
#define CLASS_IS_TYPE_REF  0x01
#define ATTRIBUTE_PROLOG   0x0001
#define LENGTH_NULL        0xFF

static bool take_string(const struct laz_dotnet *d, struct laz_view *row, struct laz_view *out)
{
    uint32_t index;

    if (!laz_dotnet_take_index(row, d->string_width, &index))
        return false;
    if (!laz_dotnet_string(d, index, out))
        *out = laz_view_from(NULL, 0);
    return true;
}

bool laz_dotnet_module_name(const struct laz_dotnet *d, struct laz_view *out)
{
    struct laz_view row;

    return laz_dotnet_row(d, LAZ_DOTNET_MODULE, 1, &row) && laz_skip(&row, 2) &&
           take_string(d, &row, out) && out->data != NULL;
}

static bool take_version(struct laz_view *row, struct laz_dotnet_version *v)
{
    return laz_take_u16le(row, &v->major) && laz_take_u16le(row, &v->minor) &&
           laz_take_u16le(row, &v->build) && laz_take_u16le(row, &v->revision);
}

void laz_dotnet_assembly_read(const struct laz_dotnet *d, struct laz_dotnet_assembly *out)
{
    struct laz_view row;
    uint32_t key;

    *out = (struct laz_dotnet_assembly){0};
    if (!laz_dotnet_row(d, LAZ_DOTNET_ASSEMBLY, 1, &row) || !laz_skip(&row, 4) ||
        !take_version(&row, &out->version) || !laz_skip(&row, 4) ||
        !laz_dotnet_take_index(&row, d->blob_width, &key) || !take_string(d, &row, &out->name) ||
        !take_string(d, &row, &out->culture))
        return;
    out->is_known = true;
    if (out->culture.len == 0)
        out->culture = laz_view_from(NULL, 0);
}

static bool read_reference(const struct laz_dotnet *d, uint32_t i, struct laz_dotnet_reference *out)
{
    struct laz_view row;
    uint32_t key;

    if (!laz_dotnet_row(d, LAZ_DOTNET_ASSEMBLY_REF, i, &row) ||
        !take_version(&row, &out->version) || !laz_skip(&row, 4) ||
        !laz_dotnet_take_index(&row, d->blob_width, &key))
        return false;
    if (!laz_dotnet_blob(d, key, &out->key)) {
        out->key = laz_view_from(NULL, 0); /* the name is not told then either */
        return true;
    }
    if (out->key.len == 0)
        out->key = laz_view_from(NULL, 0);
    return take_string(d, &row, &out->name);
}

bool laz_dotnet_references_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                struct laz_dotnet_references *out)
{
    uint32_t count = laz_dotnet_rows_in_file(d, LAZ_DOTNET_ASSEMBLY_REF);
    struct laz_dotnet_reference *items = laz_arena_get_array(arena, count, sizeof *items);

    *out = (struct laz_dotnet_references){.is_known = d->tables[LAZ_DOTNET_ASSEMBLY_REF].size > 0};
    if (items == NULL)
        return false;
    while (out->count < count && read_reference(d, out->count + 1, &items[out->count]))
        out->count++;
    out->items = items;
    return true;
}

/* Only those that lie in this file; their length stands before them. */
static bool read_resource(const struct laz_dotnet *d, uint32_t i, struct laz_dotnet_resource *out)
{
    uint8_t width = laz_dotnet_coded_width(d, LAZ_DOTNET_RESOURCE_PLACE);
    struct laz_view row, data;
    uint32_t offset, place;

    if (!laz_dotnet_row(d, LAZ_DOTNET_RESOURCE, i, &row) || !laz_take_u32le(&row, &offset) ||
        !laz_skip(&row, 4) || !take_string(d, &row, &out->name) ||
        !laz_dotnet_take_index(&row, width, &place) || place != 0 || !d->has_resource_base)
        return false;
    data = laz_view_from_offset(d->pe->file, d->resource_base + offset);
    out->offset = d->resource_base + offset + 4;
    return laz_take_u32le(&data, &out->length) && data.len + 4 >= out->length;
}

bool laz_dotnet_resources_read(const struct laz_dotnet *d, struct laz_arena *arena,
                               struct laz_dotnet_resources *out)
{
    uint32_t count = laz_dotnet_rows_in_file(d, LAZ_DOTNET_RESOURCE);
    struct laz_dotnet_resource *items = laz_arena_get_array(arena, count, sizeof *items);

    *out = (struct laz_dotnet_resources){.is_known = d->tables[LAZ_DOTNET_RESOURCE].size > 0};
    if (items == NULL)
        return false;
    for (uint32_t i = 1; i <= count; i++)
        if (read_resource(d, i, &items[out->count]))
            out->count++;
    out->items = items;
    return true;
}

static bool read_constant(const struct laz_dotnet *d, uint32_t i, struct laz_view *out)
{
    uint8_t width = laz_dotnet_coded_width(d, LAZ_DOTNET_HAS_CONSTANT);
    uint32_t parent, blob;
    struct laz_view row;
    uint16_t type;

    return laz_dotnet_row(d, LAZ_DOTNET_CONSTANT_TABLE, i, &row) && laz_take_u16le(&row, &type) &&
           type == TYPE_STRING && laz_dotnet_take_index(&row, width, &parent) &&
           laz_dotnet_take_index(&row, d->blob_width, &blob) && laz_dotnet_blob(d, blob, out);
}

static bool read_module_ref(const struct laz_dotnet *d, uint32_t i, struct laz_view *out)
{
    struct laz_view row;

    return laz_dotnet_row(d, LAZ_DOTNET_MODULE_REF, i, &row) && take_string(d, &row, out) &&
           out->data != NULL;
}

static bool read_texts(const struct laz_dotnet *d, enum laz_dotnet_table table,
                       bool (*read)(const struct laz_dotnet *, uint32_t, struct laz_view *),
                       struct laz_arena *arena, struct laz_dotnet_texts *out)
{
    uint32_t count = laz_dotnet_rows_in_file(d, table);
    struct laz_view *items = laz_arena_get_array(arena, count, sizeof *items);

    *out = (struct laz_dotnet_texts){.is_known = d->tables[table].size > 0};
    if (items == NULL)
        return false;
    for (uint32_t i = 1; i <= count; i++)
        if (read(d, i, &items[out->count]))
            out->count++;
    out->items = items;
    return true;
}

bool laz_dotnet_constants_read(const struct laz_dotnet *d, struct laz_arena *arena,
                               struct laz_dotnet_texts *out)
{
    return read_texts(d, LAZ_DOTNET_CONSTANT_TABLE, read_constant, arena, out);
}

bool laz_dotnet_module_refs_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                 struct laz_dotnet_texts *out)
{
    return read_texts(d, LAZ_DOTNET_MODULE_REF, read_module_ref, arena, out);
}

bool laz_dotnet_field_offsets_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                   struct laz_dotnet_offsets *out)
{
    uint32_t count = laz_dotnet_rows_in_file(d, LAZ_DOTNET_FIELD_RVA);
    uint64_t *items = laz_arena_get_array(arena, count, sizeof *items);
    struct laz_view row;
    uint32_t rva;

    *out = (struct laz_dotnet_offsets){.is_known = d->tables[LAZ_DOTNET_FIELD_RVA].size > 0};
    if (items == NULL)
        return false;
    for (uint32_t i = 1; i <= count; i++)
        if (laz_dotnet_row(d, LAZ_DOTNET_FIELD_RVA, i, &row) && laz_take_u32le(&row, &rva) &&
            laz_pe_offset(d->pe, rva, &items[out->count]))
            out->count++;
    out->items = items;
    return true;
}

/* Whether the attribute's constructor is one of System.Runtime.InteropServices.GuidAttribute. */
static bool makes_guid(const struct laz_dotnet *d, uint32_t member)
{
    uint8_t parent_width = laz_dotnet_coded_width(d, LAZ_DOTNET_REF_PARENT);
    uint8_t scope_width = laz_dotnet_coded_width(d, LAZ_DOTNET_SCOPE);
    struct laz_view row, name;
    uint32_t parent, scope;

    if (!laz_dotnet_row(d, LAZ_DOTNET_MEMBER_REF, member > 0 ? member : 1, &row) ||
        !laz_dotnet_take_index(&row, parent_width, &parent) || (parent & 7) != CLASS_IS_TYPE_REF)
        return false;
    parent >>= 3;
    return laz_dotnet_row(d, LAZ_DOTNET_TYPE_REF, parent > 0 ? parent : 1, &row) &&
           laz_dotnet_take_index(&row, scope_width, &scope) && take_string(d, &row, &name) &&
           laz_view_starts(name, laz_view_of("GuidAttribute"));
}

/* The value is a prolog and one text, whose length is told in one byte. */
static bool guid_of(struct laz_view blob, struct laz_view *out)
{
    uint16_t prolog;
    uint8_t len;

    if (blob.len < 3 || !laz_take_u16le(&blob, &prolog) || prolog != ATTRIBUTE_PROLOG ||
        !laz_take_u8(&blob, &len))
        return false;
    *out = laz_view_first(blob, len);
    if (out->len == 0 || out->data[0] == LENGTH_NULL)
        out->len = 0;
    *out = laz_view_first(*out, laz_view_find_byte(*out, '\0'));
    return true;
}

static bool read_guid_attribute(const struct laz_dotnet *d, uint32_t i, struct laz_view *out)
{
    uint8_t parent_width = laz_dotnet_coded_width(d, LAZ_DOTNET_HAS_ATTRIBUTE);
    uint8_t type_width = laz_dotnet_coded_width(d, LAZ_DOTNET_ATTRIBUTE_TYPE);
    uint32_t parent, type, value;
    struct laz_view row, blob;

    return laz_dotnet_row(d, LAZ_DOTNET_ATTRIBUTE, i, &row) &&
           laz_dotnet_take_index(&row, parent_width, &parent) &&
           (parent & 0x1F) == PARENT_IS_ASSEMBLY &&
           laz_dotnet_take_index(&row, type_width, &type) && (type & 7) == TYPE_IS_MEMBER_REF &&
           makes_guid(d, type >> 3) && laz_dotnet_take_index(&row, d->blob_width, &value) &&
           value != 0 && laz_dotnet_blob(d, value, &blob) && guid_of(blob, out);
}

bool laz_dotnet_typelib(const struct laz_dotnet *d, struct laz_view *out)
{
    for (uint32_t i = laz_dotnet_rows_in_file(d, LAZ_DOTNET_ATTRIBUTE); i > 0;
         i--) /* the last one counts */
        if (read_guid_attribute(d, i, out))
            return true;
    return false;
}
