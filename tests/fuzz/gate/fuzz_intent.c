/* Any line from /proc/TID/syscall: what is not an open that only reads counts as writing. */
#include <fcntl.h>
#include <sys/syscall.h>

#include "agent/intent.h"
#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_intent intent;
    uint64_t address = 0;

    if (laz_intent_parse(laz_view_from(data, size), &intent, &address) == LAZ_INTENT_IN_MEMORY)
        return 0;
    /* Somebody who neither reads nor writes would pass unseen. */
    LAZ_ASSERT(intent.reads || intent.writes);
    return 0;
}
