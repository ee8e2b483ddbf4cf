/* case_conditions.h - conditions, one a line: the section "=== conditions" of a case. Each is asked of
 * the object as the condition of a rule of its own, with what the sections "=== prelude" (imports and
 * other rules) and "=== strings" hold.
 *
 *   true | filesize == 5
 *   false | 1 == 2
 *   undefined | uint8(filesize)
 *   refused 3 expected a number | 1 + "a"       the column counts in the condition
 *   warned 3 0 means none of them | 0 of ($a)   it is read, and this is told
 *
 * Strings that a condition does not ask for have names that begin with $_. */
#ifndef LAZ_TESTS_CASE_CONDITIONS_H
#define LAZ_TESTS_CASE_CONDITIONS_H

#include "engine.h"

struct case_conditions {
    struct laz_view prelude, strings;
    struct laz_view object;
    enum laz_target target;
    struct laz_modules_input input;
    const struct laz_source_options *options;
};

/* Calls report for each line, with problem "" when it holds. */
typedef void case_report_fn(void *context, struct laz_view line, const char *problem);
void case_conditions_run(const struct case_conditions *c, struct laz_view body,
                         case_report_fn *report, void *context);

#endif
