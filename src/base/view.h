/* view.h - borrowed bytes of a known length, consumed from the front. All reading of bytes that we
 * do not trust goes through here: laz_view_at is the one place that compares a length with what is
 * left. Functions that return bool change nothing when they return false. */
#ifndef LAZ_BASE_VIEW_H
#define LAZ_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct laz_view {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;          /* bytes */
};

/* The bytes of a C string, without its NUL. */
struct laz_view laz_view_of(const char *text);
struct laz_view laz_view_from(const void *data, size_t len);

/* The part [offset, offset + len) of v. False when it does not lie wholly inside. */
bool laz_view_at(struct laz_view v, uint64_t offset, uint64_t len, struct laz_view *out);

/* What is left of v from offset on; empty when offset is at or past the end. */
struct laz_view laz_view_from_offset(struct laz_view v, uint64_t offset);
/* The first len bytes of v, or all of it when it is shorter. */
struct laz_view laz_view_first(struct laz_view v, uint64_t len);

bool laz_view_equal(struct laz_view a, struct laz_view b);
bool laz_view_equal_text(struct laz_view v, const char *text);
bool laz_view_starts(struct laz_view v, struct laz_view prefix);
bool laz_view_ends_text(struct laz_view v, const char *suffix);
/* Order as memcmp, a shorter one first. */
int laz_view_compare(struct laz_view a, struct laz_view b);
/* Offset of the first byte c, or v.len. */
size_t laz_view_find_byte(struct laz_view v, uint8_t c);
/* Offset of the first occurrence of needle (not empty), or v.len. */
size_t laz_view_find(struct laz_view v, struct laz_view needle);

bool laz_skip(struct laz_view *v, uint64_t len);
bool laz_take(struct laz_view *v, uint64_t len, struct laz_view *out);
bool laz_take_u8(struct laz_view *v, uint8_t *out);
bool laz_take_u16le(struct laz_view *v, uint16_t *out);
bool laz_take_u32le(struct laz_view *v, uint32_t *out);
bool laz_take_u64le(struct laz_view *v, uint64_t *out);
bool laz_take_u16be(struct laz_view *v, uint16_t *out);
bool laz_take_u32be(struct laz_view *v, uint32_t *out);
bool laz_take_u64be(struct laz_view *v, uint64_t *out);
/* Copies exactly len bytes to out. */
bool laz_take_bytes(struct laz_view *v, void *out, size_t len);
/* Up to the separator, which is consumed too; the rest when there is none. False when v is empty.
 */
bool laz_take_until(struct laz_view *v, uint8_t separator, struct laz_view *out);

/* Without leading and trailing blanks, tabs, carriage returns and newlines. */
struct laz_view laz_view_trim(struct laz_view v);

#endif
