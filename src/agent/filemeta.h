/* filemeta.h - what a file is besides its content: owner, mode, times, inode flags, and all
 * extended attributes, of which POSIX ACLs and capabilities are some. Read from one file, kept as
 * bytes, given to another. */
#ifndef LAZ_AGENT_FILEMETA_H
#define LAZ_AGENT_FILEMETA_H

#include <sys/stat.h>

#include "base/buf.h"
#include "base/status.h"

#define LAZ_FILE_META_MAX ((size_t)1024 * 1024) /* of its encoded form */

struct laz_file_time {
    int64_t s;
    uint32_t ns;
};

struct laz_file_meta {
    uint32_t mode; /* permission bits with set-id and sticky, without the type */
    uint32_t uid, gid;
    uint32_t flags; /* of the inode that chattr knows and that are kept: immutable, append, … */
    struct laz_file_time accessed, modified;
    struct laz_buf attributes; /* each: u16le name_len, u32le value_len, name, value */
};

void laz_file_meta_init(struct laz_file_meta *m);
void laz_file_meta_clear(struct laz_file_meta *m); /* also for LAZ_OWNED */

/* st is that of fd before its content was read, so that the time of access is the old one.
 * LAZ_LIMIT when the attributes are larger than LAZ_FILE_META_MAX. */
LAZ_CHECKED enum laz_status laz_file_meta_read(int fd, const struct stat *st,
                                               struct laz_file_meta *out, struct laz_error *err);
/* Gives fd (open for writing) all of m but its flags, and takes attributes away that m has not.
 * Times come last: write nothing afterwards. */
LAZ_CHECKED enum laz_status laz_file_meta_apply(int fd, const struct laz_file_meta *m,
                                                struct laz_error *err);
/* The flags: only once the file has its name, because an immutable file gets none. */
LAZ_CHECKED enum laz_status laz_file_flags_apply(int fd, const struct laz_file_meta *m,
                                                 struct laz_error *err);

/* Adds the encoded form. The buffer's own mark says whether it fits. */
void laz_file_meta_write(const struct laz_file_meta *m, struct laz_buf *out);
/* From hostile bytes: all of v, nothing may follow. *out is initialised; on success it owns a copy.
 */
LAZ_CHECKED enum laz_status laz_file_meta_parse(struct laz_view v, struct laz_file_meta *out);

/* Takes inode flags off that forbid changing or removing fd's file. True when there were none or
 * they are off now. */
bool laz_file_flags_lift(int fd);

#endif
