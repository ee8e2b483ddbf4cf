/* watch.h - the kernel's fanotify: who opens, executes, writes and renames below marked folders,
 * and the power to refuse an open. Nothing else in the tree calls fanotify.
 *
 * The process that holds a gate must not open files in marked folders: it would wait for itself.
 * Opening directories and O_PATH raises no event. When the last copy of a gate's descriptor closes,
 * the kernel lets everybody go who waits. */
#ifndef LAZ_SYS_WATCH_H
#define LAZ_SYS_WATCH_H

#include <sys/types.h>

#include "base/status.h"
#include "base/view.h"

/* What this kernel and our rights give. */
struct laz_watch_abilities {
    bool permission;  /* an open can be held and refused */
    bool pre_content; /* FAN_PRE_ACCESS and its class, before content is read (Linux 6.14) */
    bool names;       /* creation, renaming and removal are told with names */
};
void laz_watch_probe(struct laz_watch_abilities *out);

/* A non-blocking gate without marks. */
LAZ_CHECKED enum laz_status laz_watch_gate_open(bool pre_content, int *out, struct laz_error *err);
/* A non-blocking watch for names, without marks. */
LAZ_CHECKED enum laz_status laz_watch_names_open(int *out, struct laz_error *err);

enum laz_watch_scope {
    LAZ_WATCH_DIR,        /* the files in one directory, not those in its subdirectories */
    LAZ_WATCH_FILESYSTEM, /* every file of the directory's file system */
};
/* Marks the directory behind dir_fd (O_PATH is enough). */
LAZ_CHECKED enum laz_status laz_watch_gate_mark(int gate, int dir_fd, enum laz_watch_scope scope,
                                                struct laz_error *err);
LAZ_CHECKED enum laz_status laz_watch_names_mark(int names, int dir_fd, enum laz_watch_scope scope,
                                                 struct laz_error *err);

enum laz_watch_deed {
    LAZ_WATCH_OPEN = 1,   /* waits for laz_watch_answer */
    LAZ_WATCH_EXEC = 2,   /* likewise */
    LAZ_WATCH_CLOSED = 4, /* was open for writing */
};

struct laz_watch_event {
    enum laz_watch_deed deed;
    int fd; /* the callee's: open for reading, raises no events itself */
    pid_t tid;
};
typedef void laz_watch_fn(void *context, const struct laz_watch_event *event);
/* Calls fn for what waits, at most some hundred events. False when the gate is broken. */
bool laz_watch_gate_read(int gate, laz_watch_fn *fn, void *context);
/* Lets the open of event_fd go, or refuses it. event_fd stays the caller's, and stays open until
 * here. */
void laz_watch_answer(int gate, int event_fd, bool allow);

enum laz_watch_name_deed {
    LAZ_WATCH_CREATED = 1,
    LAZ_WATCH_DELETED = 2,
    LAZ_WATCH_RENAMED = 4,
    LAZ_WATCH_MOVED_IN = 8, /* from a directory that is not marked, or beside RENAMED */
};

#define LAZ_WATCH_HANDLE_MAX 128

/* A directory by its handle, and a name in it. */
struct laz_watch_place {
    uint8_t filesystem[8];                    /* as f_fsid of statfs */
    uint8_t handle[LAZ_WATCH_HANDLE_MAX + 8]; /* as struct file_handle */
    struct laz_view name;
};

struct laz_watch_name_event {
    enum laz_watch_name_deed deed;
    bool is_dir;
    pid_t pid;
    struct laz_watch_place old_place; /* RENAMED only */
    struct laz_watch_place place;
};
typedef void laz_watch_name_fn(void *context, const struct laz_watch_name_event *event);
bool laz_watch_names_read(int names, laz_watch_name_fn *fn, void *context);
/* The directory of a place, O_PATH; -1 when it is gone or lies on another file system than
 * mount_fd, a descriptor that is not O_PATH. */
int laz_watch_place_open(int mount_fd, const struct laz_watch_place *place);

#endif
