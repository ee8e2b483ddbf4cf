/* front_end.h - what the fuzz targets of the front ends do with a source. */
#ifndef LAZ_TESTS_FRONT_END_H
#define LAZ_TESTS_FRONT_END_H

#include "rules/source.h"

/* Reads data as a source called name. What is accepted must hold when its programs are checked as
 * those of a hostile database; what is refused must say where and why. */
void fuzz_source(const char *name, const uint8_t *data, size_t size);

#endif
