/* A ClamAV list from anybody: the first byte says which. */
#include "front_end.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"fuzz.ndb", "fuzz.hsb", "fuzz.ldb", "fuzz.msb",
                                        "fuzz.cdb", "fuzz.crb", "fuzz.ftm", "fuzz.ign2",
                                        "fuzz.pdb", "fuzz.gdb", "fuzz.wdb", "fuzz.cfg",
                                        "fuzz.ldu", "fuzz.ign", "fuzz.imp", "fuzz.sfp"};

    if (size > 0)
        fuzz_source(names[data[0] % (sizeof names / sizeof *names)], data + 1, size - 1);
    return 0;
}
