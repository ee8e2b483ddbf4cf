/* A ClamAV list from anybody: the first byte says which. */
#include "front_end.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        fuzz_source((data[0] & 1) == 0 ? "fuzz.ndb" : "fuzz.hsb", data + 1, size - 1);
    return 0;
}
