#include "agent/quarantine_header.h"

#include <limits.h>

#include "agent/quarantine.h"
#include "base/number.h"

#define MAGIC   0x515a414cu /* "LAZQ" */
#define VERSION 1u

void laz_quarantine_prologue_write(const struct laz_quarantine_prologue *p, struct laz_buf *out)
{
    laz_ignore(laz_buf_add_u32le(out, MAGIC)); /* the caller asks laz_buf_failed, here and below */
    laz_ignore(laz_buf_add_u32le(out, VERSION));
    laz_ignore(laz_buf_add_u64le(out, p->record_at));
    laz_ignore(laz_buf_add_u64le(out, p->record_len));
    laz_ignore(laz_buf_add(out, laz_view_from(p->record_sha256, sizeof p->record_sha256)));
}

enum laz_status laz_quarantine_prologue_parse(struct laz_view v,
                                              struct laz_quarantine_prologue *out)
{
    struct laz_quarantine_prologue p;
    uint32_t magic, version;

    if (!laz_take_u32le(&v, &magic) || magic != MAGIC || !laz_take_u32le(&v, &version))
        return LAZ_DAMAGED;
    if (version != VERSION)
        return LAZ_VERSION;
    if (!laz_take_u64le(&v, &p.record_at) || !laz_take_u64le(&v, &p.record_len) ||
        !laz_take_bytes(&v, p.record_sha256, sizeof p.record_sha256))
        return LAZ_DAMAGED;
    if (p.record_len > LAZ_QUARANTINE_RECORD_MAX || p.record_at < LAZ_QUARANTINE_CONTENT_AT ||
        p.record_at > INT64_MAX - LAZ_QUARANTINE_RECORD_MAX)
        return LAZ_DAMAGED;
    *out = p;
    return LAZ_OK;
}

static void add_part(struct laz_buf *out, struct laz_view v)
{
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)v.len));
    laz_ignore(laz_buf_add(out, v));
}

void laz_quarantine_record_write(const struct laz_quarantine_record *r, struct laz_buf *out)
{
    laz_ignore(laz_buf_add_u64le(out, (uint64_t)r->time_ms));
    laz_ignore(laz_buf_add_u64le(out, r->size));
    laz_ignore(laz_buf_add_u64le(out, r->device));
    laz_ignore(laz_buf_add_u64le(out, r->inode));
    laz_ignore(laz_buf_add(out, laz_view_from(r->key, sizeof r->key)));
    laz_ignore(laz_buf_add(out, laz_view_from(r->sha256, sizeof r->sha256)));
    add_part(out, r->path);
    add_part(out, r->detections);
    add_part(out, r->actor);
    add_part(out, r->reason);
    add_part(out, r->meta);
    add_part(out, r->runs);
}

static bool take_part(struct laz_view *v, size_t max, struct laz_view *out)
{
    uint32_t len;

    return laz_take_u32le(v, &len) && len <= max && laz_take(v, len, out);
}

bool laz_quarantine_take_run(struct laz_view *runs, uint64_t *offset, uint64_t *len)
{
    return laz_take_u64le(runs, offset) && laz_take_u64le(runs, len);
}

static bool runs_are_sound(struct laz_view runs, uint64_t size)
{
    uint64_t end = 0, offset, len;

    if (runs.len % 16 != 0)
        return false;
    while (laz_quarantine_take_run(&runs, &offset, &len)) {
        if (offset < end || len == 0 || laz_ckd_add(&end, offset, len) || end > size)
            return false;
    }
    return true;
}

static bool path_is_sound(struct laz_view path)
{
    return path.len > 1 && path.len < PATH_MAX && path.data[0] == '/' &&
           laz_view_find_byte(path, 0) == path.len;
}

static bool take_record(struct laz_view *v, struct laz_quarantine_record *r)
{
    uint64_t time_ms;

    if (!laz_take_u64le(v, &time_ms) || !laz_take_u64le(v, &r->size) ||
        !laz_take_u64le(v, &r->device) || !laz_take_u64le(v, &r->inode) ||
        !laz_take_bytes(v, r->key, sizeof r->key) ||
        !laz_take_bytes(v, r->sha256, sizeof r->sha256))
        return false;
    r->time_ms = (int64_t)time_ms;
    return take_part(v, PATH_MAX, &r->path) &&
           take_part(v, LAZ_QUARANTINE_TEXT_MAX, &r->detections) &&
           take_part(v, LAZ_QUARANTINE_TEXT_MAX, &r->actor) &&
           take_part(v, LAZ_QUARANTINE_TEXT_MAX, &r->reason) &&
           take_part(v, LAZ_QUARANTINE_RECORD_MAX, &r->meta) &&
           take_part(v, (size_t)LAZ_QUARANTINE_RUNS_MAX * 16, &r->runs) &&
           v->len == 0; /* nothing may follow */
}

enum laz_status laz_quarantine_record_parse(struct laz_view v, struct laz_quarantine_record *out)
{
    struct laz_quarantine_record r;

    if (!take_record(&v, &r) || !path_is_sound(r.path) || r.time_ms < 0 ||
        r.size > INT64_MAX - LAZ_QUARANTINE_CONTENT_AT || !runs_are_sound(r.runs, r.size))
        return LAZ_DAMAGED;
    *out = r;
    return LAZ_OK;
}
