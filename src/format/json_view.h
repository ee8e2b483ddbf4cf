/* json_view.h - JSON read where it stands, without a tree: a report of a sandbox is large, and
 * conditions ask for a few lists in it. RFC 8259. */
#ifndef LAZ_FORMAT_JSON_VIEW_H
#define LAZ_FORMAT_JSON_VIEW_H

#include <stdint.h>

#include "base/view.h"

#define LAZ_JSON_VIEW_DEPTH_MAX 64u

/* True when text is one JSON value, no deeper than LAZ_JSON_VIEW_DEPTH_MAX, with nothing behind it
 * but blanks. The functions below take only what was found true or they gave themselves. */
bool laz_json_view_check(struct laz_view text);

/* The value of the last member of object with this name, as in most readers. False when there is
 * none or object is no object. */
bool laz_json_view_member(struct laz_view object, const char *name, struct laz_view *value);
/* Begins with the items of an array: *rest is for laz_json_view_item. False when it is none. */
bool laz_json_view_items(struct laz_view array, struct laz_view *rest);
bool laz_json_view_item(struct laz_view *rest, struct laz_view *value);
/* The text of a string in UTF-8, written to room, which has at least value.len bytes. False when
 * value is no string or names half a character. */
bool laz_json_view_text(struct laz_view value, uint8_t *room, struct laz_view *out);
/* A whole number without exponent. */
bool laz_json_view_number(struct laz_view value, int64_t *out);

#endif
