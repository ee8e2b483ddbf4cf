/* Any bytes as an event from an endpoint that is taken over. An event that is taken can be shown:
 * its summary is JSON, and has an incident's key that fits. */
#include "console/event_store.h"
#include "console/incident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct laz_event *e)
{
    const struct laz_event_place place = {.id = 1,
                                          .incident_id = 2,
                                          .time_ms = e->time_ms,
                                          .endpoint_id = laz_view_of("id"),
                                          .endpoint_name = laz_view_of("name")};
    struct laz_buf text;
    struct laz_json_out out = {&text, false};
    cJSON *json;

    laz_buf_init(&text, LAZ_REPLY_MAX);
    laz_event_put_summary(&out, e, &place);
    LAZ_ASSERT(laz_buf_failed(&text) == LAZ_OK);
    json = cJSON_ParseWithLength(laz_buf_text(&text), text.len);
    LAZ_ASSERT(json != NULL);
    cJSON_Delete(json);
    laz_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char key[LAZ_INCIDENT_KEY_SIZE];
    struct laz_event e;

    if (laz_event_parse(laz_view_from(data, size), &e) != LAZ_OK)
        return 0;
    LAZ_ASSERT(e.severity >= 1 && e.severity <= 5 && e.time_ms >= 0);
    LAZ_ASSERT(e.detection_count <= LAZ_EVENT_DETECTIONS_MAX);
    laz_ignore(laz_incident_key(&e, key));
    laz_ignore(laz_incident_reopens(&e));
    show(&e);
    laz_event_clear(&e);
    return 0;
}
