/* event.h - one event as an agent sent it: read strictly, because a taken-over endpoint may send
 * anything. Pure. */
#ifndef LAZ_CONSOLE_EVENT_H
#define LAZ_CONSOLE_EVENT_H

#include "console/json_out.h"
#include "link/json.h"

#define LAZ_EVENT_DEPTH_MAX      16
#define LAZ_EVENT_TEXT_MAX       ((size_t)4096)
#define LAZ_EVENT_DETECTIONS_MAX 16

struct laz_event_detection {
    const char *name, *kind, *member, *source;
    const char *reason, *attack; /* what the rule's author says; a technique of MITRE ATT&CK */
};

/* All texts are borrowed from json, and "" when the event has none. */
struct laz_event {
    cJSON *json;
    int64_t time_ms;
    uint64_t class_uid;
    int severity; /* 1 to 5 */
    const char *code, *incident_key;
    const char *path;
    uint64_t file_size;
    const char *sha256;
    bool has_process;
    uint64_t pid;
    const char *process_name, *process_path, *command_line, *user;
    const char *trigger, *action, *verdict, *reason, *quarantine_id;
    struct laz_event_detection detections[LAZ_EVENT_DETECTIONS_MAX];
    size_t detection_count;
    uint64_t files_restored;  /* rollback.done */
    const char *command_id;   /* command.done */
    const char *command_code; /* command.done: why it failed */
    bool command_ok;
};

/* LAZ_DAMAGED when it is no object of JSON within the limits, has no event code, or a member that
 * we use has another type than it must. On LAZ_OK clear it afterwards. */
LAZ_CHECKED enum laz_status laz_event_parse(struct laz_view line, struct laz_event *out);
void laz_event_clear(struct laz_event *e);

/* What the page gets of an event. id, endpoint: as stored; incident_id 0: none; count: so many
 * events of its kind it stands for, itself with them. */
struct laz_event_place {
    int64_t id, incident_id, time_ms, count;
    struct laz_view endpoint_id, endpoint_name;
};
void laz_event_put_summary(struct laz_json_out *o, const struct laz_event *e,
                           const struct laz_event_place *place);

/* {"pid":…,"name":…,"path":…,"command":…} or null. */
void laz_event_put_process(struct laz_json_out *o, const struct laz_event *e);
/* [{"name":…,"kind":…,"member":…,"source":…}] */
void laz_event_put_detections(struct laz_json_out *o, const struct laz_event *e);

#endif
