/* torture.h - runs a piece of code again and again with each of its allocations failing in turn:
 * first that one alone, then that one and all after it. Under the address sanitizer this also shows
 * what a failing path leaks.
 *
 *     TORTURE({
 *         struct laz_buf b;
 *
 *         laz_buf_init(&b, 100);
 *         if (laz_buf_add_text(&b, "text") == LAZ_OK)
 *             assert_string_equal(laz_buf_text(&b), "text");
 *         laz_buf_clear(&b);
 *     });
 *
 * The piece must come to its own end: no break, no return. A program that uses it has torture_dep
 * among its dependencies; allocations inside shared libraries are not touched. */
#ifndef LAZ_TESTS_TORTURE_H
#define LAZ_TESTS_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

struct torture {
    size_t failing; /* counts from 0 */
    bool all_after, started;
};

/* Arms the next round; false when the last one met no failure any more. */
bool torture_next(struct torture *t);

#define TORTURE(...)                                                                               \
    for (struct torture torture_ = {0}; torture_next(&torture_);) {                                \
        __VA_ARGS__                                                                                \
    }

#endif
