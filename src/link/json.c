#include "link/json.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: up to here a double holds every whole number */

/* cJSON recurses; so the nesting is counted first. Brackets inside strings do not count. */
static bool is_shallow(struct laz_view text)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else
                in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        depth += c == '{' || c == '[';
        if (depth > LAZ_JSON_DEPTH_MAX)
            return false;
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    return true;
}

cJSON *laz_json_parse_object(struct laz_view text)
{
    const char *end = NULL;
    cJSON *json;

    if (text.len == 0 || !is_shallow(text) || !laz_utf8_is_valid(text) ||
        laz_view_find_byte(text, '\0') != text.len)
        return NULL;
    json = cJSON_ParseWithLengthOpts((const char *)text.data, text.len, &end, 0);
    if (json == NULL)
        return NULL;
    text = laz_view_from_offset(text, (uint64_t)(end - (const char *)text.data));
    if (!cJSON_IsObject(json) || laz_view_trim(text).len > 0) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

void laz_json_drop(cJSON **json)
{
    cJSON_Delete(*json);
    *json = NULL;
}

bool laz_json_text(const cJSON *object, const char *name, size_t len_max, const char **out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    *out = "";
    if (!cJSON_IsString(member) || strnlen(member->valuestring, len_max + 1) > len_max)
        return false;
    *out = member->valuestring;
    return true;
}

bool laz_json_u64(const cJSON *object, const char *name, uint64_t max, uint64_t *out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    double n;

    if (!cJSON_IsNumber(member))
        return false;
    n = member->valuedouble;
    if (!(n >= 0 && n <= EXACT_MAX) || n != floor(n) || (uint64_t)n > max)
        return false;
    *out = (uint64_t)n;
    return true;
}

bool laz_json_bool(const cJSON *object, const char *name, bool *out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsBool(member))
        return false;
    *out = cJSON_IsTrue(member) != 0;
    return true;
}
