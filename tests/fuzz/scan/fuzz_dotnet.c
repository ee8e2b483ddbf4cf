/* A program for .NET: whatever its metadata claim, its module answers within bounds. */
#include "module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_module(LAZ_MODULE_DOTNET, data, size);
    return 0;
}
