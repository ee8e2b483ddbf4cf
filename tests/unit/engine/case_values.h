/* case_values.h - what modules say of an object, line by line: the section "=== values" of a case.
 *
 *   elf.sections[1].name = ".text"      texts as `yara -D` prints them, reals with six digits
 *   elf.sections[#] = 3
 *   math.deviation(0, 3, 97.5) = 0.666667
 *   elf.entry_point = undefined */
#ifndef LAZ_TESTS_CASE_VALUES_H
#define LAZ_TESTS_CASE_VALUES_H

#include "scan/modules.h"

/* True when each line of body holds for the object that m was started with; else problem says which
 * does not. */
bool case_values_check(struct laz_modules *m, struct laz_view body, char *problem, size_t size);

#endif
