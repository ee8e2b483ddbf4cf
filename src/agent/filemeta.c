#include "agent/filemeta.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NS_PER_S 1000000000u
/* Those that people set by chattr and that say how a file may be treated; the rest describes how
 * the file system stores it. */
#define FLAGS_LOCK   (FS_IMMUTABLE_FL | FS_APPEND_FL)
#define FLAGS_KEPT   (FLAGS_LOCK | FS_NODUMP_FL | FS_NOATIME_FL)
#define META_VERSION 1

void laz_file_meta_init(struct laz_file_meta *m)
{
    *m = (struct laz_file_meta){0};
    laz_buf_init(&m->attributes, LAZ_FILE_META_MAX);
}

void laz_file_meta_clear(struct laz_file_meta *m)
{
    laz_buf_clear(&m->attributes);
}

static uint32_t read_flags(int fd)
{
    int flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return 0; /* this file system has none */
    return (uint32_t)flags & FLAGS_KEPT;
}

static bool write_flags(int fd, uint32_t clear, uint32_t set)
{
    int flags = 0, wanted;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return set == 0;
    wanted = (int)(((uint32_t)flags & ~clear) | set);
    return wanted == flags || ioctl(fd, FS_IOC_SETFLAGS, &wanted) == 0;
}

bool laz_file_flags_lift(int fd)
{
    return (read_flags(fd) & FLAGS_LOCK) == 0 || write_flags(fd, FLAGS_LOCK, 0);
}

/* The names of fd's attributes, each with its NUL; *out is the caller's. */
static enum laz_status list_names(int fd, char **out, size_t *len, struct laz_error *err)
{
    char *names = malloc(XATTR_LIST_MAX);
    ssize_t n;

    if (names == NULL)
        return laz_fail(err, LAZ_NOMEM, "attributes", "", "no memory", "");
    n = flistxattr(fd, names, XATTR_LIST_MAX);
    if (n < 0 && errno == ENOTSUP)
        n = 0;
    if (n < 0) {
        free(names);
        return laz_fail_errno(err, "attributes", "", "");
    }
    *out = names;
    *len = (size_t)n;
    return LAZ_OK;
}

static void add_attribute(struct laz_buf *b, struct laz_view name, struct laz_view value)
{
    laz_ignore(laz_buf_add_u16le(b, (uint16_t)name.len)); /* the caller asks laz_buf_failed */
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)value.len));
    laz_ignore(laz_buf_add(b, name));
    laz_ignore(laz_buf_add(b, value));
}

static enum laz_status read_values(int fd, struct laz_view names, struct laz_buf *out,
                                   struct laz_error *err)
{
    uint8_t *value = malloc(XATTR_SIZE_MAX);
    struct laz_view name;
    enum laz_status s = LAZ_OK;

    if (value == NULL)
        return laz_fail(err, LAZ_NOMEM, "attributes", "", "no memory", "");
    while (s == LAZ_OK && laz_take_until(&names, 0, &name)) {
        ssize_t n = fgetxattr(fd, (const char *)name.data, value, XATTR_SIZE_MAX);

        if (n < 0 && errno == ENODATA)
            continue; /* went away meanwhile */
        if (n < 0)
            s = laz_fail_errno(err, "attributes", (const char *)name.data, "");
        else
            add_attribute(out, name, laz_view_from(value, (size_t)n));
    }
    free(value);
    return s;
}

static enum laz_status read_attributes(int fd, struct laz_buf *out, struct laz_error *err)
{
    char *names;
    size_t len;
    enum laz_status s = list_names(fd, &names, &len, err);

    if (s != LAZ_OK)
        return s;
    s = read_values(fd, laz_view_from(names, len), out, err);
    free(names);
    if (s == LAZ_OK && laz_buf_failed(out) != LAZ_OK)
        return laz_fail(err, laz_buf_failed(out), "attributes", "", "are too large", "");
    return s;
}

enum laz_status laz_file_meta_read(int fd, const struct stat *st, struct laz_file_meta *out,
                                   struct laz_error *err)
{
    struct laz_file_meta m;
    enum laz_status s;

    laz_file_meta_init(&m);
    m.mode = st->st_mode & 07777u;
    m.uid = st->st_uid;
    m.gid = st->st_gid;
    m.flags = read_flags(fd);
    m.accessed = (struct laz_file_time){st->st_atim.tv_sec, (uint32_t)st->st_atim.tv_nsec};
    m.modified = (struct laz_file_time){st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec};
    s = read_attributes(fd, &m.attributes, err);
    if (s != LAZ_OK) {
        laz_file_meta_clear(&m);
        return s;
    }
    *out = m;
    return LAZ_OK;
}

static bool take_attribute(struct laz_view *v, struct laz_view *name, struct laz_view *value)
{
    uint16_t name_len;
    uint32_t value_len;

    return laz_take_u16le(v, &name_len) && laz_take_u32le(v, &value_len) &&
           laz_take(v, name_len, name) && laz_take(v, value_len, value);
}

static bool has_attribute(struct laz_view attributes, struct laz_view wanted)
{
    struct laz_view name, value;

    while (take_attribute(&attributes, &name, &value))
        if (laz_view_equal(name, wanted))
            return true;
    return false;
}

/* A new file gets attributes of its own: default ACLs of the folder, a label. A label that the
 * system insists on may stay. */
static enum laz_status remove_others(int fd, struct laz_view wanted, struct laz_error *err)
{
    char *names;
    size_t len;
    enum laz_status s = list_names(fd, &names, &len, err);
    struct laz_view rest, name;

    if (s != LAZ_OK)
        return s;
    rest = laz_view_from(names, len);
    while (s == LAZ_OK && laz_take_until(&rest, 0, &name)) {
        const char *text = (const char *)name.data;

        if (!has_attribute(wanted, name) && fremovexattr(fd, text) != 0 && errno != ENODATA &&
            strncmp(text, "security.", 9) != 0)
            s = laz_fail_errno(err, "attributes", text, "");
    }
    free(names);
    return s;
}

static bool value_is(int fd, const char *name, struct laz_view value)
{
    uint8_t *now = malloc(XATTR_SIZE_MAX);
    ssize_t n = now == NULL ? -1 : fgetxattr(fd, name, now, XATTR_SIZE_MAX);
    bool same = n >= 0 && laz_view_equal(laz_view_from(now, (size_t)n), value);

    free(now);
    return same;
}

static enum laz_status set_attribute(int fd, struct laz_view name, struct laz_view value,
                                     struct laz_error *err)
{
    char text[XATTR_NAME_MAX + 1];

    LAZ_ASSERT(name.len > 0 && name.len < sizeof text); /* parsing and reading see to it */
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (fsetxattr(fd, text, value.data == NULL ? (const void *)"" : value.data, value.len, 0) == 0)
        return LAZ_OK;
    if (value_is(fd, text, value)) /* may not be set, but is right: a label */
        return LAZ_OK;
    return laz_fail_errno(err, "attributes", text,
                          "put it on a file system with the same kinds of attributes, as root");
}

static enum laz_status apply_attributes(int fd, struct laz_view attributes, struct laz_error *err)
{
    struct laz_view name, value;
    enum laz_status s = remove_others(fd, attributes, err);

    while (s == LAZ_OK && take_attribute(&attributes, &name, &value))
        s = set_attribute(fd, name, value, err);
    return s;
}

static enum laz_status apply_owner(int fd, const struct laz_file_meta *m, struct laz_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return laz_fail_errno(err, "owner", "", "");
    if ((st.st_uid != m->uid || st.st_gid != m->gid) && fchown(fd, m->uid, m->gid) != 0)
        return laz_fail_errno(err, "owner", "", "do it as root");
    if (fchmod(fd, m->mode) != 0) /* after the owner: changing that takes set-id bits away */
        return laz_fail_errno(err, "mode", "", "do it as root");
    return LAZ_OK;
}

enum laz_status laz_file_meta_apply(int fd, const struct laz_file_meta *m, struct laz_error *err)
{
    const struct timespec times[2] = {{m->accessed.s, m->accessed.ns},
                                      {m->modified.s, m->modified.ns}};
    enum laz_status s = apply_owner(fd, m, err);

    if (s == LAZ_OK) /* after the mode: an ACL says it more exactly */
        s = apply_attributes(fd, laz_buf_view(&m->attributes), err);
    if (s != LAZ_OK)
        return s;
    if (futimens(fd, times) != 0)
        return laz_fail_errno(err, "times", "", "");
    return LAZ_OK;
}

enum laz_status laz_file_flags_apply(int fd, const struct laz_file_meta *m, struct laz_error *err)
{
    if (!write_flags(fd, FLAGS_KEPT & ~m->flags, m->flags))
        return laz_fail_errno(err, "flags", "", "do it as root");
    return LAZ_OK;
}

static void add_time(struct laz_buf *b, struct laz_file_time t)
{
    laz_ignore(laz_buf_add_u64le(b, (uint64_t)t.s)); /* the caller asks laz_buf_failed */
    laz_ignore(laz_buf_add_u32le(b, t.ns));
}

void laz_file_meta_write(const struct laz_file_meta *m, struct laz_buf *out)
{
    laz_ignore(laz_buf_add_u8(out, META_VERSION)); /* the caller asks laz_buf_failed */
    laz_ignore(laz_buf_add_u32le(out, m->mode));
    laz_ignore(laz_buf_add_u32le(out, m->uid));
    laz_ignore(laz_buf_add_u32le(out, m->gid));
    laz_ignore(laz_buf_add_u32le(out, m->flags));
    add_time(out, m->accessed);
    add_time(out, m->modified);
    laz_ignore(laz_buf_add(out, laz_buf_view(&m->attributes)));
}

static bool take_time(struct laz_view *v, struct laz_file_time *out)
{
    uint64_t s;

    if (!laz_take_u64le(v, &s) || !laz_take_u32le(v, &out->ns) || out->ns >= NS_PER_S)
        return false;
    out->s = (int64_t)s;
    return true;
}

static bool attributes_are_sound(struct laz_view v)
{
    struct laz_view name, value;

    while (v.len > 0)
        if (!take_attribute(&v, &name, &value) || name.len == 0 || name.len > XATTR_NAME_MAX ||
            laz_view_find_byte(name, 0) != name.len || value.len > XATTR_SIZE_MAX)
            return false;
    return true;
}

static bool take_numbers(struct laz_view *v, struct laz_file_meta *m)
{
    uint8_t version;

    return laz_take_u8(v, &version) && version == META_VERSION && laz_take_u32le(v, &m->mode) &&
           laz_take_u32le(v, &m->uid) && laz_take_u32le(v, &m->gid) &&
           laz_take_u32le(v, &m->flags) && take_time(v, &m->accessed) &&
           take_time(v, &m->modified) && (m->mode & ~07777u) == 0 && (m->flags & ~FLAGS_KEPT) == 0;
}

enum laz_status laz_file_meta_parse(struct laz_view v, struct laz_file_meta *out)
{
    struct laz_file_meta m;
    enum laz_status s;

    laz_file_meta_init(&m);
    if (!take_numbers(&v, &m) || !attributes_are_sound(v))
        return LAZ_DAMAGED;
    s = laz_buf_add(&m.attributes, v);
    if (s != LAZ_OK) {
        laz_file_meta_clear(&m);
        return s;
    }
    *out = m;
    return LAZ_OK;
}
