#include "format/gzip.h"

#include <zlib.h>

#define EMPTY_LEN_MAX   4096      /* a stream of nothing has 20 bytes and perhaps a name */
#define WINDOW_AND_GZIP (15 + 16) /* the largest window, and gzip's header and sums */

bool laz_gzip_is_empty(struct laz_view bytes)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)bytes.data, .avail_in = (uInt)bytes.len};
    uint8_t out;
    bool empty;

    if (bytes.len > EMPTY_LEN_MAX || inflateInit2(&z, WINDOW_AND_GZIP) != Z_OK)
        return false;
    z.next_out = &out;
    z.avail_out = 1;
    empty = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 1 && z.avail_in == 0;
    return inflateEnd(&z) == Z_OK && empty;
}
