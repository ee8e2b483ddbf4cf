#include "base/status.h"
#include "wire/vault_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and says the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_vault_message m;
    struct laz_buf again;

    if (laz_vault_message_read(laz_view_from(data, size), &m) != LAZ_OK)
        return 0;
    laz_buf_init(&again, LAZ_VAULT_MESSAGE_MAX);
    LAZ_ASSERT(laz_vault_message_write(&m, &again) == LAZ_OK);
    LAZ_ASSERT(laz_view_equal(laz_buf_view(&again), laz_view_from(data, size)));
    laz_buf_clear(&again);
    return 0;
}
