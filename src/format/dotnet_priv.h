/* dotnet_priv.h - what the two files of classes share. */
#ifndef LAZ_FORMAT_DOTNET_PRIV_H
#define LAZ_FORMAT_DOTNET_PRIV_H

#include "base/buf.h"
#include "base/status.h"
#include "format/dotnet.h"

#define LAZ_DOTNET_TYPE_TEXT_MAX  (16u * 1024) /* bytes of one type written out */
#define LAZ_DOTNET_TYPE_DEPTH_MAX 16           /* types in types */
#define LAZ_DOTNET_TYPES_MAX      500000u      /* written out for one file */

/* The rows of a table that belong to one owner, in the order of the table. */
struct laz_dotnet_index {
    uint32_t *first; /* by owner, from 0; a row, or 0 */
    uint32_t *next;  /* by row, from 0 */
    uint32_t owner_count;
};

struct laz_dotnet_classes {
    const struct laz_dotnet *d;
    struct laz_arena *arena;
    uint32_t *rows; /* of the classes, in the table of types */
    uint32_t count;
    struct laz_dotnet_index nested, interfaces, type_generics, method_generics;
    /* By class; NULL until somebody asks. */
    const struct laz_dotnet_class **classes;
    const struct laz_dotnet_names **generics, **bases;
    const struct laz_dotnet_methods **methods;
    uint32_t types_left;
    size_t text_len;
    bool text_failed;
    char text[LAZ_DOTNET_TYPE_TEXT_MAX];
};

struct laz_dotnet_type_row {
    uint32_t flags, extends, methods;
    struct laz_view name, name_space; /* data is NULL when there is none */
};

/* dotnet_classes.c */
bool laz_dotnet_type_row(const struct laz_dotnet *d, uint32_t row, struct laz_dotnet_type_row *out);
/* "namespace.name" without the mark of a generic; data is NULL when there is neither. */
struct laz_view laz_dotnet_full_name(struct laz_dotnet_classes *c, struct laz_view name,
                                     struct laz_view name_space);
/* The full name of a type by its row, with those that hold it. */
struct laz_view laz_dotnet_type_name(struct laz_dotnet_classes *c, uint32_t row);

/* One name that cannot be read makes all of them unknown. False when memory ran out. */
bool laz_dotnet_read_generics(struct laz_dotnet_classes *c, const struct laz_dotnet_index *index,
                              uint32_t owner, struct laz_dotnet_names *out);

/* dotnet_types.c: the generics that a type may name. */
struct laz_dotnet_scope {
    const struct laz_dotnet_names *of_class, *of_method; /* NULL: none */
};
/* The type that index (a coded one) names; data is NULL when it cannot be told. */
struct laz_view laz_dotnet_named_type(struct laz_dotnet_classes *c, uint32_t index,
                                      const struct laz_dotnet_scope *scope);
/* The type that signature begins with, which is consumed. */
struct laz_view laz_dotnet_take_type(struct laz_dotnet_classes *c, struct laz_view *signature,
                                     const struct laz_dotnet_scope *scope);
/* A compressed number (ECMA-335, II.23.2); 0 when there is none. */
uint32_t laz_dotnet_take_number(struct laz_view *signature);

#endif
