/* case_signatures.h - ClamAV's signatures, one a line: the section "=== signatures ENDING" of a
 * case. Each is a list of its own, whose name T stands before what the line has, and is asked of
 * the object.
 *
 *   found | 0:*:41424344
 *   absent | Engine:51-255,Target:0;0=0;41424344
 *   refused 5 expected two hexadecimal digits | 0:*:4x        the column counts behind the bar
 *
 * Other sources of the case are there for each of them. */
#ifndef LAZ_TESTS_CASE_SIGNATURES_H
#define LAZ_TESTS_CASE_SIGNATURES_H

#include "case_conditions.h"

struct case_signatures {
    struct laz_view object;
    enum laz_target target;
    const char *ending; /* "ldb" */
    const struct laz_source *others;
    size_t other_count;
};

void case_signatures_run(const struct case_signatures *c, struct laz_view body,
                         case_report_fn *report, void *context);

#endif
