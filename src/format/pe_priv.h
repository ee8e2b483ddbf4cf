/* pe_priv.h - what the readers of imports share. */
#ifndef LAZ_FORMAT_PE_PRIV_H
#define LAZ_FORMAT_PE_PRIV_H

#include "base/status.h"
#include "format/pe.h"

#define LAZ_PE_FUNCTION_NAME_MAX 512
/* Of entries that are looked at in all tables together; those that name nothing count here only. */
#define LAZ_PE_THUNKS_MAX (16u * LAZ_PE_FUNCTIONS_MAX)

struct laz_pe_import_reader {
    const struct laz_pe *pe;
    struct laz_arena *arena;
    uint32_t thunks_left, function_count;
};

/* A number as wide as the program's addresses. */
bool laz_pe_take_pointer(struct laz_view *v, const struct laz_pe *pe, uint64_t *out);
/* The name of a library that begins v, when it ends before max bytes and is one. */
bool laz_pe_library_name(struct laz_view v, size_t max, struct laz_view *out);
bool laz_pe_library_at(const struct laz_pe *pe, uint64_t rva, struct laz_view *out);
/* Up to the NUL, at most LAZ_PE_FUNCTION_NAME_MAX bytes. */
struct laz_view laz_pe_function_name(struct laz_view v);
/* Gives f a name for its ordinal; false when memory ran out. */
bool laz_pe_name_ordinal(struct laz_arena *arena, struct laz_view library,
                         struct laz_pe_function *f);

#endif
