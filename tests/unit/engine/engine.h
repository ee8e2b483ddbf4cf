/* engine.h - content to verdicts in one process, for tests of the engine. */
#ifndef LAZ_TESTS_ENGINE_H
#define LAZ_TESTS_ENGINE_H

#include "base/buf.h"
#include "match/matcher.h"
#include "rules/source.h"
#include "scan/modules.h"

struct engine {
    void *image; /* owned; on a page */
    size_t image_len;
    struct laz_database *db;
    struct laz_matcher *matcher;
    struct laz_modules *modules;
    struct laz_modules_input input; /* besides the bytes, for modules; may be filled in */
};

/* Compiles the sources and opens the result. */
LAZ_CHECKED enum laz_status engine_build(struct engine *e, const struct laz_source *sources,
                                         size_t count, const struct laz_source_options *options,
                                         struct laz_error *err);
/* As engine_build, of one source. */
LAZ_CHECKED enum laz_status engine_build_text(struct engine *e, const char *name, const char *text,
                                              struct laz_error *err);
/* Opens a copy of image. */
LAZ_CHECKED enum laz_status engine_open(struct engine *e, struct laz_view image,
                                        struct laz_error *err);
/* The same, as if its tables were large: records are checked when they are used. */
LAZ_CHECKED enum laz_status engine_open_large(struct engine *e, struct laz_view image,
                                              struct laz_error *err);
void engine_clear(struct engine *e);

/* The names of what fires on object, hashes too, sorted, each with a newline, added to out. */
LAZ_CHECKED enum laz_status engine_scan(struct engine *e, struct laz_view object,
                                        enum laz_target target,
                                        const struct laz_match_limits *limits, struct laz_buf *out);

#endif
