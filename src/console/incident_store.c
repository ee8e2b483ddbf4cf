#include "console/incident_store.h"

#include <string.h>

#include "console/event_store.h"
#include "sign/digest.h"
#include "sys/clock.h"

#define WORDS_MAX   16 /* distinct detections or actions that an incident names */
#define LIST_MAX    ((size_t)256 * 1024)
#define FILES_MAX   100000 /* more are not told apart */
#define PATH_DIGEST 16

/* An incident as it stands while an event is added. */
struct tally {
    int64_t id; /* 0: it is not there yet */
    enum laz_incident_kind kind;
    int64_t severity, first, last, files, rolled_back, restored;
    bool open, has_process;
    struct laz_buf detections, actions; /* JSON arrays */
};

static void tally_init(struct tally *t)
{
    *t = (struct tally){.open = true};
    laz_buf_init(&t->detections, LIST_MAX);
    laz_buf_init(&t->actions, LIST_MAX);
}

static void tally_clear(struct tally *t)
{
    laz_buf_clear(&t->detections);
    laz_buf_clear(&t->actions);
}

static enum laz_status load(struct laz_db *db, struct laz_scope scope, int64_t endpoint_id,
                            const char *key, struct tally *t, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db,
                                      "SELECT id, kind, severity, first, last, files, rolled_back, "
                                      "restored, state = 'open', process IS "
                                      "NOT NULL, detections, actions FROM incident WHERE "
                                      "organisation_id = ?1 AND endpoint_id = ?2 AND "
                                      "key = ?3",
                                      &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, endpoint_id);
    laz_bind_string(st, 3, key);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK || !row)
        return s;
    t->id = laz_column_i64(st, 0);
    t->kind = (enum laz_incident_kind)laz_column_i64(st, 1);
    t->severity = laz_column_i64(st, 2);
    t->first = laz_column_i64(st, 3);
    t->last = laz_column_i64(st, 4);
    t->files = laz_column_i64(st, 5);
    t->rolled_back = laz_column_i64(st, 6);
    t->restored = laz_column_i64(st, 7);
    t->open = laz_column_i64(st, 8) != 0;
    t->has_process = laz_column_i64(st, 9) != 0;
    laz_ignore(laz_buf_add(&t->detections, laz_column_text(st, 10)));
    laz_ignore(
        laz_buf_add(&t->actions, laz_column_text(st, 11))); /* looked at when they are stored */
    laz_statement_reset(st);
    return LAZ_OK;
}

/* A new incident with nothing in it; the event is then added as to any other. */
static enum laz_status open_new(struct laz_db *db, struct laz_scope scope, int64_t endpoint_id,
                                const char *key, int64_t time, struct tally *t,
                                struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db,
                                      "INSERT INTO incident (organisation_id, endpoint_id, key, "
                                      "kind, severity, state, first, last, "
                                      "opened, events, files, rolled_back, restored, detections, "
                                      "actions) VALUES (?1, ?2, ?3, 0, 1, "
                                      "'open', ?4, ?4, ?5, 0, 0, 0, 0, '[]', '[]')",
                                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, endpoint_id);
    laz_bind_string(st, 3, key);
    laz_bind_i64(st, 4, time);
    laz_bind_i64(st, 5, laz_now_ms());
    s = laz_statement_run(st, err);
    if (s != LAZ_OK)
        return s;
    t->id = laz_db_last_id(db);
    t->first = t->last = time;
    laz_ignore(laz_buf_add_text(&t->detections, "[]"));
    laz_ignore(laz_buf_add_text(&t->actions, "[]")); /* looked at when they are stored */
    return LAZ_OK;
}

/* True when this file is new to the incident. */
static enum laz_status note_file(struct laz_db *db, struct laz_scope scope, struct tally *t,
                                 const char *path, struct laz_error *err)
{
    uint8_t digest[32];
    struct laz_statement *st;
    enum laz_status s;

    if (t->files >= FILES_MAX)
        return LAZ_OK;
    if (laz_digest(LAZ_SHA256, laz_view_of(path), digest) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "incident", "file", "no memory", "");
    s = laz_scope_get(
        scope, db,
        "INSERT INTO incident_file (organisation_id, incident_id, path_digest) VALUES (?1, "
        "?2, ?3) ON CONFLICT DO NOTHING",
        &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, t->id);
    laz_bind_blob(st, 3, laz_view_from(digest, PATH_DIGEST));
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        t->files += laz_db_changes(db);
    return s;
}

static bool has_word(const cJSON *list, const char *word)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        const cJSON *text =
            cJSON_IsObject(item) ? cJSON_GetObjectItemCaseSensitive(item, "name") : item;

        if (cJSON_IsString(text) && strcmp(text->valuestring, word) == 0)
            return true;
    }
    return false;
}

static void reprint(struct laz_buf *b, const cJSON *list)
{
    char *text = cJSON_PrintUnformatted(list);

    if (text == NULL)
        return; /* no memory: the list stays as it was */
    laz_buf_reset(b);
    laz_ignore(laz_buf_add_text(b, text)); /* looked at when it is stored */
    cJSON_free(text);
}

static void add_action(struct tally *t, const char *action)
{
    LAZ_OWNED(laz_json_drop)
    cJSON *list = cJSON_ParseWithLength((const char *)t->actions.data, t->actions.len);

    if (list == NULL || cJSON_GetArraySize(list) >= WORDS_MAX || has_word(list, action))
        return;
    cJSON_AddItemToArray(list, cJSON_CreateString(action));
    reprint(&t->actions, list);
}

static void add_detections(struct tally *t, const struct laz_event *e)
{
    LAZ_OWNED(laz_json_drop)
    cJSON *list = cJSON_ParseWithLength((const char *)t->detections.data, t->detections.len);
    bool changed = false;

    for (size_t i = 0; list != NULL && i < e->detection_count; i++) {
        const struct laz_event_detection *d = &e->detections[i];
        cJSON *item;

        if (cJSON_GetArraySize(list) >= WORDS_MAX || has_word(list, d->name))
            continue;
        item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", d->name);
        cJSON_AddStringToObject(item, "kind", d->kind);
        cJSON_AddStringToObject(item, "member", d->member);
        cJSON_AddStringToObject(item, "source", d->source);
        cJSON_AddStringToObject(item, "reason", d->reason);
        cJSON_AddStringToObject(item, "attack", d->attack);
        cJSON_AddItemToArray(list, item);
        changed = true;
    }
    if (changed)
        reprint(&t->detections, list);
}

static void add_to_tally(struct tally *t, const struct laz_event *e)
{
    enum laz_incident_kind kind = laz_incident_kind_of(e);

    if (kind > t->kind)
        t->kind = kind;
    if (e->severity > t->severity)
        t->severity = e->severity;
    if (e->time_ms < t->first)
        t->first = e->time_ms;
    if (e->time_ms > t->last)
        t->last = e->time_ms;
    if (strcmp(e->code, "file.rolled_back") == 0)
        t->rolled_back++;
    if (strcmp(e->code, "rollback.done") == 0)
        t->restored += (int64_t)e->files_restored;
    if (!t->open && laz_incident_reopens(e))
        t->open = true;
    if (e->action[0] != '\0' && strcmp(e->action, "none") != 0)
        add_action(t, e->action);
    if (e->detection_count > 0)
        add_detections(t, e);
}

static enum laz_status save(struct laz_db *db, struct laz_scope scope, const struct tally *t,
                            struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s;

    if (laz_buf_failed(&t->detections) != LAZ_OK || laz_buf_failed(&t->actions) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "incident", "lists", "no memory", "");
    s = laz_scope_get(
        scope, db,
        "UPDATE incident SET kind = ?3, severity = ?4, first = ?5, last = ?6, events = events + 1, "
        "files = "
        "?7, rolled_back = ?8, restored = ?9, detections = ?10, actions = ?11, close_reason = CASE "
        "WHEN "
        "?12 THEN NULL ELSE close_reason END, closed = CASE WHEN ?12 THEN NULL ELSE closed END, "
        "state = "
        "CASE WHEN ?12 THEN 'open' ELSE state END WHERE organisation_id = ?1 AND id = ?2",
        &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, t->id);
    laz_bind_i64(st, 3, t->kind);
    laz_bind_i64(st, 4, t->severity);
    laz_bind_i64(st, 5, t->first);
    laz_bind_i64(st, 6, t->last);
    laz_bind_i64(st, 7, t->files);
    laz_bind_i64(st, 8, t->rolled_back);
    laz_bind_i64(st, 9, t->restored);
    laz_bind_text(st, 10, laz_buf_view(&t->detections));
    laz_bind_text(st, 11, laz_buf_view(&t->actions));
    laz_bind_i64(st, 12, t->open);
    return laz_statement_run(st, err);
}

/* The first process that an event names is the incident's. */
static enum laz_status save_process(struct laz_db *db, struct laz_scope scope, int64_t id,
                                    const struct laz_event *e, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf process = {0};
    struct laz_json_out out = {&process, false};
    struct laz_statement *st;
    enum laz_status s;

    laz_buf_init(&process, LAZ_REPLY_MAX);
    laz_event_put_process(&out, e);
    if (laz_buf_failed(&process) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "incident", "process", "no memory", "");
    s = laz_scope_get(
        scope, db,
        "UPDATE incident SET process = ?3, user = ?4 WHERE organisation_id = ?1 AND id = ?2", &st,
        err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, id);
    laz_bind_text(st, 3, laz_buf_view(&process));
    laz_bind_string(st, 4, e->user[0] == '\0' ? NULL : e->user);
    return laz_statement_run(st, err);
}

static enum laz_status record(struct laz_db *db, struct laz_scope scope, int64_t endpoint_id,
                              const struct laz_event *e, const char *key, struct tally *t,
                              struct laz_error *err)
{
    enum laz_status s = load(db, scope, endpoint_id, key, t, err);

    if (s == LAZ_OK && t->id == 0) {
        if (laz_incident_kind_of(e) == LAZ_INCIDENT_NONE)
            return LAZ_OK;
        s = open_new(db, scope, endpoint_id, key, e->time_ms, t, err);
    }
    if (s == LAZ_OK && laz_incident_counts_file(e))
        s = note_file(db, scope, t, e->path, err);
    if (s == LAZ_OK && e->has_process && !t->has_process)
        s = save_process(db, scope, t->id, e, err);
    if (s != LAZ_OK)
        return s;
    add_to_tally(t, e);
    return save(db, scope, t, err);
}

enum laz_status laz_incident_record(struct laz_db *db, struct laz_scope scope, int64_t endpoint_id,
                                    const struct laz_event *e, int64_t *incident_id,
                                    struct laz_changes *changes, struct laz_error *err)
{
    char key[LAZ_INCIDENT_KEY_SIZE];
    struct tally t;
    enum laz_status s;

    *incident_id = 0;
    if (!laz_incident_key(e, key))
        return LAZ_OK;
    tally_init(&t);
    s = record(db, scope, endpoint_id, e, key, &t, err);
    if (s == LAZ_OK && t.id != 0) {
        *incident_id = t.id;
        laz_changes_add(changes, scope.organisation_id, LAZ_CHANGED_INCIDENT, t.id);
    }
    tally_clear(&t);
    return s;
}
