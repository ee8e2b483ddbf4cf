#include "link/event_batch.h"

#include <zstd.h>

#include "base/text.h"

#define LEVEL          3
#define WINDOW_LOG_MAX 21 /* 2 MiB: the lines' maximum */

static enum laz_status fail_limit(struct laz_error *err)
{
    return laz_fail(err, LAZ_LIMIT, "events", "", "are more than fit in one batch", "");
}

static enum laz_status fail_damaged(struct laz_error *err)
{
    return laz_fail(err, LAZ_DAMAGED, "events", "", "are not a batch of JSON lines", "");
}

enum laz_status laz_event_batch_encode(struct laz_view lines, struct laz_buf *out,
                                       struct laz_error *err)
{
    size_t room, len, before = out->len;
    uint8_t *frame;

    if (lines.len > LAZ_EVENT_BATCH_LINES_MAX)
        return fail_limit(err);
    room = ZSTD_compressBound(lines.len);
    if (laz_buf_extend(out, room, &frame) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "events", "", "no memory", "");
    len = ZSTD_compress(frame, room, lines.data, lines.len, LEVEL);
    if (ZSTD_isError(len) != 0 || len > LAZ_EVENT_BATCH_MAX) {
        out->len = before;
        return fail_limit(err);
    }
    out->len = before + len;
    out->data[out->len] = 0;
    return LAZ_OK;
}

static void context_drop(ZSTD_DCtx **context)
{
    laz_ignore(ZSTD_isError(ZSTD_freeDCtx(*context))); /* freeing NULL or ours cannot fail */
    *context = NULL;
}

/* What the frame says about its size is checked before memory is taken, and a frame that says
 * nothing is not ours. */
static bool size_of(struct laz_view frame, size_t *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(frame.data, frame.len);

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return false;
    *out = size > LAZ_EVENT_BATCH_LINES_MAX ? LAZ_EVENT_BATCH_LINES_MAX + 1 : (size_t)size;
    return ZSTD_findFrameCompressedSize(frame.data, frame.len) == frame.len;
}

static enum laz_status decompress(struct laz_view frame, struct laz_buf *out, struct laz_error *err)
{
    LAZ_OWNED(context_drop) ZSTD_DCtx *context = NULL;
    size_t size, len;
    uint8_t *bytes;

    if (!size_of(frame, &size))
        return fail_damaged(err);
    if (size > LAZ_EVENT_BATCH_LINES_MAX)
        return fail_limit(err);
    context = ZSTD_createDCtx();
    if (context == NULL || laz_buf_extend(out, size, &bytes) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "events", "", "no memory", "");
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)) != 0)
        return fail_damaged(err);
    len = ZSTD_decompressDCtx(context, bytes, size, frame.data, frame.len);
    return ZSTD_isError(len) != 0 || len != size ? fail_damaged(err) : LAZ_OK;
}

static bool is_line(struct laz_view line)
{
    if (line.len == 0 || line.len > LAZ_EVENT_MAX)
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] < ' ')
            return false;
    return true;
}

static bool are_lines(struct laz_view v, uint64_t count)
{
    struct laz_view line;
    uint64_t found = 0;

    if (v.len == 0 || v.data[v.len - 1] != '\n' || !laz_utf8_is_valid(v))
        return false;
    while (laz_event_batch_next(&v, &line))
        if (!is_line(line) || ++found > count)
            return false;
    return found == count;
}

enum laz_status laz_event_batch_decode(struct laz_view frame, uint64_t count, struct laz_buf *out,
                                       struct laz_error *err)
{
    enum laz_status s;

    LAZ_ASSERT(out->max >= LAZ_EVENT_BATCH_LINES_MAX);
    laz_buf_reset(out);
    if (frame.len > LAZ_EVENT_BATCH_MAX || count > LAZ_EVENT_BATCH_COUNT_MAX)
        return fail_limit(err);
    if (frame.len == 0 || count == 0)
        return fail_damaged(err);
    s = decompress(frame, out, err);
    if (s != LAZ_OK)
        return s;
    return are_lines(laz_buf_view(out), count) ? LAZ_OK : fail_damaged(err);
}

bool laz_event_batch_next(struct laz_view *lines, struct laz_view *event)
{
    return laz_take_until(lines, '\n', event);
}
