#include "feed/source.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

static const char *const kind_names[LAZ_FEED_KINDS] = {
    [LAZ_FEED_FRESHCLAM] = "freshclam-folder",
    [LAZ_FEED_FOLDER] = "folder",
    [LAZ_FEED_FILE] = "file",
    [LAZ_FEED_YARA] = "yara-package",
    [LAZ_FEED_LIST] = "list",
    [LAZ_FEED_STIX] = "stix",
    [LAZ_FEED_TAXII] = "taxii",
    [LAZ_FEED_MISP] = "misp",
};

static const char *const outcome_names[LAZ_FEED_OUTCOMES] = {
    [LAZ_FEED_NEVER] = "never",         [LAZ_FEED_FRESH] = "fresh",
    [LAZ_FEED_SAME] = "same",           [LAZ_FEED_PARTIAL] = "partial",
    [LAZ_FEED_FORBIDDEN] = "forbidden", [LAZ_FEED_GONE] = "gone",
    [LAZ_FEED_BUSY] = "busy",           [LAZ_FEED_BROKEN] = "broken",
    [LAZ_FEED_TOO_LARGE] = "too-large", [LAZ_FEED_REDIRECT] = "redirect",
    [LAZ_FEED_UNTRUSTED] = "untrusted", [LAZ_FEED_UNREACHABLE] = "unreachable",
    [LAZ_FEED_SLOW] = "slow",           [LAZ_FEED_DAMAGED] = "damaged",
    [LAZ_FEED_FAILED] = "failed",
};

static bool find_name(const char *const *names, size_t count, struct laz_view v, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!laz_view_equal_text(v, names[i]))
            continue;
        *out = i;
        return true;
    }
    return false;
}

const char *laz_feed_kind_name(enum laz_feed_kind kind)
{
    return kind_names[kind];
}

bool laz_feed_kind_parse(struct laz_view v, enum laz_feed_kind *out)
{
    size_t i;

    if (!find_name(kind_names, LAZ_FEED_KINDS, v, &i))
        return false;
    *out = (enum laz_feed_kind)i;
    return true;
}

const char *laz_feed_outcome_name(enum laz_feed_outcome outcome)
{
    return outcome_names[outcome];
}

bool laz_feed_outcome_parse(struct laz_view v, enum laz_feed_outcome *out)
{
    size_t i;

    if (!find_name(outcome_names, LAZ_FEED_OUTCOMES, v, &i))
        return false;
    *out = (enum laz_feed_outcome)i;
    return true;
}

void laz_feed_source_init(struct laz_feed_source *s, const char *id, enum laz_feed_kind kind)
{
    memset(s, 0, sizeof *s);
    snprintf(s->id, sizeof s->id, "%s", id);
    s->kind = kind;
    s->every_s = LAZ_FEED_EVERY_S;
    s->size_max = LAZ_FEED_SIZE_DEFAULT;
    s->enabled = true;
}

static bool is_id_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool laz_feed_id_is_valid(struct laz_view v)
{
    if (v.len == 0 || v.len >= LAZ_FEED_ID_SIZE || !is_id_byte(v.data[0]))
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!is_id_byte(v.data[i]) && v.data[i] != '-' && v.data[i] != '_' && v.data[i] != '.')
            return false;
    return true;
}

static bool starts_text(struct laz_view v, const char *prefix)
{
    return laz_view_starts(v, laz_view_of(prefix));
}

bool laz_feed_url_is_http(struct laz_view url)
{
    return starts_text(url, "https://") || starts_text(url, "http://");
}

bool laz_feed_url_is_safe(struct laz_view url)
{
    static const char *const own[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

    if (starts_text(url, "https://"))
        return true;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct laz_view rest = laz_view_from_offset(url, strlen(own[i]));

        if (starts_text(url, own[i]) &&
            (rest.len == 0 || rest.data[0] == '/' || rest.data[0] == ':') &&
            laz_view_find_byte(laz_view_first(rest, laz_view_find_byte(rest, '/')), '@') ==
                laz_view_find_byte(rest, '/'))
            return true;
    }
    return false;
}

bool laz_feed_is_remote(const struct laz_feed_source *s)
{
    return laz_feed_url_is_http(laz_view_of(s->location));
}

static bool has_bad_byte(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] <= ' ' || v.data[i] == 0x7F || v.data[i] == '"' || v.data[i] == '\\')
            return true;
    return false;
}

static bool check_remote(const struct laz_feed_source *s, const char **why)
{
    struct laz_view url = laz_view_of(s->location);

    *why = NULL;
    if (s->kind == LAZ_FEED_FRESHCLAM || s->kind == LAZ_FEED_FOLDER || s->kind == LAZ_FEED_FILE)
        *why = "is a kind that takes a path, and the location is a URL";
    else if (has_bad_byte(url))
        *why = "has a location with a blank, a quote or a control byte";
    else if (!s->plain_http && !laz_feed_url_is_safe(url))
        *why = "would come unencrypted over the network";
    else if (strstr(s->location, LAZ_FEED_SECRET_KEYWORD) != NULL && s->secret_file[0] == '\0' &&
             s->enabled)
        *why = "needs a key: name the file that holds it with --secret-file";
    return *why == NULL;
}

bool laz_feed_source_check(const struct laz_feed_source *s, const char **why)
{
    *why = NULL;
    if (!laz_feed_id_is_valid(laz_view_of(s->id)))
        *why = "has an id that is not 1 to 32 letters, digits, '-', '_' and '.'";
    else if (s->location[0] == '\0')
        *why = "has no location";
    else if (s->every_s < LAZ_FEED_EVERY_MIN_S || s->every_s > LAZ_FEED_EVERY_MAX_S)
        *why = "is asked more often than every 5 minutes or less often than every 90 days";
    else if (s->size_max == 0 || s->size_max > LAZ_FEED_SIZE_MAX)
        *why = "has a size limit that is 0 or above 2 GiB";
    if (*why != NULL)
        return false;
    if (laz_feed_is_remote(s))
        return check_remote(s, why);
    if (s->kind == LAZ_FEED_TAXII || s->kind == LAZ_FEED_MISP)
        *why = "is a kind that takes a URL";
    else if (s->location[0] != '/')
        *why = "has a location that is neither a URL nor a path from the root";
    return *why == NULL;
}

bool laz_feed_interval_parse(struct laz_view v, uint64_t *seconds)
{
    static const struct {
        uint8_t letter;
        uint32_t seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t n;

    if (v.len < 2 || !laz_parse_u64(laz_view_first(v, v.len - 1), 1000000, &n))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (v.data[v.len - 1] != units[i].letter)
            continue;
        *seconds = n * units[i].seconds;
        return true;
    }
    return false;
}

void laz_feed_interval_text(uint64_t seconds, char out[24])
{
    if (seconds % 86400 == 0)
        snprintf(out, 24, "%llud", (unsigned long long)(seconds / 86400));
    else if (seconds % 3600 == 0)
        snprintf(out, 24, "%lluh", (unsigned long long)(seconds / 3600));
    else
        snprintf(out, 24, "%llum", (unsigned long long)(seconds / 60));
}
