#include "agent/vault_record.h"

#include <limits.h>
#include <string.h>

#include "agent/filemeta.h"
#include "sign/digest.h"
#include "wire/vault_message.h"

#define FRAME_MAGIC 0x315a564cu /* "LVZ1" */
#define DIGEST_SIZE 8u

/* Results are checked once, by the caller with laz_buf_failed. */
static void add_text(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)v.len));
    laz_ignore(laz_buf_add(b, v));
}

static void add_number(struct laz_buf *b, uint64_t n)
{
    laz_ignore(laz_buf_add_u64le(b, n));
}

static void add_file(struct laz_buf *b, const struct laz_vault_file_id *f)
{
    add_number(b, f->device);
    add_number(b, f->inode);
    add_number(b, (uint64_t)f->born_ns);
}

static void write_kept(const struct laz_vault_record *r, struct laz_buf *b)
{
    add_text(b, r->actor);
    add_text(b, r->path);
    add_number(b, r->entry);
    add_number(b, r->object);
    add_number(b, (uint64_t)r->time_ms);
    laz_ignore(laz_buf_add_u8(b, r->on ? 1 : 0));
    laz_ignore(laz_buf_add_u8(b, r->trusted ? 1 : 0));
    add_file(b, &r->version.file);
    add_number(b, r->version.size);
    add_number(b, (uint64_t)r->version.modified_ns);
    add_number(b, (uint64_t)r->version.changed_ns);
    laz_ignore(laz_buf_add_u32le(b, r->folder.mode));
    laz_ignore(laz_buf_add_u32le(b, r->folder.uid));
    laz_ignore(laz_buf_add_u32le(b, r->folder.gid));
    add_text(b, r->meta);
}

void laz_vault_record_write(const struct laz_vault_record *r, struct laz_buf *b)
{
    laz_ignore(laz_buf_add_u8(b, (uint8_t)r->kind));
    switch (r->kind) {
    case LAZ_VAULT_RECORD_KEPT:
        write_kept(r, b);
        break;
    case LAZ_VAULT_RECORD_RENAMED:
        add_text(b, r->actor);
        add_text(b, r->path);
        add_text(b, r->new_path);
        add_file(b, &r->version.file);
        break;
    case LAZ_VAULT_RECORD_CREATED:
        add_text(b, r->actor);
        add_text(b, r->path);
        break;
    case LAZ_VAULT_RECORD_SUSPECT:
        add_text(b, r->actor);
        laz_ignore(laz_buf_add_u8(b, r->on ? 1 : 0));
        break;
    case LAZ_VAULT_RECORD_FORGOTTEN:
    case LAZ_VAULT_RECORD_ROLLBACK:
    case LAZ_VAULT_RECORD_ROLLED_BACK:
        add_text(b, r->actor);
        break;
    case LAZ_VAULT_RECORD_PUT_BACK:
    case LAZ_VAULT_RECORD_EVICTED:
        add_number(b, r->entry);
        break;
    }
}

static bool take_text(struct laz_view *v, size_t max, struct laz_view *out)
{
    uint32_t len;

    return laz_take_u32le(v, &len) && len <= max && laz_take(v, len, out);
}

static bool take_actor(struct laz_view *v, struct laz_view *out)
{
    return take_text(v, LAZ_VAULT_ACTOR_MAX, out) && out->len > 0;
}

static bool take_path(struct laz_view *v, struct laz_view *out)
{
    return take_text(v, PATH_MAX - 1, out) && out->len > 1 && out->data[0] == '/' &&
           laz_view_find_byte(*out, 0) == out->len;
}

static bool take_signed(struct laz_view *v, int64_t *out)
{
    uint64_t n;

    if (!laz_take_u64le(v, &n))
        return false;
    *out = (int64_t)n;
    return true;
}

static bool take_bool(struct laz_view *v, bool *out)
{
    uint8_t byte;

    if (!laz_take_u8(v, &byte) || byte > 1)
        return false;
    *out = byte == 1;
    return true;
}

static bool take_file(struct laz_view *v, struct laz_vault_file_id *f)
{
    return laz_take_u64le(v, &f->device) && laz_take_u64le(v, &f->inode) &&
           take_signed(v, &f->born_ns);
}

static bool read_kept(struct laz_view *v, struct laz_vault_record *r)
{
    return take_actor(v, &r->actor) && take_path(v, &r->path) && laz_take_u64le(v, &r->entry) &&
           laz_take_u64le(v, &r->object) && take_signed(v, &r->time_ms) && take_bool(v, &r->on) &&
           take_bool(v, &r->trusted) && take_file(v, &r->version.file) &&
           laz_take_u64le(v, &r->version.size) && r->version.size <= INT64_MAX &&
           take_signed(v, &r->version.modified_ns) && take_signed(v, &r->version.changed_ns) &&
           laz_take_u32le(v, &r->folder.mode) && laz_take_u32le(v, &r->folder.uid) &&
           laz_take_u32le(v, &r->folder.gid) && take_text(v, LAZ_FILE_META_MAX + 64, &r->meta) &&
           r->entry != 0 && (r->object != 0 || r->version.size == 0);
}

static bool read_body(struct laz_view *v, struct laz_vault_record *r)
{
    switch (r->kind) {
    case LAZ_VAULT_RECORD_KEPT:
        return read_kept(v, r);
    case LAZ_VAULT_RECORD_RENAMED:
        return take_actor(v, &r->actor) && take_path(v, &r->path) && take_path(v, &r->new_path) &&
               take_file(v, &r->version.file);
    case LAZ_VAULT_RECORD_CREATED:
        return take_actor(v, &r->actor) && take_path(v, &r->path);
    case LAZ_VAULT_RECORD_SUSPECT:
        return take_actor(v, &r->actor) && take_bool(v, &r->on);
    case LAZ_VAULT_RECORD_FORGOTTEN:
    case LAZ_VAULT_RECORD_ROLLBACK:
    case LAZ_VAULT_RECORD_ROLLED_BACK:
        return take_actor(v, &r->actor);
    case LAZ_VAULT_RECORD_PUT_BACK:
    case LAZ_VAULT_RECORD_EVICTED:
        return laz_take_u64le(v, &r->entry);
    }
    return false;
}

enum laz_status laz_vault_record_parse(struct laz_view v, struct laz_vault_record *out)
{
    struct laz_vault_record r = {0};
    uint8_t kind;

    if (!laz_take_u8(&v, &kind))
        return LAZ_DAMAGED;
    r.kind = (enum laz_vault_record_kind)kind;
    if (!read_body(&v, &r) || v.len != 0) /* nothing may follow */
        return LAZ_DAMAGED;
    *out = r;
    return LAZ_OK;
}

/* Covers the sequence too: a record cannot stand in another's place. */
static bool digest_of(uint64_t sequence, struct laz_view body, uint8_t out[DIGEST_SIZE])
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};
    uint8_t whole[LAZ_SHA256_SIZE], number[8];

    for (size_t i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(sequence >> (8 * i));
    if (laz_digest_start(&job, LAZ_SHA256) != LAZ_OK ||
        laz_digest_add(&job, laz_view_from(number, sizeof number)) != LAZ_OK ||
        laz_digest_add(&job, body) != LAZ_OK || laz_digest_finish(&job, whole) != LAZ_OK)
        return false;
    memcpy(out, whole, DIGEST_SIZE);
    return true;
}

void laz_vault_frame_write(uint64_t sequence, const struct laz_vault_record *r, struct laz_buf *out)
{
    size_t start = out->len;
    uint8_t digest[DIGEST_SIZE];
    struct laz_view body;

    laz_ignore(laz_buf_add_u32le(out, FRAME_MAGIC));
    laz_ignore(laz_buf_add_u32le(out, 0)); /* the length, set below */
    laz_ignore(laz_buf_add_u64le(out, sequence));
    laz_ignore(laz_buf_add_u64le(out, 0)); /* the digest, set below */
    laz_vault_record_write(r, out);
    if (laz_buf_failed(out) != LAZ_OK)
        return;
    body = laz_view_from_offset(laz_buf_view(out), start + LAZ_VAULT_FRAME_SIZE);
    if (!digest_of(sequence, body, digest)) {
        out->failed = LAZ_NOMEM;
        return;
    }
    for (size_t i = 0; i < 4; i++)
        out->data[start + 4 + i] = (uint8_t)(body.len >> (8 * i));
    memcpy(out->data + start + 16, digest, DIGEST_SIZE);
}

bool laz_vault_frame_take(struct laz_view *v, uint64_t *sequence, struct laz_vault_record *out)
{
    struct laz_view rest = *v, body;
    uint32_t magic, len;
    uint64_t number;
    uint8_t found[DIGEST_SIZE], wanted[DIGEST_SIZE];

    if (!laz_take_u32le(&rest, &magic) || magic != FRAME_MAGIC || !laz_take_u32le(&rest, &len) ||
        len > LAZ_VAULT_RECORD_MAX || !laz_take_u64le(&rest, &number) ||
        !laz_take_bytes(&rest, found, sizeof found) || !laz_take(&rest, len, &body))
        return false;
    if (!digest_of(number, body, wanted) || memcmp(found, wanted, sizeof found) != 0 ||
        laz_vault_record_parse(body, out) != LAZ_OK)
        return false;
    *sequence = number;
    *v = rest;
    return true;
}

size_t laz_vault_frame_find(struct laz_view v)
{
    static const uint8_t magic[4] = {0x4c, 0x56, 0x5a, 0x31};

    return 1 + laz_view_find(laz_view_from_offset(v, 1), laz_view_from(magic, sizeof magic));
}
