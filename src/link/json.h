/* json.h - JSON from outside, by cJSON behind checks of size, depth and encoding. */
#ifndef LAZ_LINK_JSON_H
#define LAZ_LINK_JSON_H

#include <cjson/cJSON.h>

#include "base/status.h"
#include "base/view.h"

#define LAZ_JSON_DEPTH_MAX 24

/* One JSON object, valid UTF-8, no deeper than LAZ_JSON_DEPTH_MAX, nothing after it but blanks.
 * NULL when it is not that, or memory ran out. */
cJSON *laz_json_parse_object(struct laz_view text);
void laz_json_drop(cJSON **json); /* for LAZ_OWNED */

/* Members of an object. Text of at most len_max bytes without NUL; "" and false when it is missing
 * or something else. Borrowed from the object. */
bool laz_json_text(const cJSON *object, const char *name, size_t len_max, const char **out);
/* A whole number from 0 to max (at most 2^53). */
bool laz_json_u64(const cJSON *object, const char *name, uint64_t max, uint64_t *out);
bool laz_json_bool(const cJSON *object, const char *name, bool *out);

#endif
