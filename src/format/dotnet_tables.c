/* Where the tables of the metadata are. Each begins where the one before ends, and the widths of
 * their columns follow from how many rows others have: ECMA-335, II.22 and II.24.2.6. */
#include "format/dotnet.h"

#define HEAP_STRINGS_WIDE 0x01
#define HEAP_GUIDS_WIDE   0x02
#define HEAP_BLOBS_WIDE   0x04
#define HEAP_EXTRA        0x40 /* four bytes more before the tables; not in the standard */
#define COLUMNS_MAX       9

/* A column: numbers of that many bytes, an index into a heap, a table, or one of several. */
enum {
    U16 = 1,
    U32,
    STRING,
    GUID,
    BLOB,
    TABLE = 0x40, /* + enum laz_dotnet_table */
    CODED = 0x80, /* + enum laz_dotnet_coded */
};
#define T(table) (TABLE + (LAZ_DOTNET_##table))
#define C(kind)  (CODED + (LAZ_DOTNET_##kind))

static const uint8_t columns[LAZ_DOTNET_TABLES][COLUMNS_MAX] = {
    [LAZ_DOTNET_MODULE] = {U16, STRING, GUID, GUID, GUID},
    [LAZ_DOTNET_TYPE_REF] = {C(SCOPE), STRING, STRING},
    [LAZ_DOTNET_TYPE_DEF] = {U32, STRING, STRING, C(TYPE_DEF_OR_REF), T(FIELD), T(METHOD)},
    [LAZ_DOTNET_FIELD_PTR] = {T(FIELD)},
    [LAZ_DOTNET_FIELD] = {U16, STRING, BLOB},
    [LAZ_DOTNET_METHOD_PTR] = {T(METHOD)},
    [LAZ_DOTNET_METHOD] = {U32, U16, U16, STRING, BLOB, T(PARAM)},
    [LAZ_DOTNET_PARAM_PTR] = {T(PARAM)},
    [LAZ_DOTNET_PARAM] = {U16, U16, STRING},
    [LAZ_DOTNET_INTERFACE] = {T(TYPE_DEF), C(TYPE_DEF_OR_REF)},
    [LAZ_DOTNET_MEMBER_REF] = {C(REF_PARENT), STRING, BLOB},
    [LAZ_DOTNET_CONSTANT_TABLE] = {U16, C(HAS_CONSTANT), BLOB},
    [LAZ_DOTNET_ATTRIBUTE] = {C(HAS_ATTRIBUTE), C(ATTRIBUTE_TYPE), BLOB},
    [LAZ_DOTNET_FIELD_MARSHAL] = {C(HAS_MARSHAL), BLOB},
    [LAZ_DOTNET_SECURITY] = {U16, C(HAS_SECURITY), BLOB},
    [LAZ_DOTNET_CLASS_LAYOUT] = {U16, U32, T(TYPE_DEF)},
    [LAZ_DOTNET_FIELD_LAYOUT] = {U32, T(FIELD)},
    [LAZ_DOTNET_SIGNATURE] = {BLOB},
    [LAZ_DOTNET_EVENT_MAP] = {T(TYPE_DEF), T(EVENT)},
    [LAZ_DOTNET_EVENT_PTR] = {T(EVENT)},
    [LAZ_DOTNET_EVENT] = {U16, STRING, C(TYPE_DEF_OR_REF)},
    [LAZ_DOTNET_PROPERTY_MAP] = {T(TYPE_DEF), T(PROPERTY)},
    [LAZ_DOTNET_PROPERTY_PTR] = {T(PROPERTY)},
    [LAZ_DOTNET_PROPERTY] = {U16, STRING, BLOB},
    [LAZ_DOTNET_SEMANTICS] = {U16, T(METHOD), C(HAS_SEMANTICS)},
    [LAZ_DOTNET_METHOD_IMPL] = {T(TYPE_DEF), C(METHOD_DEF_OR_REF), C(METHOD_DEF_OR_REF)},
    [LAZ_DOTNET_MODULE_REF] = {STRING},
    [LAZ_DOTNET_TYPE_SPEC] = {BLOB},
    [LAZ_DOTNET_IMPL_MAP] = {U16, C(FORWARDED), STRING, T(MODULE_REF)},
    [LAZ_DOTNET_FIELD_RVA] = {U32, T(FIELD)},
    [LAZ_DOTNET_ENC_LOG] = {U32, U32},
    [LAZ_DOTNET_ENC_MAP] = {U32},
    [LAZ_DOTNET_ASSEMBLY] = {U32, U16, U16, U16, U16, U32, BLOB, STRING, STRING},
    [LAZ_DOTNET_ASSEMBLY_PROCESSOR] = {U32},
    [LAZ_DOTNET_ASSEMBLY_OS] = {U32, U32, U32},
    [LAZ_DOTNET_ASSEMBLY_REF] = {U16, U16, U16, U16, U32, BLOB, STRING, STRING, BLOB},
    [LAZ_DOTNET_REF_PROCESSOR] = {U32, T(ASSEMBLY_REF)},
    [LAZ_DOTNET_REF_OS] = {U32, U32, U32, T(ASSEMBLY_REF)},
    [LAZ_DOTNET_FILE] = {U32, STRING, BLOB},
    [LAZ_DOTNET_EXPORTED_TYPE] = {U32, U32, STRING, STRING, C(IMPLEMENTATION)},
    [LAZ_DOTNET_RESOURCE] = {U32, U32, STRING, C(RESOURCE_PLACE)},
    [LAZ_DOTNET_NESTED] = {T(TYPE_DEF), T(TYPE_DEF)},
    [LAZ_DOTNET_GENERIC] = {U16, U16, C(TYPE_OR_METHOD), STRING},
    [LAZ_DOTNET_METHOD_SPEC] = {C(METHOD_DEF_OR_REF), BLOB},
    [LAZ_DOTNET_CONSTRAINT] = {T(GENERIC), C(TYPE_DEF_OR_REF)},
};

#define BIT(table) (UINT64_C(1) << (LAZ_DOTNET_##table))

/* The tables that a coded index may point into, and how many of its bits say into which. */
static const struct {
    uint8_t tag_bits;
    uint64_t tables;
} coded[LAZ_DOTNET_CODED_KINDS] = {
    [LAZ_DOTNET_TYPE_DEF_OR_REF] = {2, BIT(TYPE_DEF) | BIT(TYPE_REF) | BIT(TYPE_SPEC)},
    [LAZ_DOTNET_HAS_CONSTANT] = {2, BIT(FIELD) | BIT(PARAM) | BIT(PROPERTY)},
    [LAZ_DOTNET_HAS_ATTRIBUTE] = {5, BIT(METHOD) | BIT(FIELD) | BIT(TYPE_REF) | BIT(TYPE_DEF) |
                                         BIT(PARAM) | BIT(INTERFACE) | BIT(MEMBER_REF) |
                                         BIT(MODULE) | BIT(SECURITY) | BIT(PROPERTY) | BIT(EVENT) |
                                         BIT(SIGNATURE) | BIT(MODULE_REF) | BIT(TYPE_SPEC) |
                                         BIT(ASSEMBLY) | BIT(ASSEMBLY_REF) | BIT(FILE) |
                                         BIT(EXPORTED_TYPE) | BIT(RESOURCE) | BIT(GENERIC) |
                                         BIT(CONSTRAINT) | BIT(METHOD_SPEC)},
    [LAZ_DOTNET_HAS_MARSHAL] = {1, BIT(FIELD) | BIT(PARAM)},
    [LAZ_DOTNET_HAS_SECURITY] = {2, BIT(TYPE_DEF) | BIT(METHOD) | BIT(ASSEMBLY)},
    [LAZ_DOTNET_REF_PARENT] = {3, BIT(TYPE_DEF) | BIT(TYPE_REF) | BIT(MODULE_REF) | BIT(METHOD) |
                                      BIT(TYPE_SPEC)},
    [LAZ_DOTNET_HAS_SEMANTICS] = {1, BIT(EVENT) | BIT(PROPERTY)},
    [LAZ_DOTNET_METHOD_DEF_OR_REF] = {1, BIT(METHOD) | BIT(MEMBER_REF)},
    [LAZ_DOTNET_FORWARDED] = {1, BIT(FIELD) | BIT(METHOD)},
    [LAZ_DOTNET_IMPLEMENTATION] = {2, BIT(FILE) | BIT(ASSEMBLY_REF) | BIT(EXPORTED_TYPE)},
    [LAZ_DOTNET_RESOURCE_PLACE] = {2, BIT(FILE) | BIT(ASSEMBLY_REF) | BIT(EXPORTED_TYPE)},
    [LAZ_DOTNET_ATTRIBUTE_TYPE] = {3, BIT(METHOD) | BIT(MEMBER_REF)},
    [LAZ_DOTNET_SCOPE] = {2, BIT(MODULE) | BIT(MODULE_REF) | BIT(ASSEMBLY_REF) | BIT(TYPE_REF)},
    [LAZ_DOTNET_TYPE_OR_METHOD] = {1, BIT(TYPE_DEF) | BIT(METHOD)},
};

uint8_t laz_dotnet_width(const struct laz_dotnet *d, enum laz_dotnet_table table)
{
    return d->counts[table] > UINT16_MAX ? 4 : 2;
}

uint8_t laz_dotnet_coded_width(const struct laz_dotnet *d, enum laz_dotnet_coded kind)
{
    for (unsigned t = 0; t < LAZ_DOTNET_TABLES; t++)
        if ((coded[kind].tables >> t & 1) != 0 &&
            d->counts[t] > (uint32_t)UINT16_MAX >> coded[kind].tag_bits)
            return 4;
    return 2;
}

static uint32_t column_width(const struct laz_dotnet *d, uint8_t column)
{
    if (column >= CODED)
        return laz_dotnet_coded_width(d, (enum laz_dotnet_coded)(column - CODED));
    if (column >= TABLE)
        return laz_dotnet_width(d, (enum laz_dotnet_table)(column - TABLE));
    switch (column) {
    case U16:
        return 2;
    case U32:
        return 4;
    case STRING:
        return d->string_width;
    case GUID:
        return d->guid_width;
    case BLOB:
        return d->blob_width;
    default: /* behind the last column */
        return 0;
    }
}

static uint32_t row_size(const struct laz_dotnet *d, unsigned table)
{
    uint32_t size = 0;

    for (unsigned i = 0; i < COLUMNS_MAX; i++)
        size += column_width(d, columns[table][i]);
    return size;
}

static bool take_stream_head(struct laz_view *v, uint64_t *present, uint8_t *heaps)
{
    return laz_skip(v, 6) && laz_take_u8(v, heaps) && laz_skip(v, 1) &&
           laz_take_u64le(v, present) && laz_skip(v, 8); /* which are sorted */
}

static bool take_counts(struct laz_dotnet *d, struct laz_view *v, uint64_t present)
{
    uint32_t count;

    for (unsigned t = 0; t < 64; t++) {
        if ((present >> t & 1) == 0)
            continue;
        if (!laz_take_u32le(v, &count))
            return false;
        if (t < LAZ_DOTNET_TABLES)
            d->counts[t] = count;
    }
    return true;
}

void laz_dotnet_find_tables(struct laz_dotnet *d)
{
    struct laz_view v = laz_view_from_offset(d->pe->file, d->tables_stream.offset);
    uint64_t present;
    uint8_t heaps;

    if (!take_stream_head(&v, &present, &heaps))
        return;
    d->string_width = (heaps & HEAP_STRINGS_WIDE) != 0 ? 4 : 2;
    d->guid_width = (heaps & HEAP_GUIDS_WIDE) != 0 ? 4 : 2;
    d->blob_width = (heaps & HEAP_BLOBS_WIDE) != 0 ? 4 : 2;
    if (!take_counts(d, &v, present) || ((heaps & HEAP_EXTRA) != 0 && !laz_skip(&v, 4)))
        return;
    d->has_tables = true;
    for (unsigned t = 0; t < LAZ_DOTNET_TABLES; t++) {
        if ((present >> t & 1) == 0)
            continue;
        d->tables[t] = (struct laz_dotnet_rows){v, d->counts[t], row_size(d, t)};
        /* Of one that is cut, and of all behind it, there are the rows that the file has. */
        v = laz_view_from_offset(v, (uint64_t)d->counts[t] * d->tables[t].size);
    }
    d->tables_are_known = present >> LAZ_DOTNET_TABLES == 0;
}

bool laz_dotnet_row(const struct laz_dotnet *d, enum laz_dotnet_table table, uint32_t index,
                    struct laz_view *out)
{
    const struct laz_dotnet_rows *t = &d->tables[table];

    return index >= 1 && index <= t->count &&
           laz_view_at(t->bytes, (uint64_t)(index - 1) * t->size, t->size, out);
}

bool laz_dotnet_take_index(struct laz_view *row, uint8_t width, uint32_t *out)
{
    uint16_t narrow;

    if (width == 4)
        return laz_take_u32le(row, out);
    if (!laz_take_u16le(row, &narrow))
        return false;
    *out = narrow;
    return true;
}

uint32_t laz_dotnet_rows_in_file(const struct laz_dotnet *d, enum laz_dotnet_table table)
{
    const struct laz_dotnet_rows *t = &d->tables[table];
    uint64_t fitting = t->size == 0 ? 0 : t->bytes.len / t->size;

    return fitting < t->count ? (uint32_t)fitting : t->count;
}
