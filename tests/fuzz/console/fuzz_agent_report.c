/* Any bytes as what an agent says about itself. What is kept of it is JSON of ours, within bounds.
 */
#include "console/endpoint_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_kept(const struct laz_report *r)
{
    cJSON *details = laz_json_parse_object(laz_buf_view(&r->details));
    cJSON *counters = laz_json_parse_object(laz_buf_view(&r->counters));

    LAZ_ASSERT(details != NULL && counters != NULL);
    LAZ_ASSERT(cJSON_GetArraySize(details) == 4);
    LAZ_ASSERT((size_t)cJSON_GetArraySize(counters) <= laz_counter_count);
    cJSON_Delete(details);
    cJSON_Delete(counters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *json = laz_json_parse_object(laz_view_from(data, size));
    struct laz_report r;

    if (json == NULL)
        return 0;
    if (laz_report_read(json, &r) == LAZ_OK) {
        check_kept(&r);
        laz_ignore(laz_report_state(&r, 1800000000000));
    }
    laz_report_clear(&r);
    laz_json_drop(&json);
    return 0;
}
