/* Messages of `lazaret yara`: what is read can be written, and comes out as it went in. */
#include "wire/yara_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_yara_message m;
    struct laz_buf b;

    if (laz_yara_message_read(laz_view_from(data, size), &m) != LAZ_OK)
        return 0;
    laz_buf_init(&b, 2 * LAZ_YARA_MESSAGE_MAX);
    if (laz_yara_message_write(&m, &b) == LAZ_OK)
        LAZ_ASSERT(laz_view_equal(laz_buf_view(&b), laz_view_from(data, size)));
    laz_buf_clear(&b);
    return 0;
}
