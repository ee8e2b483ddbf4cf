#include "sys/watch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/fd.h"

#define EVENTS_BYTES 8192
#define GATE_FLAGS                                                                                 \
    (FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_TID)
#define NAMES_FLAGS                                                                                \
    (FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_DFID_NAME)
/* Without waiting on FIFOs and without touching the time of access. */
#define EVENT_FILE_FLAGS (O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NONBLOCK | O_NOATIME)
#define GATE_MASK        (FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_CLOSE_WRITE)
#define NAMES_MASK       (FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MOVED_TO | FAN_ONDIR)

/* FAN_PRE_ACCESS of Linux 6.14 (include/uapi/linux/fanotify.h): older headers lack it. */
#define PRE_ACCESS ((uint64_t)0x00100000)

static bool can_init(unsigned flags)
{
    LAZ_OWNED(laz_fd_drop) int fd = fanotify_init(flags, EVENT_FILE_FLAGS);

    return fd >= 0;
}

/* CONFIG_FANOTIFY_ACCESS_PERMISSIONS shows only when a mark is made: one on a pipe's file system,
 * which nobody opens by name. */
static bool can_hold(void)
{
    LAZ_OWNED(laz_fd_drop) int fd = fanotify_init(GATE_FLAGS | FAN_CLASS_CONTENT, EVENT_FILE_FLAGS);
    LAZ_OWNED(laz_fd_drop) int file = memfd_create("probe", MFD_CLOEXEC);
    char path[64];

    if (fd < 0 || file < 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, path) == 0;
}

/* The class is much older than the event that it is for, so the event itself is asked for. A kernel
 * that knows it but not on this file system says so by another error than one that does not. */
static bool can_precede_access(void)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = fanotify_init(GATE_FLAGS | FAN_CLASS_PRE_CONTENT, EVENT_FILE_FLAGS);
    LAZ_OWNED(laz_fd_drop) int file = memfd_create("probe", MFD_CLOEXEC);
    char path[64];

    if (fd < 0 || file < 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return fanotify_mark(fd, FAN_MARK_ADD, PRE_ACCESS, AT_FDCWD, path) == 0 || errno == EOPNOTSUPP;
}

void laz_watch_probe(struct laz_watch_abilities *out)
{
    out->permission = can_hold();
    out->pre_content = out->permission && can_precede_access();
    out->names = can_init(NAMES_FLAGS);
}

enum laz_status laz_watch_gate_open(bool pre_content, int *out, struct laz_error *err)
{
    unsigned class = pre_content ? FAN_CLASS_PRE_CONTENT : FAN_CLASS_CONTENT;
    int fd = fanotify_init(GATE_FLAGS | class, EVENT_FILE_FLAGS);

    if (fd < 0)
        return laz_fail_errno(err, "gate", "fanotify", "run as root on Linux 5.17 or later");
    *out = fd;
    return LAZ_OK;
}

enum laz_status laz_watch_names_open(int *out, struct laz_error *err)
{
    int fd = fanotify_init(NAMES_FLAGS, EVENT_FILE_FLAGS);

    if (fd < 0)
        return laz_fail_errno(err, "gate", "fanotify", "run as root on Linux 5.17 or later");
    *out = fd;
    return LAZ_OK;
}

static enum laz_status mark(int group, int dir_fd, enum laz_watch_scope scope, uint64_t mask,
                            struct laz_error *err)
{
    unsigned flags = FAN_MARK_ADD | (scope == LAZ_WATCH_DIR ? FAN_MARK_INODE | FAN_MARK_ONLYDIR
                                                            : FAN_MARK_FILESYSTEM);
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", dir_fd);
    if (fanotify_mark(group, flags, mask, AT_FDCWD, path) != 0)
        return laz_fail_errno(err, "gate", path, "");
    return LAZ_OK;
}

enum laz_status laz_watch_gate_mark(int gate, int dir_fd, enum laz_watch_scope scope,
                                    struct laz_error *err)
{
    uint64_t mask = GATE_MASK | (scope == LAZ_WATCH_DIR ? FAN_EVENT_ON_CHILD : 0);

    return mark(gate, dir_fd, scope, mask, err);
}

enum laz_status laz_watch_names_mark(int names, int dir_fd, enum laz_watch_scope scope,
                                     struct laz_error *err)
{
    return mark(names, dir_fd, scope, NAMES_MASK, err);
}

/* An event that cannot be opened for us (its file is gone, say) has been refused by the kernel. */
static ssize_t read_events(int group, char *bytes, bool *broken)
{
    ssize_t n;

    do
        n = read(group, bytes, EVENTS_BYTES);
    while (n < 0 && errno == EINTR);
    *broken = n < 0 && (errno == EBADF || errno == EINVAL || errno == EFAULT);
    return n;
}

static void tell(const struct fanotify_event_metadata *m, laz_watch_fn *fn, void *context)
{
    struct laz_watch_event e = {.fd = m->fd, .tid = m->pid};

    if (m->fd < 0)
        return;
    e.deed = (m->mask & FAN_OPEN_EXEC_PERM) != 0 ? LAZ_WATCH_EXEC
             : (m->mask & FAN_OPEN_PERM) != 0    ? LAZ_WATCH_OPEN
                                                 : LAZ_WATCH_CLOSED;
    fn(context, &e);
}

bool laz_watch_gate_read(int gate, laz_watch_fn *fn, void *context)
{
    _Alignas(struct fanotify_event_metadata) char bytes[EVENTS_BYTES];
    bool broken;
    ssize_t n = read_events(gate, bytes, &broken);
    const struct fanotify_event_metadata *m = (const void *)bytes;

    for (; n > 0 && FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n))
        tell(m, fn, context);
    return !broken;
}

void laz_watch_answer(int gate, int event_fd, bool allow)
{
    struct fanotify_response r = {.fd = event_fd, .response = allow ? FAN_ALLOW : FAN_DENY};

    /* ENOENT: who waited was killed meanwhile. */
    laz_ignore(write(gate, &r, sizeof r) != (ssize_t)sizeof r);
}

/* One info record: header, file system id, file handle, name with a NUL. */
static bool take_place(struct laz_view v, struct laz_watch_place *out)
{
    uint32_t handle_bytes;
    struct laz_view handle;
    uint8_t *to = out->handle;

    if (!laz_take_bytes(&v, out->filesystem, sizeof out->filesystem))
        return false;
    if (v.len < sizeof handle_bytes)
        return false;
    memcpy(&handle_bytes, v.data, sizeof handle_bytes);
    if (handle_bytes > LAZ_WATCH_HANDLE_MAX || !laz_take(&v, 8 + (uint64_t)handle_bytes, &handle))
        return false;
    memcpy(to, handle.data, handle.len);
    out->name = laz_view_first(v, laz_view_find_byte(v, 0));
    return true;
}

static void take_infos(struct laz_view v, struct laz_watch_name_event *e)
{
    const size_t header = sizeof(struct fanotify_event_info_header);

    while (v.len >= header) {
        struct fanotify_event_info_header h;
        struct laz_view record;

        memcpy(&h, v.data, header);
        if (h.len < header || !laz_take(&v, h.len, &record))
            return;
        record = laz_view_from_offset(record, header);
        if (h.info_type == FAN_EVENT_INFO_TYPE_OLD_DFID_NAME)
            laz_ignore(!take_place(record, &e->old_place)); /* then its name stays empty */
        else if (h.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME ||
                 h.info_type == FAN_EVENT_INFO_TYPE_NEW_DFID_NAME)
            laz_ignore(!take_place(record, &e->place)); /* likewise */
    }
}

/* record: the event with all its information. */
static void tell_name(const struct fanotify_event_metadata *m, struct laz_view record,
                      laz_watch_name_fn *fn, void *context)
{
    static const struct {
        uint64_t mask;
        enum laz_watch_name_deed deed;
    } deeds[] = {{FAN_CREATE, LAZ_WATCH_CREATED},
                 {FAN_RENAME, LAZ_WATCH_RENAMED},
                 {FAN_MOVED_TO, LAZ_WATCH_MOVED_IN},
                 {FAN_DELETE, LAZ_WATCH_DELETED}};
    struct laz_watch_name_event e = {.is_dir = (m->mask & FAN_ONDIR) != 0, .pid = m->pid};

    take_infos(laz_view_from_offset(record, m->metadata_len), &e);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if ((m->mask & deeds[i].mask) == 0) /* several may come merged into one event */
            continue;
        e.deed = deeds[i].deed;
        fn(context, &e);
    }
}

bool laz_watch_names_read(int names, laz_watch_name_fn *fn, void *context)
{
    _Alignas(struct fanotify_event_metadata) char bytes[EVENTS_BYTES];
    bool broken;
    ssize_t n = read_events(names, bytes, &broken);
    struct laz_view rest = laz_view_from(bytes, n > 0 ? (size_t)n : 0), record;
    struct fanotify_event_metadata m;

    /* Records with names are padded to four bytes, so the next one is copied out to be read. */
    while (laz_view_at(rest, 0, sizeof m, &record)) {
        memcpy(&m, record.data, sizeof m);
        if (m.event_len < sizeof m || !laz_take(&rest, m.event_len, &record))
            break;
        tell_name(&m, record, fn, context);
    }
    return !broken;
}

int laz_watch_place_open(int mount_fd, const struct laz_watch_place *place)
{
    _Alignas(struct file_handle) uint8_t handle[LAZ_WATCH_HANDLE_MAX + 8];
    struct statfs st;

    static_assert(sizeof st.f_fsid == sizeof place->filesystem, "as the kernel reports it");
    if (fstatfs(mount_fd, &st) != 0 ||
        memcmp(&st.f_fsid, place->filesystem, sizeof place->filesystem) != 0)
        return -1;
    memcpy(handle, place->handle, sizeof handle);
    return open_by_handle_at(mount_fd, (struct file_handle *)(void *)handle,
                             O_PATH | O_CLOEXEC | O_DIRECTORY);
}
