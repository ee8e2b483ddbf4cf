/* compiler.h - makes a database of a ruleset. */
#ifndef LAZ_RULES_COMPILER_H
#define LAZ_RULES_COMPILER_H

#include "rules/ir.h"

#define LAZ_IMAGE_MAX ((size_t)4 << 30)

/* Writes the image of a database to out, which is made with laz_buf_init(&out, LAZ_IMAGE_MAX). The
 * ruleset is used up: it may be cleared only. name is that of the pack set, or "". */
/* Takes the image piece by piece. What write returns ends the compilation when it is not LAZ_OK. */
struct laz_image_sink {
    enum laz_status (*write)(void *context, struct laz_view piece, struct laz_error *err);
    void *context;
};

/* As laz_compile, without a second copy of the image in memory. */
LAZ_CHECKED enum laz_status laz_compile_to(struct laz_ruleset *set, const char *name,
                                           uint64_t built_ms, const struct laz_image_sink *sink,
                                           struct laz_error *err);

LAZ_CHECKED enum laz_status laz_compile(struct laz_ruleset *set, const char *name,
                                        uint64_t built_ms, struct laz_buf *out,
                                        struct laz_error *err);

#endif
