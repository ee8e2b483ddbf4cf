/* module.h - what the targets of modules share. */
#ifndef LAZ_FUZZ_MODULE_H
#define LAZ_FUZZ_MODULE_H

#include "scan/modules.h"

/* Everything that module says of data, and each of its functions without an argument. */
void fuzz_module(enum laz_module module, const uint8_t *data, size_t size);

#endif
