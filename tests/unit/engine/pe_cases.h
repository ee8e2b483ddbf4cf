/* pe_cases.h - what tests of programs share: a program that is put together, the modules that look
 * at it, and a check line by line. */
#ifndef LAZ_TESTS_PE_CASES_H
#define LAZ_TESTS_PE_CASES_H

#include "pe_build.h"
#include "scan/modules.h"

struct pe_case {
    struct laz_buf program;
    struct laz_modules *modules;
};

void pe_case_open(struct pe_case *c, const struct pe_shape *shape);
/* Looks at the program again, after a change. */
void pe_case_restart(struct pe_case *c);
/* Fails the test when a line does not hold. */
void pe_case_check(struct pe_case *c, const char *lines);
void pe_case_close(struct pe_case *c);

#endif
