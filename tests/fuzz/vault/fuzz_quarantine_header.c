#include "agent/filemeta.h"
#include "agent/quarantine_header.h"
#include "base/number.h"
#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_record(struct laz_view bytes)
{
    struct laz_quarantine_record r;
    struct laz_file_meta meta;
    struct laz_buf again;
    uint64_t offset, len, end = 0;

    if (laz_quarantine_record_parse(bytes, &r) != LAZ_OK)
        return;
    laz_buf_init(&again, LAZ_QUARANTINE_RECORD_MAX);
    laz_quarantine_record_write(&r, &again);
    LAZ_ASSERT(laz_view_equal(laz_buf_view(&again), bytes));
    laz_buf_clear(&again);
    while (laz_quarantine_take_run(&r.runs, &offset, &len)) {
        LAZ_ASSERT(offset >= end && len > 0 && len <= r.size - offset);
        end = offset + len;
    }
    if (laz_file_meta_parse(r.meta, &meta) == LAZ_OK)
        laz_file_meta_clear(&meta);
}

/* A prologue, then a record whose digest is left out: with it, no input would get through. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size), start;
    struct laz_quarantine_prologue prologue;

    if (laz_take(&v, LAZ_QUARANTINE_PROLOGUE_SIZE, &start) &&
        laz_quarantine_prologue_parse(start, &prologue) == LAZ_OK) {
        LAZ_ASSERT(prologue.record_len <= LAZ_QUARANTINE_RECORD_MAX);
        read_record(v);
    }
    return 0;
}
