#include "agent/filemeta.h"
#include "agent/vault_record.h"
#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record alone: its digest is left out, or no input would get through. */
static void read_record(struct laz_view bytes)
{
    struct laz_vault_record r;
    struct laz_file_meta meta;
    struct laz_buf again;

    if (laz_vault_record_parse(bytes, &r) != LAZ_OK)
        return;
    laz_buf_init(&again, LAZ_VAULT_RECORD_MAX);
    laz_vault_record_write(&r, &again);
    LAZ_ASSERT(laz_view_equal(laz_buf_view(&again), bytes));
    laz_buf_clear(&again);
    if (r.kind == LAZ_VAULT_RECORD_KEPT && laz_file_meta_parse(r.meta, &meta) == LAZ_OK)
        laz_file_meta_clear(&meta);
}

/* The frames of a whole journal: reading always gets on, and ends. */
static void read_frames(struct laz_view v)
{
    while (v.len > 0) {
        struct laz_view before = v;
        struct laz_vault_record r;
        uint64_t sequence;

        if (!laz_vault_frame_take(&v, &sequence, &r))
            v = laz_view_from_offset(v, laz_vault_frame_find(v));
        LAZ_ASSERT(v.len < before.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_record(laz_view_from(data, size));
    read_frames(laz_view_from(data, size));
    return 0;
}
