/* Any bytes, as every archive and stream that we open: members are read to their end or a bound. */
#include "base/number.h"
#include "format/archive.h"

#define MEMBERS_MAX 64
#define BYTES_MAX   (1 * MIB)
#define PIECES_MAX  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool stop_after(void *context)
{
    unsigned *left = context;

    return *left == 0 || --*left == 0;
}

static bool read_member(struct laz_archive *a, uint64_t *total)
{
    uint8_t out[4096];
    size_t len = 1;
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK && len > 0 && *total < BYTES_MAX) {
        s = laz_archive_read(a, out, sizeof out, &len);
        LAZ_ASSERT(len <= sizeof out);
        *total += len;
    }
    return s == LAZ_OK && *total < BYTES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view bytes = {data, size};
    unsigned pieces = PIECES_MAX;
    struct laz_archive *a = NULL;
    struct laz_member m;
    uint64_t total = 0;

    if (laz_archive_open(laz_identify(bytes), bytes, stop_after, &pieces, &a) == LAZ_OK)
        for (unsigned i = 0; i < MEMBERS_MAX && laz_archive_next(a, &m) == LAZ_OK; i++)
            if (m.has_data && !read_member(a, &total))
                break;
    laz_archive_free(a);
    return 0;
}
