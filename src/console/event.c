#include "console/event.h"

#include <string.h>

#define NUMBER_MAX ((uint64_t)1 << 53)

/* How deep the text nests, counted before a parser sees it. */
static bool is_shallow(struct laz_view text)
{
    bool in_string = false, escaped = false;
    int depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (escaped)
            escaped = false;
        else if (in_string)
            escaped = c == '\\', in_string = c != '"';
        else if (c == '"')
            in_string = true;
        else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        if (depth > LAZ_EVENT_DEPTH_MAX)
            return false;
    }
    return true;
}

/* A member that may be missing, but not be of another type. */
static bool take_text(const cJSON *object, const char *name, const char **out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    *out = "";
    if (member == NULL || cJSON_IsNull(member))
        return true;
    return laz_json_text(object, name, LAZ_EVENT_TEXT_MAX, out);
}

static bool take_number(const cJSON *object, const char *name, uint64_t *out)
{
    *out = 0;
    if (cJSON_GetObjectItemCaseSensitive(object, name) == NULL)
        return true;
    return laz_json_u64(object, name, NUMBER_MAX, out);
}

/* *out is NULL when the member is missing. */
static bool take_object(const cJSON *object, const char *name, const cJSON **out)
{
    *out = cJSON_GetObjectItemCaseSensitive(object, name);
    if (*out != NULL && cJSON_IsNull(*out))
        *out = NULL;
    return *out == NULL || cJSON_IsObject(*out);
}

static bool take_head(struct laz_event *e)
{
    const cJSON *metadata, *finding;
    uint64_t time, severity;

    if (!laz_json_u64(e->json, "time", NUMBER_MAX, &time) ||
        !laz_json_u64(e->json, "class_uid", UINT32_MAX, &e->class_uid) ||
        !laz_json_u64(e->json, "severity_id", 6, &severity) ||
        !take_object(e->json, "metadata", &metadata) || metadata == NULL ||
        !take_text(metadata, "event_code", &e->code) || e->code[0] == '\0' ||
        strlen(e->code) > 64 || !take_object(e->json, "finding_info", &finding))
        return false;
    e->time_ms = (int64_t)time;
    e->severity = severity < 1 ? 1 : severity > 5 ? 5 : (int)severity; /* 6 is "fatal": our 5 */
    return take_text(finding, "uid", &e->incident_key) && strlen(e->incident_key) <= 256;
}

static bool take_process(struct laz_event *e)
{
    const cJSON *actor, *process = NULL, *file, *user;

    if (!take_object(e->json, "actor", &actor) || !take_object(actor, "process", &process))
        return false;
    e->process_name = e->process_path = e->command_line = e->user = "";
    if (process == NULL)
        return true;
    e->has_process = true;
    if (!take_object(process, "file", &file) || !take_object(process, "user", &user))
        return false;
    return take_number(process, "pid", &e->pid) && take_text(process, "name", &e->process_name) &&
           take_text(process, "cmd_line", &e->command_line) &&
           take_text(file, "path", &e->process_path) && take_text(user, "name", &e->user) &&
           (e->user[0] != '\0' || take_text(user, "uid", &e->user));
}

static bool take_file(struct laz_event *e)
{
    const cJSON *file, *hashes, *hash;

    e->sha256 = "";
    if (!take_object(e->json, "file", &file) || !take_text(file, "path", &e->path) ||
        !take_number(file, "size", &e->file_size))
        return false;
    hashes = cJSON_GetObjectItemCaseSensitive(file, "hashes");
    if (hashes != NULL && !cJSON_IsArray(hashes))
        return false;
    cJSON_ArrayForEach(hash, hashes)
    {
        uint64_t algorithm;

        if (!cJSON_IsObject(hash))
            return false;
        if (laz_json_u64(hash, "algorithm_id", 99, &algorithm) && algorithm == 3 &&
            (!take_text(hash, "value", &e->sha256) || strlen(e->sha256) > 64))
            return false;
    }
    return true;
}

static bool take_detections(struct laz_event *e, const cJSON *unmapped)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(unmapped, "detections"), *item;

    if (list == NULL || cJSON_IsNull(list))
        return true;
    if (!cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list)
    {
        struct laz_event_detection *d = &e->detections[e->detection_count];

        if (e->detection_count == LAZ_EVENT_DETECTIONS_MAX)
            break;
        if (!cJSON_IsObject(item) || !take_text(item, "name", &d->name) ||
            !take_text(item, "kind", &d->kind) || !take_text(item, "member", &d->member) ||
            !take_text(item, "source", &d->source) || !take_text(item, "reason", &d->reason) ||
            !take_text(item, "attack", &d->attack))
            return false;
        e->detection_count++;
    }
    return true;
}

static bool take_unmapped(struct laz_event *e)
{
    const cJSON *unmapped;
    const char *incident;

    if (!take_object(e->json, "unmapped", &unmapped) ||
        !take_text(unmapped, "trigger", &e->trigger) ||
        !take_text(unmapped, "action", &e->action) ||
        !take_text(unmapped, "verdict", &e->verdict) ||
        !take_text(unmapped, "reason", &e->reason) ||
        !take_text(unmapped, "quarantine_id", &e->quarantine_id) || strlen(e->quarantine_id) > 64 ||
        !take_text(unmapped, "command_id", &e->command_id) ||
        !take_text(unmapped, "code", &e->command_code) ||
        !take_number(unmapped, "files_restored", &e->files_restored) ||
        !take_text(unmapped, "incident", &incident) || strlen(incident) > 256)
        return false;
    if (e->incident_key[0] == '\0')
        e->incident_key = incident;
    if (!laz_json_bool(unmapped, "ok", &e->command_ok))
        e->command_ok = false;
    return take_detections(e, unmapped);
}

enum laz_status laz_event_parse(struct laz_view line, struct laz_event *out)
{
    struct laz_event e = {0};

    if (!is_shallow(line))
        return LAZ_DAMAGED;
    e.json = laz_json_parse_object(line);
    if (e.json == NULL)
        return LAZ_DAMAGED;
    if (!take_head(&e) || !take_process(&e) || !take_file(&e) || !take_unmapped(&e)) {
        laz_event_clear(&e);
        return LAZ_DAMAGED;
    }
    *out = e;
    return LAZ_OK;
}

void laz_event_clear(struct laz_event *e)
{
    laz_json_drop(&e->json);
}

void laz_event_put_process(struct laz_json_out *o, const struct laz_event *e)
{
    if (!e->has_process) {
        laz_out_null(o);
        return;
    }
    laz_out_object(o);
    laz_out_i64_of(o, "pid", (int64_t)e->pid);
    laz_out_text_of(o, "name", e->process_name);
    laz_out_text_of(o, "path", e->process_path);
    laz_out_text_of(o, "command", e->command_line);
    laz_out_object_end(o);
}

void laz_event_put_detections(struct laz_json_out *o, const struct laz_event *e)
{
    laz_out_array(o);
    for (size_t i = 0; i < e->detection_count; i++) {
        laz_out_object(o);
        laz_out_text_of(o, "name", e->detections[i].name);
        laz_out_text_of(o, "kind", e->detections[i].kind);
        laz_out_text_of(o, "member", e->detections[i].member);
        laz_out_text_of(o, "source", e->detections[i].source);
        laz_out_text_of(o, "reason", e->detections[i].reason);
        laz_out_text_of(o, "attack", e->detections[i].attack);
        laz_out_object_end(o);
    }
    laz_out_array_end(o);
}

/* What stands in members of its own, and is not repeated among the parameters. */
static bool has_own_member(const char *name)
{
    static const char *const names[] = {"incident", "trigger",    "action",       "verdict",
                                        "reason",   "detections", "quarantine_id"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* The rest of "unmapped", as it came but for its spelling: printed again, so that what leaves us is
 * JSON of ours. */
static void put_params(struct laz_json_out *o, const struct laz_event *e)
{
    const cJSON *unmapped = cJSON_GetObjectItemCaseSensitive(e->json, "unmapped"), *member;

    laz_out_object(o);
    cJSON_ArrayForEach(member, unmapped)
    {
        char *text;

        if (member->string == NULL || has_own_member(member->string))
            continue;
        text = cJSON_PrintUnformatted(member);
        if (text == NULL)
            continue;
        laz_out_raw_of(o, member->string, laz_view_of(text));
        cJSON_free(text);
    }
    laz_out_object_end(o);
}

static void put_text_or_null(struct laz_json_out *o, const char *name, const char *text)
{
    laz_out_text_of(o, name, text[0] == '\0' ? NULL : text);
}

void laz_event_put_summary(struct laz_json_out *o, const struct laz_event *e,
                           const struct laz_event_place *place)
{
    laz_out_object(o);
    laz_out_i64_of(o, "id", place->id);
    laz_out_i64_of(o, "time", place->time_ms);
    laz_out_i64_of(o, "count", place->count);
    laz_out_name(o, "endpoint");
    laz_out_object(o);
    laz_out_view_of(o, "id", place->endpoint_id);
    laz_out_view_of(o, "name", place->endpoint_name);
    laz_out_object_end(o);
    laz_out_text_of(o, "code", e->code);
    laz_out_i64_of(o, "severity", e->severity);
    put_text_or_null(o, "path", e->path);
    laz_out_name(o, "process");
    laz_event_put_process(o, e);
    put_text_or_null(o, "user", e->user);
    put_text_or_null(o, "trigger", e->trigger);
    put_text_or_null(o, "action", e->action);
    put_text_or_null(o, "verdict", e->verdict);
    put_text_or_null(o, "reason", e->reason);
    laz_out_name(o, "detections");
    laz_event_put_detections(o, e);
    put_text_or_null(o, "quarantine_id", e->quarantine_id);
    laz_out_name(o, "incident");
    if (place->incident_id == 0)
        laz_out_null(o);
    else
        laz_out_id(o, place->incident_id);
    laz_out_name(o, "params");
    put_params(o, e);
    laz_out_object_end(o);
}
