#include "console/endpoint_report.h"

#include <stdio.h>
#include <string.h>

#define FEATURES_MAX  64
#define FOLDERS_MAX   256
#define UNGUARDED_MAX 64
#define SOURCES_MAX   16
#define COUNTER_MAX   ((uint64_t)1 << 53)
#define TIME_MAX      ((uint64_t)253402300799999) /* the last millisecond of the year 9999 */
#define PATH_TEXT_MAX ((size_t)4096)

const char *const laz_counter_names[] = {
    "opens",       "scanned",    "cache_hits", "holds_expired", "incomplete",     "denied",
    "quarantined", "vault_kept", "vault_late", "workers_died",  "events_dropped",
};
const size_t laz_counter_count = sizeof laz_counter_names / sizeof *laz_counter_names;

/* What a healthy agent never reports. Other codes are limits of the kernel, which are shown but do
 * not make an endpoint look broken for ever. */
static const char *const critical[] = {"no-permission",   "no-root",   "no-vault",
                                       "content-missing", "guard-off", "breakglass"};

static bool is_critical(const char *code)
{
    for (size_t i = 0; i < sizeof critical / sizeof *critical; i++)
        if (strcmp(code, critical[i]) == 0)
            return true;
    return false;
}

static bool copy_text(const cJSON *state, const char *name, char *out, size_t size)
{
    const char *text;

    out[0] = '\0';
    if (cJSON_GetObjectItemCaseSensitive(state, name) == NULL)
        return true;
    if (!laz_json_text(state, name, size - 1, &text))
        return false;
    snprintf(out, size, "%s", text);
    return true;
}

/* A list that may be missing. *out is NULL then. */
static bool find_list(const cJSON *state, const char *name, const cJSON **out)
{
    *out = cJSON_GetObjectItemCaseSensitive(state, name);
    return *out == NULL || cJSON_IsArray(*out);
}

static bool put_features(struct laz_json_out *o, const cJSON *state)
{
    const cJSON *list, *item;
    int count = 0;

    if (!find_list(state, "features", &list))
        return false;
    laz_out_name(o, "features");
    laz_out_array(o);
    cJSON_ArrayForEach(item, list)
    {
        const char *name, *value, *detail;

        if (count++ == FEATURES_MAX)
            break;
        if (!laz_json_text(item, "name", 64, &name) || !laz_json_text(item, "state", 16, &value))
            return false;
        laz_ignore(laz_json_text(item, "detail", 256, &detail)); /* "" when there is none */
        laz_out_object(o);
        laz_out_text_of(o, "name", name);
        laz_out_text_of(o, "state", value);
        laz_out_text_of(o, "detail", detail);
        laz_out_object_end(o);
    }
    laz_out_array_end(o);
    return true;
}

static bool put_texts(struct laz_json_out *o, const cJSON *state, const char *name, int max,
                      bool *any, bool *critical_found)
{
    const cJSON *list, *item;
    int count = 0;

    if (!find_list(state, name, &list))
        return false;
    laz_out_name(o, name);
    laz_out_array(o);
    cJSON_ArrayForEach(item, list)
    {
        if (count++ == max)
            break;
        if (!cJSON_IsString(item) || strnlen(item->valuestring, PATH_TEXT_MAX) == PATH_TEXT_MAX)
            return false;
        *any |= item->valuestring[0] != '\0';
        *critical_found |= is_critical(item->valuestring);
        laz_out_view(o, laz_view_of(item->valuestring));
    }
    laz_out_array_end(o);
    return true;
}

/* Agents give seconds or milliseconds; the page wants milliseconds. */
static int64_t to_ms(uint64_t time)
{
    return (int64_t)(time < 100000000000 ? time * 1000 : time);
}

/* One source; false when it has another form than it must. */
static bool put_source(struct laz_json_out *o, const cJSON *source)
{
    static const char *const texts[] = {"id", "kind", "licence", "error", "outcome"};
    static const char *const times[] = {"checked", "good", "failing"};
    char text[256];

    if (!cJSON_IsObject(source))
        return false;
    laz_out_object(o);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!copy_text(source, texts[i], text, sizeof text))
            return false;
        laz_out_text_of(o, texts[i], text);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        uint64_t at = 0;

        laz_ignore(laz_json_u64(source, times[i], TIME_MAX, &at)); /* 0: never */
        laz_out_i64_of(o, times[i], to_ms(at));
    }
    laz_out_object_end(o);
    return true;
}

static bool put_source_list(struct laz_json_out *o, const cJSON *content)
{
    const cJSON *list, *source;
    int count = 0;

    if (!find_list(content, "list", &list))
        return false;
    laz_out_name(o, "list");
    laz_out_array(o);
    cJSON_ArrayForEach(source, list)
    {
        if (count++ == SOURCES_MAX)
            break;
        if (!put_source(o, source))
            return false;
    }
    laz_out_array_end(o);
    return true;
}

/* How the sources of content are; older agents do not say. */
static bool put_sources(struct laz_json_out *o, const cJSON *content)
{
    uint64_t sources, failing = 0;
    bool held = false;
    char problem[256];

    if (!laz_json_u64(content, "sources", COUNTER_MAX, &sources))
        return true;
    if (!copy_text(content, "problem", problem, sizeof problem))
        return false;
    laz_ignore(laz_json_u64(content, "failing", COUNTER_MAX, &failing)); /* 0 when it is not said */
    laz_ignore(laz_json_bool(content, "held", &held));
    laz_out_i64_of(o, "sources", (int64_t)sources);
    laz_out_i64_of(o, "failing", (int64_t)failing);
    laz_out_bool_of(o, "held", held);
    laz_out_text_of(o, "problem", problem);
    return put_source_list(o, content);
}

static bool put_content(struct laz_json_out *o, const cJSON *state, struct laz_report *r)
{
    const cJSON *content = cJSON_GetObjectItemCaseSensitive(state, "content");
    uint64_t built = 0, rules = 0, hashes = 0;
    char name[128];

    laz_out_name(o, "content");
    if (content == NULL || cJSON_IsNull(content)) {
        laz_out_null(o);
        return true;
    }
    if (!cJSON_IsObject(content) || !copy_text(content, "name", name, sizeof name))
        return false;
    laz_ignore(laz_json_u64(content, "built", TIME_MAX, &built)); /* 0 when there is none */
    laz_ignore(laz_json_u64(content, "rules", COUNTER_MAX, &rules));
    laz_ignore(laz_json_u64(content, "hashes", COUNTER_MAX, &hashes));
    r->content_built_ms = to_ms(built);
    laz_out_object(o);
    laz_out_text_of(o, "name", name);
    laz_out_i64_of(o, "built", r->content_built_ms);
    laz_out_i64_of(o, "rules", (int64_t)rules);
    laz_out_i64_of(o, "hashes", (int64_t)hashes);
    if (!put_sources(o, content))
        return false;
    laz_out_object_end(o);
    return true;
}

static bool put_counters(struct laz_json_out *o, const cJSON *state)
{
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(state, "counters");

    if (counters != NULL && !cJSON_IsObject(counters))
        return false;
    laz_out_object(o);
    for (size_t i = 0; i < laz_counter_count; i++) {
        uint64_t n = 0;

        if (cJSON_GetObjectItemCaseSensitive(counters, laz_counter_names[i]) == NULL)
            continue;
        if (!laz_json_u64(counters, laz_counter_names[i], COUNTER_MAX, &n))
            return false;
        laz_out_i64_of(o, laz_counter_names[i], (int64_t)n);
    }
    laz_out_object_end(o);
    return true;
}

static enum laz_status read_report(const cJSON *state, struct laz_report *out)
{
    struct laz_json_out details = {&out->details, false}, counters = {&out->counters, false};
    bool ignored = false;

    laz_out_object(&details);
    if (!copy_text(state, "hostname", out->name, sizeof out->name) ||
        !copy_text(state, "os", out->os, sizeof out->os) ||
        !copy_text(state, "kernel", out->kernel, sizeof out->kernel) ||
        !copy_text(state, "version", out->version, sizeof out->version) ||
        !copy_text(state, "mode", out->mode, sizeof out->mode) || !put_features(&details, state) ||
        !put_texts(&details, state, "protected", FOLDERS_MAX, &out->guards_a_folder, &ignored) ||
        !put_texts(&details, state, "unguarded", UNGUARDED_MAX, &ignored, &out->has_critical_gap) ||
        !put_content(&details, state, out) || !put_counters(&counters, state))
        return LAZ_DAMAGED;
    laz_out_object_end(&details);
    if (laz_buf_failed(&out->details) != LAZ_OK)
        return laz_buf_failed(&out->details);
    return laz_buf_failed(&out->counters);
}

enum laz_status laz_report_read(const cJSON *state, struct laz_report *out)
{
    enum laz_status s;

    *out = (struct laz_report){0};
    laz_buf_init(&out->details, LAZ_REPORT_MAX);
    laz_buf_init(&out->counters, LAZ_REPORT_MAX);
    s = read_report(state, out);
    if (s != LAZ_OK)
        laz_report_clear(out);
    return s;
}

void laz_report_clear(struct laz_report *r)
{
    laz_buf_clear(&r->details);
    laz_buf_clear(&r->counters);
}

const char *laz_report_state(const struct laz_report *r, int64_t now_ms)
{
    bool stale = r->content_built_ms > 0 && now_ms - r->content_built_ms > LAZ_CONTENT_STALE_MS;

    bool whole = strcmp(r->mode, "full") == 0 && r->guards_a_folder && !r->has_critical_gap;

    return whole && !stale ? "protected" : "degraded";
}
