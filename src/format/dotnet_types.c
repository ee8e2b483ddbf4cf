/* Types written out from signatures: ECMA-335, II.23.2.12. A type holds others, and one of the
 * table of types may hold itself: depth and number are bounded. */
#include <stdio.h>
#include <string.h>

#include "format/dotnet_priv.h"

#define GENERICS_MAX   1000
#define PARAMETERS_MAX 2000
#define RANK_MAX       50

enum element {
    ELEMENT_PTR = 0x0F,
    ELEMENT_BYREF = 0x10,
    ELEMENT_VALUETYPE = 0x11,
    ELEMENT_CLASS = 0x12,
    ELEMENT_VAR = 0x13,
    ELEMENT_ARRAY = 0x14,
    ELEMENT_GENERICINST = 0x15,
    ELEMENT_FNPTR = 0x1B,
    ELEMENT_SZARRAY = 0x1D,
    ELEMENT_MVAR = 0x1E,
    ELEMENT_CMOD_REQD = 0x1F,
    ELEMENT_CMOD_OPT = 0x20,
};

/* Those that stand for themselves. */
static const char *const plain[] = {
    [0x01] = "void",   [0x02] = "bool",           [0x03] = "char",   [0x04] = "sbyte",
    [0x05] = "byte",   [0x06] = "short",          [0x07] = "ushort", [0x08] = "int",
    [0x09] = "uint",   [0x0A] = "long",           [0x0B] = "ulong",  [0x0C] = "float",
    [0x0D] = "double", [0x0E] = "string",         [0x18] = "IntPtr", [0x19] = "UIntPtr",
    [0x1C] = "object", [0x16] = "TypedReference",
};

static bool write_type(struct laz_dotnet_classes *c, struct laz_view *v,
                       const struct laz_dotnet_scope *scope, unsigned depth);

static bool add(struct laz_dotnet_classes *c, struct laz_view text)
{
    if (text.len > sizeof c->text - c->text_len) {
        c->text_failed = true;
        return false;
    }
    if (text.len > 0)
        memcpy(c->text + c->text_len, text.data, text.len);
    c->text_len += text.len;
    return true;
}

static bool add_text(struct laz_dotnet_classes *c, const char *text)
{
    return add(c, laz_view_of(text));
}

uint32_t laz_dotnet_take_number(struct laz_view *signature)
{
    struct laz_view v = *signature;
    uint8_t first;
    uint16_t two;
    uint32_t four;

    if (!laz_take_u8(&v, &first))
        return 0;
    if ((first & 0x80) == 0) {
        *signature = v;
        return first;
    }
    v = *signature;
    if ((first & 0xC0) == 0x80 && laz_take_u16be(&v, &two)) {
        *signature = v;
        return two & 0x3FFF;
    }
    if ((first & 0xE0) == 0xC0 && laz_take_u32be(&v, &four)) {
        *signature = v;
        return four & 0x1FFFFFFF;
    }
    return 0;
}

/* The sign is the lowest bit; the bits above it are two's complement of 6, 13 or 28 bits. */
static int32_t take_signed(struct laz_view *signature)
{
    size_t before = signature->len;
    uint32_t n = laz_dotnet_take_number(signature);
    size_t width = before - signature->len;
    int32_t high = width == 1 ? 1 << 6 : width == 2 ? 1 << 13 : 1 << 28;

    return (n & 1) != 0 ? (int32_t)(n >> 1) - high : (int32_t)(n >> 1);
}

static bool write_reference(struct laz_dotnet_classes *c, uint32_t row)
{
    uint8_t width = laz_dotnet_coded_width(c->d, LAZ_DOTNET_SCOPE);
    struct laz_view v, name = {NULL, 0}, name_space = {NULL, 0}, full;
    uint32_t scope, name_index, space_index;

    if (!laz_dotnet_row(c->d, LAZ_DOTNET_TYPE_REF, row, &v) ||
        !laz_dotnet_take_index(&v, width, &scope) ||
        !laz_dotnet_take_index(&v, c->d->string_width, &name_index) ||
        !laz_dotnet_take_index(&v, c->d->string_width, &space_index))
        return false;
    laz_ignore(!laz_dotnet_string(c->d, name_index, &name));        /* then it has none */
    laz_ignore(!laz_dotnet_string(c->d, space_index, &name_space)); /* as well */
    full = laz_dotnet_full_name(c, name, name_space);
    return full.data != NULL && add(c, full);
}

static bool write_specification(struct laz_dotnet_classes *c, uint32_t row,
                                const struct laz_dotnet_scope *scope, unsigned depth)
{
    struct laz_dotnet_scope outer = {scope->of_class, NULL};
    struct laz_view v, blob;
    uint32_t index;

    return laz_dotnet_row(c->d, LAZ_DOTNET_TYPE_SPEC, row, &v) &&
           laz_dotnet_take_index(&v, c->d->blob_width, &index) &&
           laz_dotnet_blob(c->d, index, &blob) && write_type(c, &blob, &outer, depth);
}

static bool write_named(struct laz_dotnet_classes *c, uint32_t index,
                        const struct laz_dotnet_scope *scope, unsigned depth)
{
    uint32_t row = index >> 2;
    struct laz_view name;

    switch (index & 3) {
    case 0:
        name = laz_dotnet_type_name(c, row);
        return name.data != NULL && add(c, name);
    case 1:
        return write_reference(c, row);
    case 2:
        return write_specification(c, row, scope, depth);
    default: /* no table has this tag */
        return false;
    }
}

static bool write_around(struct laz_dotnet_classes *c, const char *before, const char *after,
                         struct laz_view *v, const struct laz_dotnet_scope *scope, unsigned depth)
{
    return add_text(c, before) && write_type(c, v, scope, depth + 1) && add_text(c, after);
}

static bool write_variable(struct laz_dotnet_classes *c, const struct laz_dotnet_names *names,
                           uint32_t index)
{
    return names != NULL && index < names->count && add(c, names->items[index]);
}

static bool write_list(struct laz_dotnet_classes *c, struct laz_view *v, uint32_t count,
                       const char *comma, const struct laz_dotnet_scope *scope, unsigned depth)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t mark = c->text_len;

        /* One that cannot be told is left out. */
        if ((i > 0 && !add_text(c, comma)) || !write_type(c, v, scope, depth + 1))
            c->text_len = mark;
        if (c->text_failed)
            return false;
    }
    return true;
}

static bool write_instance(struct laz_dotnet_classes *c, struct laz_view *v,
                           const struct laz_dotnet_scope *scope, unsigned depth)
{
    uint32_t count;

    if (!write_type(c, v, scope, depth + 1))
        return false;
    count = laz_dotnet_take_number(v);
    return count <= GENERICS_MAX && add_text(c, "<") &&
           write_list(c, v, count, ",", scope, depth) && add_text(c, ">");
}

static bool write_function(struct laz_dotnet_classes *c, struct laz_view *v,
                           const struct laz_dotnet_scope *scope, unsigned depth)
{
    uint32_t count;

    if (!laz_skip(v, 1)) /* how it is called */
        return false;
    count = laz_dotnet_take_number(v);
    return count <= PARAMETERS_MAX && add_text(c, "FnPtr<") && write_type(c, v, scope, depth + 1) &&
           add_text(c, "(") && write_list(c, v, count, ", ", scope, depth) && add_text(c, ")>");
}

struct bounds {
    uint32_t rank, size_count, low_count;
    int32_t sizes[RANK_MAX], lows[RANK_MAX];
};

static bool take_bounds(struct laz_view *v, struct bounds *b)
{
    b->rank = laz_dotnet_take_number(v);
    if (b->rank == 0 || b->rank > RANK_MAX)
        return false;
    b->size_count = laz_dotnet_take_number(v);
    if (b->size_count > b->rank)
        return false;
    for (uint32_t i = 0; i < b->size_count; i++)
        b->sizes[i] = (int32_t)laz_dotnet_take_number(v);
    b->low_count = laz_dotnet_take_number(v);
    if (b->low_count > b->rank)
        return false;
    for (uint32_t i = 0; i < b->low_count; i++) {
        b->lows[i] = take_signed(v);
        if (i < b->size_count)
            b->sizes[i] += b->lows[i]; /* neither has more than 29 bits */
    }
    return true;
}

static bool write_array(struct laz_dotnet_classes *c, struct laz_view *v,
                        const struct laz_dotnet_scope *scope, unsigned depth)
{
    struct bounds b;
    char number[24];

    if (!write_type(c, v, scope, depth + 1) || !take_bounds(v, &b) || !add_text(c, "["))
        return false;
    for (uint32_t i = 0; i < b.rank; i++) {
        snprintf(number, sizeof number, "%d...", i < b.low_count ? b.lows[i] : 0);
        if (i < b.low_count && b.lows[i] != 0 && !add_text(c, number))
            return false;
        snprintf(number, sizeof number, "%d", i < b.size_count ? b.sizes[i] : 0);
        if (i < b.size_count && b.sizes[i] != 0 && !add_text(c, number))
            return false;
        if (i + 1 < b.rank && !add_text(c, ","))
            return false;
    }
    return add_text(c, "]");
}

static bool write_element(struct laz_dotnet_classes *c, uint8_t element, struct laz_view *v,
                          const struct laz_dotnet_scope *scope, unsigned depth)
{
    switch (element) {
    case ELEMENT_PTR:
        return write_around(c, "Ptr<", ">", v, scope, depth);
    case ELEMENT_BYREF:
        return write_around(c, "ref ", "", v, scope, depth);
    case ELEMENT_SZARRAY:
        return write_around(c, "", "[]", v, scope, depth);
    case ELEMENT_VALUETYPE:
    case ELEMENT_CLASS:
        return write_named(c, laz_dotnet_take_number(v), scope, depth + 1);
    case ELEMENT_VAR:
        return write_variable(c, scope->of_class, laz_dotnet_take_number(v));
    case ELEMENT_MVAR:
        return write_variable(c, scope->of_method, laz_dotnet_take_number(v));
    case ELEMENT_ARRAY:
        return write_array(c, v, scope, depth);
    case ELEMENT_GENERICINST:
        return write_instance(c, v, scope, depth);
    case ELEMENT_FNPTR:
        return write_function(c, v, scope, depth);
    case ELEMENT_CMOD_REQD:
    case ELEMENT_CMOD_OPT: /* says how the type is passed, not which it is */
        laz_ignore(laz_dotnet_take_number(v) != 0);
        return write_type(c, v, scope, depth + 1);
    default:
        return element < sizeof plain / sizeof *plain && plain[element] != NULL &&
               add_text(c, plain[element]);
    }
}

static bool write_type(struct laz_dotnet_classes *c, struct laz_view *v,
                       const struct laz_dotnet_scope *scope, unsigned depth)
{
    uint8_t element;

    if (depth > LAZ_DOTNET_TYPE_DEPTH_MAX || c->types_left == 0 || !laz_take_u8(v, &element))
        return false;
    c->types_left--;
    return write_element(c, element, v, scope, depth);
}

/* What was written, kept in the arena. */
static struct laz_view keep_text(struct laz_dotnet_classes *c, bool ok)
{
    char *copy = ok ? laz_arena_copy(c->arena, laz_view_from(c->text, c->text_len)) : NULL;

    return laz_view_from(copy, copy == NULL ? 0 : c->text_len);
}

struct laz_view laz_dotnet_named_type(struct laz_dotnet_classes *c, uint32_t index,
                                      const struct laz_dotnet_scope *scope)
{
    c->text_len = 0;
    c->text_failed = false;
    return keep_text(c, write_named(c, index, scope, 0));
}

struct laz_view laz_dotnet_take_type(struct laz_dotnet_classes *c, struct laz_view *signature,
                                     const struct laz_dotnet_scope *scope)
{
    c->text_len = 0;
    c->text_failed = false;
    return keep_text(c, write_type(c, signature, scope, 0));
}
