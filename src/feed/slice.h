/* slice.h - large JSON from outside, walked where it lies: no memory, no recursion. A text is
 * checked once as a whole; then values, members and elements are cut out of it. Pure. */
#ifndef LAZ_FEED_SLICE_H
#define LAZ_FEED_SLICE_H

#include <stdbool.h>

#include "base/view.h"

#define LAZ_SLICE_DEPTH_MAX 64

/* One value of RFC 8259, at most LAZ_SLICE_DEPTH_MAX deep, in valid UTF-8, with nothing but blanks
 * around it. out is the value without them. */
bool laz_slice_check(struct laz_view text, struct laz_view *out);

/* All below take what laz_slice_check has accepted, or a part of it; of anything else they give
 * something or false, and never reach outside. */

/* The value of the first member of that name; false when object is none or has no such member. */
bool laz_slice_member(struct laz_view object, const char *name, struct laz_view *out);
/* Walks an array: *rest starts as the array, and each call gives the next element. */
bool laz_slice_element(struct laz_view *rest, struct laz_view *out);
/* Walks an object: key is between its quotes, as it stands. */
bool laz_slice_pair(struct laz_view *rest, struct laz_view *key, struct laz_view *value);

bool laz_slice_is_object(struct laz_view value);
bool laz_slice_is_array(struct laz_view value);
bool laz_slice_is_true(struct laz_view value);
/* A string without a NUL, unescaped, of less than size bytes; surrogates and control bytes are not
 * taken. */
bool laz_slice_text(struct laz_view value, char *out, size_t size);
/* The same for a member. */
bool laz_slice_member_text(struct laz_view object, const char *name, char *out, size_t size);

#endif
