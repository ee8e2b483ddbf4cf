/* A Mach-O file, fat or not: whatever it claims, its module answers within bounds. */
#include "module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_module(LAZ_MODULE_MACHO, data, size);
    return 0;
}
