/* buf.h - bytes that grow up to a size that is named when the buffer is made. After a refused
 * addition the buffer holds what it held before and stays marked, so that a chain of additions can
 * be checked once, with laz_buf_failed, before the result is used. */
#ifndef LAZ_BASE_BUF_H
#define LAZ_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/status.h"
#include "base/view.h"

struct laz_buf {
    uint8_t *data; /* owned; NULL until the first byte; a NUL stands behind data[len - 1] */
    size_t len, capacity, max;
    enum laz_status failed; /* LAZ_OK, LAZ_LIMIT or LAZ_NOMEM: the first refusal */
};

void laz_buf_init(struct laz_buf *b, size_t max);
void laz_buf_clear(struct laz_buf *b); /* frees; as new with the same max */
void laz_buf_reset(struct laz_buf *b); /* empties, forgets a refusal, keeps the memory */
void laz_buf_drop(struct laz_buf *b);  /* laz_buf_clear, for LAZ_OWNED */

enum laz_status laz_buf_add(struct laz_buf *b, struct laz_view v);
enum laz_status laz_buf_add_text(struct laz_buf *b, const char *text);
enum laz_status laz_buf_add_u8(struct laz_buf *b, uint8_t n);
enum laz_status laz_buf_add_u16le(struct laz_buf *b, uint16_t n);
enum laz_status laz_buf_add_u32le(struct laz_buf *b, uint32_t n);
enum laz_status laz_buf_add_u64le(struct laz_buf *b, uint64_t n);
enum laz_status laz_buf_addf(struct laz_buf *b, const char *format, ...) LAZ_PRINTF(2, 3);
enum laz_status laz_buf_addvf(struct laz_buf *b, const char *format, va_list arguments)
    LAZ_PRINTF(2, 0);
/* len more bytes, zeroed; *out points to them until the next change of b. */
LAZ_CHECKED enum laz_status laz_buf_extend(struct laz_buf *b, size_t len, uint8_t **out);

static inline enum laz_status laz_buf_failed(const struct laz_buf *b)
{
    return b->failed;
}
static inline struct laz_view laz_buf_view(const struct laz_buf *b)
{
    return (struct laz_view){b->data, b->len};
}
/* As a C string, "" when empty; borrowed until the next change. */
const char *laz_buf_text(const struct laz_buf *b);
/* The bytes as a heap string that is the caller's, with b left empty; NULL when b refused
 * something or memory ran out. */
char *laz_buf_take_text(struct laz_buf *b);

#endif
