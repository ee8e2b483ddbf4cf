#include "wire/vault_message.h"

#define FLAG_ON     1u
#define WHY_MAX     255u
#define STATUS_LAST ((uint8_t)LAZ_CLOSED) /* the last status */

static void add_text(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_u16le(b, (uint16_t)v.len)); /* checked once, at the end */
    laz_ignore(laz_buf_add(b, v));
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

static bool path_fits(struct laz_view path)
{
    return path.len > 0 && path.len < LAZ_VAULT_PATH_MAX && path.data[0] == '/' &&
           laz_view_find_byte(path, 0) == path.len;
}

static bool actor_fits(struct laz_view actor)
{
    return actor.len > 0 && actor.len <= LAZ_VAULT_ACTOR_MAX;
}

static bool write_file(struct laz_buf *b, const struct laz_vault_file_message *m)
{
    add_number(b, m->job);
    add_text(b, m->actor);
    add_text(b, m->path);
    return actor_fits(m->actor) && path_fits(m->path);
}

static bool write_renamed(struct laz_buf *b, const struct laz_vault_renamed_message *m)
{
    add_text(b, m->actor);
    add_text(b, m->old_path);
    add_text(b, m->new_path);
    add_number(b, m->device);
    add_number(b, m->inode);
    return actor_fits(m->actor) && path_fits(m->old_path) && path_fits(m->new_path);
}

static bool write_actor(struct laz_buf *b, enum laz_vault_message_kind kind,
                        const struct laz_vault_actor_message *m)
{
    bool has_path = kind == LAZ_VAULT_CREATED;

    add_number(b, m->job);
    add_text(b, m->actor);
    add_text(b, m->path);
    add_byte(b, m->on ? FLAG_ON : 0);
    return actor_fits(m->actor) && (has_path ? path_fits(m->path) : m->path.len == 0);
}

static void write_job(struct laz_buf *b, const struct laz_vault_job_message *m)
{
    add_number(b, m->job);
    add_byte(b, m->status);
}

static void write_kept(struct laz_buf *b, const struct laz_vault_kept_message *m)
{
    add_number(b, m->job);
    add_byte(b, m->status);
    add_byte(b, m->shared ? FLAG_ON : 0);
    add_number(b, m->bytes);
}

static bool write_restored(struct laz_buf *b, const struct laz_vault_restored_message *m)
{
    add_number(b, m->job);
    add_byte(b, m->status);
    add_byte(b, m->unchanged ? FLAG_ON : 0);
    add_number(b, m->bytes);
    add_text(b, m->path);
    add_text(b, laz_view_first(m->why, WHY_MAX));
    return path_fits(m->path);
}

static void write_rolled_back(struct laz_buf *b, const struct laz_vault_rolled_back_message *m)
{
    add_number(b, m->job);
    add_byte(b, m->status);
    add_small(b, m->restored);
    add_small(b, m->failed);
    add_small(b, m->left);
    add_number(b, m->bytes);
}

static bool write_entry(struct laz_buf *b, const struct laz_vault_entry_message *m)
{
    add_number(b, m->job);
    add_number(b, m->id);
    add_number(b, m->size);
    add_number(b, (uint64_t)m->kept_ms);
    add_byte(b, m->suspect ? FLAG_ON : 0);
    add_text(b, m->actor);
    add_text(b, m->path);
    return actor_fits(m->actor) && path_fits(m->path);
}

static void write_stated(struct laz_buf *b, const struct laz_vault_stated_message *m)
{
    add_number(b, m->job);
    add_small(b, m->actors);
    add_small(b, m->entries);
    add_number(b, m->bytes);
    add_number(b, m->bytes_max);
    add_number(b, m->kept);
    add_number(b, m->shared);
    add_number(b, m->refused);
    add_number(b, m->evicted);
    add_small(b, m->damaged);
}

/* False when m says what cannot be said. */
static bool write_body(struct laz_buf *b, const struct laz_vault_message *m)
{
    switch (m->kind) {
    case LAZ_VAULT_KEEP:
    case LAZ_VAULT_OPEN:
        return write_file(b, &m->file);
    case LAZ_VAULT_RENAMED:
        return write_renamed(b, &m->renamed);
    case LAZ_VAULT_CREATED:
    case LAZ_VAULT_SUSPECT:
    case LAZ_VAULT_FORGET:
    case LAZ_VAULT_ROLLBACK:
        return write_actor(b, m->kind, &m->actor);
    case LAZ_VAULT_LIST:
    case LAZ_VAULT_STATE:
    case LAZ_VAULT_OPENED:
    case LAZ_VAULT_LISTED:
        write_job(b, &m->job);
        return true;
    case LAZ_VAULT_KEPT:
        write_kept(b, &m->kept);
        return true;
    case LAZ_VAULT_RESTORED:
    case LAZ_VAULT_LEFT:
        return write_restored(b, &m->restored);
    case LAZ_VAULT_ROLLED_BACK:
        write_rolled_back(b, &m->rolled_back);
        return true;
    case LAZ_VAULT_ENTRY:
        return write_entry(b, &m->entry);
    case LAZ_VAULT_STATED:
        write_stated(b, &m->stated);
        return true;
    }
    return false;
}

enum laz_status laz_vault_message_write(const struct laz_vault_message *m, struct laz_buf *out)
{
    add_byte(out, m->kind);
    if (!write_body(out, m))
        return LAZ_INVALID;
    return laz_buf_failed(out);
}

static bool take_text(struct laz_view *v, size_t max, struct laz_view *out)
{
    uint16_t len;

    return laz_take_u16le(v, &len) && len <= max && laz_take(v, len, out);
}

static bool take_path(struct laz_view *v, struct laz_view *out)
{
    return take_text(v, LAZ_VAULT_PATH_MAX, out) && path_fits(*out);
}

static bool take_actor(struct laz_view *v, struct laz_view *out)
{
    return take_text(v, LAZ_VAULT_ACTOR_MAX, out) && actor_fits(*out);
}

static bool take_flag(struct laz_view *v, bool *out)
{
    uint8_t byte;

    if (!laz_take_u8(v, &byte) || byte > FLAG_ON)
        return false;
    *out = byte == FLAG_ON;
    return true;
}

static bool take_status(struct laz_view *v, enum laz_status *out)
{
    uint8_t byte;

    if (!laz_take_u8(v, &byte) || byte > STATUS_LAST)
        return false;
    *out = (enum laz_status)byte;
    return true;
}

static bool read_file(struct laz_view *v, struct laz_vault_file_message *m)
{
    return laz_take_u64le(v, &m->job) && take_actor(v, &m->actor) && take_path(v, &m->path);
}

static bool read_renamed(struct laz_view *v, struct laz_vault_renamed_message *m)
{
    return take_actor(v, &m->actor) && take_path(v, &m->old_path) && take_path(v, &m->new_path) &&
           laz_take_u64le(v, &m->device) && laz_take_u64le(v, &m->inode);
}

static bool read_actor(struct laz_view *v, enum laz_vault_message_kind kind,
                       struct laz_vault_actor_message *m)
{
    if (!laz_take_u64le(v, &m->job) || !take_actor(v, &m->actor) ||
        !take_text(v, LAZ_VAULT_PATH_MAX, &m->path) || !take_flag(v, &m->on))
        return false;
    return (kind == LAZ_VAULT_CREATED ? path_fits(m->path) : m->path.len == 0) &&
           (kind == LAZ_VAULT_ROLLBACK || m->job == 0) && (kind == LAZ_VAULT_SUSPECT || !m->on);
}

static bool read_restored(struct laz_view *v, struct laz_vault_restored_message *m)
{
    return laz_take_u64le(v, &m->job) && take_status(v, &m->status) &&
           take_flag(v, &m->unchanged) && laz_take_u64le(v, &m->bytes) && take_path(v, &m->path) &&
           take_text(v, WHY_MAX, &m->why);
}

static bool read_rolled_back(struct laz_view *v, struct laz_vault_rolled_back_message *m)
{
    return laz_take_u64le(v, &m->job) && take_status(v, &m->status) &&
           laz_take_u32le(v, &m->restored) && laz_take_u32le(v, &m->failed) &&
           laz_take_u32le(v, &m->left) && laz_take_u64le(v, &m->bytes);
}

static bool read_entry(struct laz_view *v, struct laz_vault_entry_message *m)
{
    uint64_t kept_ms;

    if (!laz_take_u64le(v, &m->job) || !laz_take_u64le(v, &m->id) || !laz_take_u64le(v, &m->size) ||
        !laz_take_u64le(v, &kept_ms) || kept_ms > INT64_MAX)
        return false;
    m->kept_ms = (int64_t)kept_ms;
    return take_flag(v, &m->suspect) && take_actor(v, &m->actor) && take_path(v, &m->path);
}

static bool read_stated(struct laz_view *v, struct laz_vault_stated_message *m)
{
    return laz_take_u64le(v, &m->job) && laz_take_u32le(v, &m->actors) &&
           laz_take_u32le(v, &m->entries) && laz_take_u64le(v, &m->bytes) &&
           laz_take_u64le(v, &m->bytes_max) && laz_take_u64le(v, &m->kept) &&
           laz_take_u64le(v, &m->shared) && laz_take_u64le(v, &m->refused) &&
           laz_take_u64le(v, &m->evicted) && laz_take_u32le(v, &m->damaged);
}

static bool read_body(struct laz_view *v, struct laz_vault_message *m)
{
    switch (m->kind) {
    case LAZ_VAULT_KEEP:
    case LAZ_VAULT_OPEN:
        return read_file(v, &m->file);
    case LAZ_VAULT_RENAMED:
        return read_renamed(v, &m->renamed);
    case LAZ_VAULT_CREATED:
    case LAZ_VAULT_SUSPECT:
    case LAZ_VAULT_FORGET:
    case LAZ_VAULT_ROLLBACK:
        return read_actor(v, m->kind, &m->actor);
    case LAZ_VAULT_LIST:
    case LAZ_VAULT_STATE:
    case LAZ_VAULT_OPENED:
    case LAZ_VAULT_LISTED:
        return laz_take_u64le(v, &m->job.job) && take_status(v, &m->job.status);
    case LAZ_VAULT_KEPT:
        return laz_take_u64le(v, &m->kept.job) && take_status(v, &m->kept.status) &&
               take_flag(v, &m->kept.shared) && laz_take_u64le(v, &m->kept.bytes);
    case LAZ_VAULT_RESTORED:
    case LAZ_VAULT_LEFT:
        return read_restored(v, &m->restored);
    case LAZ_VAULT_ROLLED_BACK:
        return read_rolled_back(v, &m->rolled_back);
    case LAZ_VAULT_ENTRY:
        return read_entry(v, &m->entry);
    case LAZ_VAULT_STATED:
        return read_stated(v, &m->stated);
    }
    return false;
}

enum laz_status laz_vault_message_read(struct laz_view bytes, struct laz_vault_message *out)
{
    struct laz_vault_message m = {0};
    uint8_t kind;

    if (!laz_take_u8(&bytes, &kind))
        return LAZ_DAMAGED;
    m.kind = (enum laz_vault_message_kind)kind;
    if (!read_body(&bytes, &m) || bytes.len != 0) /* nothing may follow */
        return LAZ_DAMAGED;
    *out = m;
    return LAZ_OK;
}
