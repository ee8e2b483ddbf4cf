/* A YARA file from anybody. */
#include "front_end.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_source("fuzz.yar", data, size);
    return 0;
}
