#include "wire/scan_message.h"

#include <math.h>
#include <string.h>

#define JOB_HAS_SHA256     1u
#define HELLO_NO_NEW_PRIVS 1u
#define HELLO_SECCOMP      2u
#define HELLO_IDENTITY     4u
#define VERDICT_KINDS      4u
#define VERDICT_HAS_SHA256 1u
#define CHANGE_OLD_KNOWN   1u
#define CHANGE_NEW_KNOWN   2u
#define CHANGE_HEADER_ONLY 4u
#define BITS_PER_BYTE_MAX  8.0
#define CHI2_MAX           1e30
#define DEPTH_MAX          1000000u

static void add_text(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_u16le(b, (uint16_t)v.len)); /* checked once, at the end */
    laz_ignore(laz_buf_add(b, v));
}

static void add_start(struct laz_buf *b, struct laz_view v, size_t max)
{
    add_text(b, laz_view_first(v, max));
}

static void add_end(struct laz_buf *b, struct laz_view v, size_t max)
{
    add_text(b, v.len > max ? laz_view_from_offset(v, v.len - max) : v);
}

static void add_number(struct laz_buf *b, uint64_t n)
{
    laz_ignore(laz_buf_add_u64le(b, n)); /* checked once, at the end */
}

static void add_small(struct laz_buf *b, uint32_t n)
{
    laz_ignore(laz_buf_add_u32le(b, n)); /* checked once, at the end */
}

static void add_byte(struct laz_buf *b, unsigned n)
{
    laz_ignore(laz_buf_add_u8(b, (uint8_t)n)); /* checked once, at the end */
}

static void add_real(struct laz_buf *b, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    add_number(b, bits);
}

static void write_job(struct laz_buf *b, const struct laz_scan_job_message *m)
{
    add_number(b, m->job);
    add_number(b, m->bytes_max);
    add_number(b, m->objects_max);
    add_small(b, m->depth_max);
    add_small(b, m->time_max_ms);
    add_byte(b, m->want_sha256 ? JOB_HAS_SHA256 : 0);
    add_start(b, m->path, LAZ_SCAN_MEMBER_MAX);
}

static void write_hello(struct laz_buf *b, const struct laz_scan_hello_message *m)
{
    add_byte(b, (m->no_new_privs ? HELLO_NO_NEW_PRIVS : 0) | (m->seccomp ? HELLO_SECCOMP : 0) |
                    (m->identity_dropped ? HELLO_IDENTITY : 0));
    add_small(b, m->landlock_abi);
    add_number(b, m->rule_count);
    add_number(b, m->hash_count);
}

static void write_failed(struct laz_buf *b, const struct laz_scan_failed_message *m)
{
    add_byte(b, m->status);
    add_start(b, m->what, LAZ_SCAN_NAME_MAX);
    add_start(b, m->why, LAZ_SCAN_NAME_MAX);
    add_start(b, m->remedy, LAZ_SCAN_NAME_MAX);
}

static void write_verdict(struct laz_buf *b, const struct laz_scan_verdict_message *m)
{
    LAZ_ASSERT(m->detection_count <= LAZ_SCAN_DETECTIONS_MAX &&
               m->note_count <= LAZ_SCAN_NOTES_MAX);
    add_number(b, m->job);
    add_byte(b, m->kind);
    add_start(b, m->reason, LAZ_SCAN_NAME_MAX);
    add_start(b, m->type, LAZ_SCAN_NAME_MAX);
    add_number(b, m->size);
    add_number(b, m->read);
    add_number(b, m->skipped);
    add_small(b, m->objects);
    add_small(b, m->notes_dropped);
    add_byte(b, m->has_sha256 ? VERDICT_HAS_SHA256 : 0);
    laz_ignore(laz_buf_add(b, laz_view_from(m->sha256, sizeof m->sha256)));
    add_byte(b, m->detection_count);
    for (uint32_t i = 0; i < m->detection_count; i++) {
        add_start(b, m->detections[i].name, LAZ_SCAN_NAME_MAX);
        add_start(b, m->detections[i].kind, LAZ_SCAN_NAME_MAX);
        add_end(b, m->detections[i].member, LAZ_SCAN_MEMBER_MAX);
        add_start(b, m->detections[i].source, LAZ_SCAN_NAME_MAX);
        add_start(b, m->detections[i].about, LAZ_SCAN_NAME_MAX);
        add_start(b, m->detections[i].attack, LAZ_SCAN_NAME_MAX);
    }
    add_byte(b, m->note_count);
    for (uint32_t i = 0; i < m->note_count; i++) {
        add_end(b, m->notes[i].member, LAZ_SCAN_MEMBER_MAX);
        add_start(b, m->notes[i].reason, LAZ_SCAN_NAME_MAX);
        add_start(b, m->notes[i].type, LAZ_SCAN_NAME_MAX);
    }
}

static void write_change(struct laz_buf *b, const struct laz_scan_change_message *m)
{
    add_number(b, m->job);
    add_number(b, m->old_size);
    add_number(b, m->new_size);
    add_real(b, m->old_entropy);
    add_real(b, m->new_entropy);
    add_real(b, m->new_entropy_max);
    add_real(b, m->new_chi2);
    add_real(b, m->encrypted_share);
    add_real(b, m->similarity);
    add_start(b, m->old_type, LAZ_SCAN_NAME_MAX);
    add_start(b, m->new_type, LAZ_SCAN_NAME_MAX);
    add_byte(b, (m->old_known_type ? CHANGE_OLD_KNOWN : 0) |
                    (m->new_known_type ? CHANGE_NEW_KNOWN : 0) |
                    (m->header_only ? CHANGE_HEADER_ONLY : 0));
}

enum laz_status laz_scan_message_write(const struct laz_scan_message *m, struct laz_buf *out)
{
    add_byte(out, m->kind);
    switch (m->kind) {
    case LAZ_SCAN_HELLO:
        write_hello(out, &m->hello);
        break;
    case LAZ_SCAN_FAILED:
        write_failed(out, &m->failed);
        break;
    case LAZ_SCAN_JOB:
        write_job(out, &m->job);
        break;
    case LAZ_SCAN_COMPARE:
        add_number(out, m->compare);
        break;
    case LAZ_SCAN_VERDICT:
        write_verdict(out, &m->verdict);
        break;
    case LAZ_SCAN_CHANGE:
        write_change(out, &m->change);
        break;
    }
    return laz_buf_failed(out);
}

/* Text without NUL: it becomes C strings on the other side. */
static bool take_text(struct laz_view *v, size_t max, struct laz_view *out)
{
    uint16_t len;

    return laz_take_u16le(v, &len) && len <= max && laz_take(v, len, out) &&
           laz_view_find_byte(*out, 0) == out->len;
}

static bool take_flags(struct laz_view *v, unsigned known, unsigned *out)
{
    uint8_t flags;

    if (!laz_take_u8(v, &flags) || (flags & ~known) != 0)
        return false;
    *out = flags;
    return true;
}

static bool take_real(struct laz_view *v, double max, double *out)
{
    uint64_t bits;

    if (!laz_take_u64le(v, &bits))
        return false;
    memcpy(out, &bits, sizeof *out);
    return isfinite(*out) && *out >= 0 && *out <= max;
}

static bool take_count(struct laz_view *v, uint32_t max, uint32_t *out)
{
    uint8_t n;

    if (!laz_take_u8(v, &n) || n > max)
        return false;
    *out = n;
    return true;
}

static bool read_job(struct laz_view *v, struct laz_scan_job_message *m)
{
    unsigned flags;

    if (!laz_take_u64le(v, &m->job) || !laz_take_u64le(v, &m->bytes_max) ||
        !laz_take_u64le(v, &m->objects_max) || !laz_take_u32le(v, &m->depth_max) ||
        !laz_take_u32le(v, &m->time_max_ms) || !take_flags(v, JOB_HAS_SHA256, &flags) ||
        !take_text(v, LAZ_SCAN_MEMBER_MAX, &m->path))
        return false;
    m->want_sha256 = (flags & JOB_HAS_SHA256) != 0;
    return m->depth_max <= DEPTH_MAX;
}

static bool read_hello(struct laz_view *v, struct laz_scan_hello_message *m)
{
    unsigned flags;

    if (!take_flags(v, HELLO_NO_NEW_PRIVS | HELLO_SECCOMP | HELLO_IDENTITY, &flags))
        return false;
    m->no_new_privs = (flags & HELLO_NO_NEW_PRIVS) != 0;
    m->seccomp = (flags & HELLO_SECCOMP) != 0;
    m->identity_dropped = (flags & HELLO_IDENTITY) != 0;
    return laz_take_u32le(v, &m->landlock_abi) && laz_take_u64le(v, &m->rule_count) &&
           laz_take_u64le(v, &m->hash_count);
}

static bool read_failed(struct laz_view *v, struct laz_scan_failed_message *m)
{
    return laz_take_u8(v, &m->status) && m->status != LAZ_OK && m->status <= LAZ_CLOSED &&
           take_text(v, LAZ_SCAN_NAME_MAX, &m->what) && take_text(v, LAZ_SCAN_NAME_MAX, &m->why) &&
           take_text(v, LAZ_SCAN_NAME_MAX, &m->remedy);
}

static bool read_detection(struct laz_view *v, struct laz_scan_detection_message *d)
{
    return take_text(v, LAZ_SCAN_NAME_MAX, &d->name) && take_text(v, LAZ_SCAN_NAME_MAX, &d->kind) &&
           take_text(v, LAZ_SCAN_MEMBER_MAX, &d->member) &&
           take_text(v, LAZ_SCAN_NAME_MAX, &d->source) &&
           take_text(v, LAZ_SCAN_NAME_MAX, &d->about) &&
           take_text(v, LAZ_SCAN_NAME_MAX, &d->attack);
}

static bool read_note(struct laz_view *v, struct laz_scan_note_message *n)
{
    return take_text(v, LAZ_SCAN_MEMBER_MAX, &n->member) &&
           take_text(v, LAZ_SCAN_NAME_MAX, &n->reason) && take_text(v, LAZ_SCAN_NAME_MAX, &n->type);
}

static bool read_verdict(struct laz_view *v, struct laz_scan_verdict_message *m)
{
    unsigned flags;

    if (!laz_take_u64le(v, &m->job) || !laz_take_u8(v, &m->kind) || m->kind >= VERDICT_KINDS ||
        !take_text(v, LAZ_SCAN_NAME_MAX, &m->reason) ||
        !take_text(v, LAZ_SCAN_NAME_MAX, &m->type) || !laz_take_u64le(v, &m->size) ||
        !laz_take_u64le(v, &m->read) || !laz_take_u64le(v, &m->skipped) ||
        !laz_take_u32le(v, &m->objects) || !laz_take_u32le(v, &m->notes_dropped) ||
        !take_flags(v, VERDICT_HAS_SHA256, &flags) ||
        !laz_take_bytes(v, m->sha256, sizeof m->sha256) ||
        !take_count(v, LAZ_SCAN_DETECTIONS_MAX, &m->detection_count))
        return false;
    m->has_sha256 = (flags & VERDICT_HAS_SHA256) != 0;
    for (uint32_t i = 0; i < m->detection_count; i++)
        if (!read_detection(v, &m->detections[i]))
            return false;
    if (!take_count(v, LAZ_SCAN_NOTES_MAX, &m->note_count))
        return false;
    for (uint32_t i = 0; i < m->note_count; i++)
        if (!read_note(v, &m->notes[i]))
            return false;
    return true;
}

static bool read_change(struct laz_view *v, struct laz_scan_change_message *m)
{
    unsigned flags;

    if (!laz_take_u64le(v, &m->job) || !laz_take_u64le(v, &m->old_size) ||
        !laz_take_u64le(v, &m->new_size) || !take_real(v, BITS_PER_BYTE_MAX, &m->old_entropy) ||
        !take_real(v, BITS_PER_BYTE_MAX, &m->new_entropy) ||
        !take_real(v, BITS_PER_BYTE_MAX, &m->new_entropy_max) ||
        !take_real(v, CHI2_MAX, &m->new_chi2) || !take_real(v, 1.0, &m->encrypted_share) ||
        !take_real(v, 1.0, &m->similarity) || !take_text(v, LAZ_SCAN_NAME_MAX, &m->old_type) ||
        !take_text(v, LAZ_SCAN_NAME_MAX, &m->new_type) ||
        !take_flags(v, CHANGE_OLD_KNOWN | CHANGE_NEW_KNOWN | CHANGE_HEADER_ONLY, &flags))
        return false;
    m->old_known_type = (flags & CHANGE_OLD_KNOWN) != 0;
    m->new_known_type = (flags & CHANGE_NEW_KNOWN) != 0;
    m->header_only = (flags & CHANGE_HEADER_ONLY) != 0;
    return true;
}

static bool read_body(struct laz_view *v, struct laz_scan_message *m)
{
    switch (m->kind) {
    case LAZ_SCAN_HELLO:
        return read_hello(v, &m->hello);
    case LAZ_SCAN_FAILED:
        return read_failed(v, &m->failed);
    case LAZ_SCAN_JOB:
        return read_job(v, &m->job);
    case LAZ_SCAN_COMPARE:
        return laz_take_u64le(v, &m->compare);
    case LAZ_SCAN_VERDICT:
        return read_verdict(v, &m->verdict);
    case LAZ_SCAN_CHANGE:
        return read_change(v, &m->change);
    }
    return false;
}

enum laz_status laz_scan_message_read(struct laz_view bytes, struct laz_scan_message *out)
{
    struct laz_scan_message m = {0};
    uint8_t kind;

    if (!laz_take_u8(&bytes, &kind))
        return LAZ_DAMAGED;
    m.kind = (enum laz_scan_message_kind)kind;
    if (!read_body(&bytes, &m) || bytes.len != 0) /* nothing may follow */
        return LAZ_DAMAGED;
    *out = m;
    return LAZ_OK;
}
