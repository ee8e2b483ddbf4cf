#include <string.h>

#include "format/dotnet_priv.h"

#define NESTING_MAX 10 /* classes in classes */

#define TYPE_VISIBILITY 0x07
#define TYPE_INTERFACE  0x20
#define TYPE_ABSTRACT   0x80
#define TYPE_SEALED     0x100

bool laz_dotnet_type_row(const struct laz_dotnet *d, uint32_t row, struct laz_dotnet_type_row *out)
{
    uint8_t extends_width = laz_dotnet_coded_width(d, LAZ_DOTNET_TYPE_DEF_OR_REF);
    uint32_t name, name_space, fields;
    struct laz_view v;

    *out = (struct laz_dotnet_type_row){0};
    if (!laz_dotnet_row(d, LAZ_DOTNET_TYPE_DEF, row, &v) || !laz_take_u32le(&v, &out->flags) ||
        !laz_dotnet_take_index(&v, d->string_width, &name) ||
        !laz_dotnet_take_index(&v, d->string_width, &name_space) ||
        !laz_dotnet_take_index(&v, extends_width, &out->extends) ||
        !laz_dotnet_take_index(&v, laz_dotnet_width(d, LAZ_DOTNET_FIELD), &fields) ||
        !laz_dotnet_take_index(&v, laz_dotnet_width(d, LAZ_DOTNET_METHOD), &out->methods))
        return false;
    laz_ignore(!laz_dotnet_string(d, name, &out->name));             /* then it has none */
    laz_ignore(!laz_dotnet_string(d, name_space, &out->name_space)); /* as well */
    return true;
}

static struct laz_view without_generic_mark(struct laz_view name)
{
    return laz_view_first(name, laz_view_find_byte(name, '`'));
}

struct laz_view laz_dotnet_full_name(struct laz_dotnet_classes *c, struct laz_view name,
                                     struct laz_view name_space)
{
    struct laz_view full;
    char *text;

    if (name.len == 0)
        return name_space;
    if (name_space.len == 0)
        return without_generic_mark(name);
    text = laz_arena_get(c->arena, name_space.len + 1 + name.len);
    if (text == NULL)
        return laz_view_from(NULL, 0);
    memcpy(text, name_space.data, name_space.len);
    text[name_space.len] = '.';
    memcpy(text + name_space.len + 1, name.data, name.len);
    full = laz_view_from(text, name_space.len + 1 + name.len);
    return without_generic_mark(full);
}

static bool is_nested(uint32_t flags)
{
    return (flags & TYPE_VISIBILITY) >= 2;
}

/* The class that holds the one in row; 0 when none does. */
static uint32_t holder_of(const struct laz_dotnet_classes *c, uint32_t row)
{
    uint8_t width = laz_dotnet_width(c->d, LAZ_DOTNET_TYPE_DEF);
    uint32_t inner, outer;
    struct laz_view v;

    if (row >= c->nested.owner_count || c->nested.first[row] == 0 ||
        !laz_dotnet_row(c->d, LAZ_DOTNET_NESTED, c->nested.first[row], &v) ||
        !laz_dotnet_take_index(&v, width, &inner) || !laz_dotnet_take_index(&v, width, &outer))
        return 0;
    return outer;
}

/* The full names of those that hold the class in row, outermost first. */
static struct laz_view holders_name(struct laz_dotnet_classes *c, uint32_t row)
{
    struct laz_dotnet_type_row chain[NESTING_MAX];
    struct laz_view full = {NULL, 0};
    uint32_t count = 0, holder = holder_of(c, row), inner = row;

    while (count < NESTING_MAX && laz_dotnet_type_row(c->d, holder, &chain[count]) &&
           !laz_view_equal_text(chain[count].name, "<Module>")) {
        bool goes_on = is_nested(chain[count].flags) && holder != inner;

        count++;
        inner = holder;
        holder = goes_on ? holder_of(c, holder) : 0;
    }
    while (count-- > 0) {
        bool is_inner = is_nested(chain[count].flags);
        struct laz_view space = chain[count].name_space;

        full = laz_dotnet_full_name(c, chain[count].name,
                                    is_inner ? laz_dotnet_full_name(c, space, full) : space);
    }
    return full;
}

static struct laz_view space_of(struct laz_dotnet_classes *c, uint32_t row,
                                const struct laz_dotnet_type_row *type)
{
    if (!is_nested(type->flags))
        return type->name_space;
    return laz_dotnet_full_name(c, type->name_space, holders_name(c, row));
}

struct laz_view laz_dotnet_type_name(struct laz_dotnet_classes *c, uint32_t row)
{
    struct laz_dotnet_type_row type;

    if (!laz_dotnet_type_row(c->d, row, &type))
        return laz_view_from(NULL, 0);
    return laz_dotnet_full_name(c, type.name, space_of(c, row, &type));
}

/* One owner's number in a row; 0 when the row is nobody's. */
typedef uint32_t owner_fn(const struct laz_dotnet *d, struct laz_view row);

static uint32_t owner_of_nested(const struct laz_dotnet *d, struct laz_view row)
{
    uint32_t owner;

    return laz_dotnet_take_index(&row, laz_dotnet_width(d, LAZ_DOTNET_TYPE_DEF), &owner) ? owner
                                                                                         : 0;
}

static uint32_t generic_owner(const struct laz_dotnet *d, struct laz_view row, uint32_t tag)
{
    uint8_t width = laz_dotnet_coded_width(d, LAZ_DOTNET_TYPE_OR_METHOD);
    uint32_t owner;

    return laz_skip(&row, 4) && laz_dotnet_take_index(&row, width, &owner) && (owner & 1) == tag
               ? owner >> 1
               : 0;
}

static uint32_t owner_of_type_generic(const struct laz_dotnet *d, struct laz_view row)
{
    return generic_owner(d, row, 0);
}

static uint32_t owner_of_method_generic(const struct laz_dotnet *d, struct laz_view row)
{
    return generic_owner(d, row, 1);
}

static bool make_index(struct laz_dotnet_classes *c, enum laz_dotnet_table owners,
                       enum laz_dotnet_table table, owner_fn *owner_of,
                       struct laz_dotnet_index *out)
{
    uint32_t count = laz_dotnet_rows_in_file(c->d, table);
    struct laz_view row;

    out->owner_count = laz_dotnet_rows_in_file(c->d, owners) + 1;
    out->first = laz_arena_get_array(c->arena, out->owner_count, sizeof *out->first);
    out->next = laz_arena_get_array(c->arena, (size_t)count + 1, sizeof *out->next);
    if (out->first == NULL || out->next == NULL)
        return false;
    for (uint32_t i = count; i > 0 && laz_dotnet_row(c->d, table, i, &row); i--) {
        uint32_t owner = owner_of(c->d, row);

        if (owner == 0 || owner >= out->owner_count)
            continue;
        out->next[i] = out->first[owner];
        out->first[owner] = i;
    }
    return true;
}

/* The first pseudo class holds what stands outside of all; empty names are damage. */
static bool is_class(const struct laz_dotnet *d, uint32_t row)
{
    struct laz_dotnet_type_row type;

    return laz_dotnet_type_row(d, row, &type) && without_generic_mark(type.name).len > 0 &&
           !laz_view_equal_text(type.name, "<Module>");
}

static bool find_classes(struct laz_dotnet_classes *c)
{
    uint32_t count = laz_dotnet_rows_in_file(c->d, LAZ_DOTNET_TYPE_DEF);

    c->rows = laz_arena_get_array(c->arena, count, sizeof *c->rows);
    if (c->rows == NULL)
        return false;
    for (uint32_t row = 1; row <= count; row++)
        if (is_class(c->d, row))
            c->rows[c->count++] = row;
    c->classes = laz_arena_get_array(c->arena, c->count, sizeof *c->classes);
    c->generics = laz_arena_get_array(c->arena, c->count, sizeof *c->generics);
    c->bases = laz_arena_get_array(c->arena, c->count, sizeof *c->bases);
    c->methods = laz_arena_get_array(c->arena, c->count, sizeof *c->methods);
    return c->classes != NULL && c->generics != NULL && c->bases != NULL && c->methods != NULL;
}

struct laz_dotnet_classes *laz_dotnet_classes_read(const struct laz_dotnet *d,
                                                   struct laz_arena *arena)
{
    struct laz_dotnet_classes *c;

    if (!d->has_tables || !d->tables_are_known)
        return NULL;
    c = laz_arena_get(arena, sizeof *c);
    if (c == NULL)
        return NULL;
    c->d = d;
    c->arena = arena;
    c->types_left = LAZ_DOTNET_TYPES_MAX;
    if (!make_index(c, LAZ_DOTNET_TYPE_DEF, LAZ_DOTNET_NESTED, owner_of_nested, &c->nested) ||
        !make_index(c, LAZ_DOTNET_TYPE_DEF, LAZ_DOTNET_INTERFACE, owner_of_nested,
                    &c->interfaces) ||
        !make_index(c, LAZ_DOTNET_TYPE_DEF, LAZ_DOTNET_GENERIC, owner_of_type_generic,
                    &c->type_generics) ||
        !make_index(c, LAZ_DOTNET_METHOD, LAZ_DOTNET_GENERIC, owner_of_method_generic,
                    &c->method_generics) ||
        !find_classes(c))
        return NULL;
    return c;
}

uint32_t laz_dotnet_class_count(const struct laz_dotnet_classes *c)
{
    return c->count;
}

/* By the lowest three bits of a type's flags. */
static const char *const visibilities[] = {"internal",
                                           "public",
                                           "public",
                                           "private",
                                           "protected",
                                           "internal",
                                           "private protected",
                                           "protected internal"};
const struct laz_dotnet_class *laz_dotnet_class(struct laz_dotnet_classes *c, uint32_t index)
{
    struct laz_dotnet_class *out;
    struct laz_dotnet_type_row type;

    LAZ_ASSERT(index < c->count);
    if (c->classes[index] != NULL)
        return c->classes[index];
    out = laz_arena_get(c->arena, sizeof *out);
    if (out == NULL || !laz_dotnet_type_row(c->d, c->rows[index], &type))
        return NULL;
    out->row = c->rows[index];
    out->name = without_generic_mark(type.name);
    out->name_space = space_of(c, out->row, &type);
    out->fullname = laz_dotnet_full_name(c, type.name, out->name_space);
    out->visibility = visibilities[type.flags & TYPE_VISIBILITY];
    out->kind = (type.flags & TYPE_INTERFACE) != 0 ? "interface" : "class";
    out->is_abstract = (type.flags & TYPE_ABSTRACT) != 0;
    out->is_sealed = (type.flags & TYPE_SEALED) != 0;
    c->classes[index] = out;
    return out;
}

static uint32_t count_rows(const struct laz_dotnet_index *index, uint32_t owner)
{
    uint32_t count = 0;

    for (uint32_t i = owner < index->owner_count ? index->first[owner] : 0; i != 0;
         i = index->next[i])
        count++;
    return count;
}

static bool read_generic(const struct laz_dotnet *d, uint32_t row, struct laz_view *out)
{
    uint8_t width = laz_dotnet_coded_width(d, LAZ_DOTNET_TYPE_OR_METHOD);
    uint32_t owner, name;
    struct laz_view v;

    return laz_dotnet_row(d, LAZ_DOTNET_GENERIC, row, &v) && laz_skip(&v, 4) &&
           laz_dotnet_take_index(&v, width, &owner) &&
           laz_dotnet_take_index(&v, d->string_width, &name) && laz_dotnet_string(d, name, out) &&
           out->len > 0;
}

/* One name that cannot be read makes all of them unknown. */
bool laz_dotnet_read_generics(struct laz_dotnet_classes *c, const struct laz_dotnet_index *index,
                              uint32_t owner, struct laz_dotnet_names *out)
{
    uint32_t count = count_rows(index, owner), n = 0;
    struct laz_view *items = laz_arena_get_array(c->arena, count, sizeof *items);

    *out = (struct laz_dotnet_names){0};
    if (items == NULL)
        return false;
    for (uint32_t i = count == 0 ? 0 : index->first[owner]; i != 0; i = index->next[i])
        if (!read_generic(c->d, i, &items[n++]))
            return true;
    *out = (struct laz_dotnet_names){items, count};
    return true;
}

const struct laz_dotnet_names *laz_dotnet_class_generics(struct laz_dotnet_classes *c,
                                                         uint32_t index)
{
    struct laz_dotnet_names *out;

    LAZ_ASSERT(index < c->count);
    if (c->generics[index] != NULL)
        return c->generics[index];
    out = laz_arena_get(c->arena, sizeof *out);
    if (out == NULL || !laz_dotnet_read_generics(c, &c->type_generics, c->rows[index], out))
        return NULL;
    c->generics[index] = out;
    return out;
}

static void add_base(struct laz_dotnet_classes *c, uint32_t type,
                     const struct laz_dotnet_scope *scope, struct laz_view *items, uint32_t *count)
{
    struct laz_view name = laz_dotnet_named_type(c, type, scope);

    if (name.data != NULL)
        items[(*count)++] = name;
}

static bool read_bases(struct laz_dotnet_classes *c, uint32_t index, struct laz_dotnet_names *out)
{
    struct laz_dotnet_scope scope = {laz_dotnet_class_generics(c, index), NULL};
    uint8_t class_width = laz_dotnet_width(c->d, LAZ_DOTNET_TYPE_DEF);
    uint8_t type_width = laz_dotnet_coded_width(c->d, LAZ_DOTNET_TYPE_DEF_OR_REF);
    uint32_t row = c->rows[index], count = count_rows(&c->interfaces, row), class_row, type;
    struct laz_view *items = laz_arena_get_array(c->arena, (size_t)count + 1, sizeof *items), v;
    struct laz_dotnet_type_row own;

    if (items == NULL || !laz_dotnet_type_row(c->d, row, &own))
        return false;
    out->items = items;
    add_base(c, own.extends, &scope, items, &out->count);
    for (uint32_t i = c->interfaces.first[row]; i != 0; i = c->interfaces.next[i])
        if (laz_dotnet_row(c->d, LAZ_DOTNET_INTERFACE, i, &v) &&
            laz_dotnet_take_index(&v, class_width, &class_row) &&
            laz_dotnet_take_index(&v, type_width, &type))
            add_base(c, type, &scope, items, &out->count);
    return true;
}

const struct laz_dotnet_names *laz_dotnet_class_bases(struct laz_dotnet_classes *c, uint32_t index)
{
    struct laz_dotnet_names *out;

    LAZ_ASSERT(index < c->count);
    if (c->bases[index] != NULL)
        return c->bases[index];
    out = laz_arena_get(c->arena, sizeof *out);
    if (out == NULL || !read_bases(c, index, out))
        return NULL;
    c->bases[index] = out;
    return out;
}
