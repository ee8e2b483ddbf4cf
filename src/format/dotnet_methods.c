/* The methods of classes, with what they take and return. */
#include "format/dotnet_priv.h"

#define METHODS_MAX    20000 /* of one class */
#define PARAMETERS_MAX 2000
#define GENERIC_METHOD 0x10 /* in the first byte of a signature */

#define METHOD_ACCESS   0x07
#define METHOD_STATIC   0x10
#define METHOD_FINAL    0x20
#define METHOD_VIRTUAL  0x40
#define METHOD_ABSTRACT 0x400

/* By the lowest three bits of a method's flags. */
static const char *const visibilities[] = {"private",  "private",   "private protected",
                                           "internal", "protected", "protected internal",
                                           "public",   "private"};

struct method_row {
    uint16_t flags;
    uint32_t signature, parameters;
    struct laz_view name;
};

static bool read_method_row(const struct laz_dotnet *d, uint32_t row, struct method_row *out)
{
    struct laz_view v;
    uint32_t name;

    return laz_dotnet_row(d, LAZ_DOTNET_METHOD, row, &v) && laz_skip(&v, 6) &&
           laz_take_u16le(&v, &out->flags) && laz_dotnet_take_index(&v, d->string_width, &name) &&
           laz_dotnet_take_index(&v, d->blob_width, &out->signature) &&
           laz_dotnet_take_index(&v, laz_dotnet_width(d, LAZ_DOTNET_PARAM), &out->parameters) &&
           laz_dotnet_string(d, name, &out->name) && out->name.len > 0;
}

/* A parameter's name; one that the table does not have is named by its place. */
static struct laz_view parameter_name(struct laz_dotnet_classes *c, uint32_t first, uint32_t i)
{
    struct laz_view v, name;
    struct laz_buf made;
    uint32_t index;
    char *copy;

    if (laz_dotnet_row(c->d, LAZ_DOTNET_PARAM, first + i, &v) && laz_skip(&v, 4) &&
        laz_dotnet_take_index(&v, c->d->string_width, &index))
        return laz_dotnet_string(c->d, index, &name) ? name : laz_view_from(NULL, 0);
    laz_buf_init(&made, 16);
    laz_buf_addf(&made, "P_%u", i);
    copy = laz_arena_copy(c->arena, laz_buf_view(&made));
    name = laz_view_from(copy, copy == NULL ? 0 : made.len);
    laz_buf_clear(&made);
    return name;
}

static bool read_parameters(struct laz_dotnet_classes *c, const struct method_row *row,
                            struct laz_view signature, uint32_t count,
                            const struct laz_dotnet_scope *scope, struct laz_dotnet_method *out)
{
    struct laz_view *names, *types;

    if (row->parameters == 0)
        return true;
    names = laz_arena_get_array(c->arena, count, sizeof *names);
    types = laz_arena_get_array(c->arena, count, sizeof *types);
    if (names == NULL || types == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        names[i] = parameter_name(c, row->parameters, i);
        types[i] = laz_dotnet_take_type(c, &signature, scope);
        if (types[i].data == NULL)
            return false;
    }
    out->has_parameters = true;
    out->parameter_names = (struct laz_dotnet_names){names, count};
    out->parameter_types = (struct laz_dotnet_names){types, count};
    return true;
}

/* Its signature: how it is called, how many generics and parameters, what it returns, what it
 * takes. */
static bool read_signature(struct laz_dotnet_classes *c, const struct method_row *row,
                           const struct laz_dotnet_scope *scope, struct laz_dotnet_method *out)
{
    struct laz_view v;
    uint32_t count;
    uint8_t how;

    if (!laz_dotnet_blob(c->d, row->signature, &v) || v.len < 3 || !laz_take_u8(&v, &how))
        return false;
    if ((how & GENERIC_METHOD) != 0)
        laz_ignore(laz_dotnet_take_number(&v) != 0); /* the table of generics says the same */
    count = laz_dotnet_take_number(&v);
    out->return_type = laz_dotnet_take_type(c, &v, scope);
    return out->return_type.data != NULL && count <= PARAMETERS_MAX &&
           read_parameters(c, row, v, count, scope, out);
}

static bool read_method(struct laz_dotnet_classes *c, uint32_t row_number,
                        const struct laz_dotnet_names *class_generics,
                        struct laz_dotnet_method *out)
{
    struct laz_dotnet_scope scope = {class_generics, &out->generics};
    struct method_row row;

    *out = (struct laz_dotnet_method){0};
    if (!read_method_row(c->d, row_number, &row) ||
        !laz_dotnet_read_generics(c, &c->method_generics, row_number, &out->generics) ||
        !read_signature(c, &row, &scope, out))
        return false;
    out->name = row.name;
    out->visibility = visibilities[row.flags & METHOD_ACCESS];
    out->is_static = (row.flags & METHOD_STATIC) != 0;
    out->is_final = (row.flags & METHOD_FINAL) != 0;
    out->is_virtual = (row.flags & METHOD_VIRTUAL) != 0;
    out->is_abstract = (row.flags & METHOD_ABSTRACT) != 0;
    if (laz_view_equal_text(row.name, ".ctor") || laz_view_equal_text(row.name, ".cctor"))
        out->return_type = laz_view_from(NULL, 0);
    return true;
}

/* A class has the methods from its first up to the first of the next class. */
static uint32_t count_methods(const struct laz_dotnet *d, uint32_t row, uint32_t first)
{
    uint32_t all = d->tables[LAZ_DOTNET_METHOD].count;
    struct laz_dotnet_type_row next;

    if (row < d->tables[LAZ_DOTNET_TYPE_DEF].count)
        return laz_dotnet_type_row(d, row + 1, &next) && next.methods >= first
                   ? next.methods - first
                   : 0;
    return all >= first ? all + 1 - first : 0;
}

static bool read_methods(struct laz_dotnet_classes *c, uint32_t index,
                         struct laz_dotnet_methods *out)
{
    const struct laz_dotnet_names *generics = laz_dotnet_class_generics(c, index);
    uint32_t in_file = laz_dotnet_rows_in_file(c->d, LAZ_DOTNET_METHOD), count;
    struct laz_dotnet_type_row own;
    struct laz_dotnet_method *items;

    if (!laz_dotnet_type_row(c->d, c->rows[index], &own))
        return false;
    count = count_methods(c->d, c->rows[index], own.methods);
    if (count > METHODS_MAX || own.methods == 0)
        return true;
    if (own.methods > in_file)
        count = 0;
    else if (count > in_file - own.methods + 1)
        count = in_file - own.methods + 1;
    items = laz_arena_get_array(c->arena, count, sizeof *items);
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (read_method(c, own.methods + i, generics, &items[out->count]))
            out->count++;
    out->is_known = true;
    out->items = items;
    return true;
}

const struct laz_dotnet_methods *laz_dotnet_class_methods(struct laz_dotnet_classes *c,
                                                          uint32_t index)
{
    struct laz_dotnet_methods *out;

    LAZ_ASSERT(index < c->count);
    if (c->methods[index] != NULL)
        return c->methods[index];
    out = laz_arena_get(c->arena, sizeof *out);
    if (out == NULL || !read_methods(c, index, out))
        return NULL;
    c->methods[index] = out;
    return out;
}
