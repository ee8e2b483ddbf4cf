/* compiler.h - makes a database of a ruleset. */
#ifndef LAZ_RULES_COMPILER_H
#define LAZ_RULES_COMPILER_H

#include "rules/ir.h"

#define LAZ_IMAGE_MAX ((size_t)4 << 30)

/* Writes the image of a database to out, which is made with laz_buf_init(&out, LAZ_IMAGE_MAX). The
 * ruleset is used up: it may be cleared only. name is that of the pack set, or "". */
LAZ_CHECKED enum laz_status laz_compile(struct laz_ruleset *set, const char *name,
                                        uint64_t built_ms, struct laz_buf *out,
                                        struct laz_error *err);

#endif
