/* Any bytes from another process of the agent: refused, or a message that is written the same way
 * again. */
#include "wire/agent_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view bytes = {data, size};
    struct laz_agent_message m;
    struct laz_buf again;

    if (laz_agent_message_read(bytes, &m) != LAZ_OK)
        return 0;
    laz_buf_init(&again, LAZ_AGENT_MESSAGE_MAX);
    if (laz_agent_message_write(&m, &again) == LAZ_OK)
        LAZ_ASSERT(laz_view_equal(laz_buf_view(&again), bytes));
    laz_buf_clear(&again);
    return 0;
}
