/* Any bytes as a batch from an agent, and as JSON. The first two bytes say how many events are
 * claimed. */
#include "link/event_batch.h"
#include "link/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_lines(struct laz_view lines, uint64_t count)
{
    struct laz_view line;
    uint64_t found = 0;

    while (laz_event_batch_next(&lines, &line)) {
        cJSON *json = laz_json_parse_object(line);
        const char *text;
        uint64_t n;

        LAZ_ASSERT(line.len > 0 && line.len <= LAZ_EVENT_MAX);
        if (json != NULL) {
            laz_ignore(laz_json_text(json, "class_name", 64, &text));
            laz_ignore(laz_json_u64(json, "time", UINT64_MAX, &n));
        }
        laz_json_drop(&json);
        found++;
    }
    LAZ_ASSERT(found == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size);
    struct laz_buf lines;
    uint16_t count;
    cJSON *json;

    if (!laz_take_u16le(&v, &count))
        return 0;
    laz_buf_init(&lines, LAZ_EVENT_BATCH_LINES_MAX);
    if (laz_event_batch_decode(v, count, &lines, NULL) == LAZ_OK)
        look_at_lines(laz_buf_view(&lines), count);
    laz_buf_clear(&lines);
    json = laz_json_parse_object(v);
    laz_json_drop(&json);
    return 0;
}
