/* filecopy.h - content from one file to another without giving holes a size. */
#ifndef LAZ_AGENT_FILECOPY_H
#define LAZ_AGENT_FILECOPY_H

#include "base/status.h"
#include "base/view.h"

/* The next run of data of fd at or after *offset and before size. False when only a hole is left.
 * A file system that knows no holes gives one run. */
struct laz_file_run {
    uint64_t offset, len;
};
LAZ_CHECKED enum laz_status laz_file_next_run(int fd, uint64_t offset, uint64_t size,
                                              struct laz_file_run *out, bool *found);

/* Makes the first size bytes of `to` those of `from`, holes as holes: shared blocks where the file
 * system can, else copied inside the kernel, else by hand. `to` is empty or is overwritten: it has
 * exactly size bytes afterwards. A source that is shorter meanwhile gives zeros at its end. The
 * places of both stay. LAZ_LIMIT when the disk is full. */
LAZ_CHECKED enum laz_status laz_file_copy(int from, int to, uint64_t size, bool *cloned,
                                          struct laz_error *err);

/* laz_fail_errno, but a full disk or quota is LAZ_LIMIT. */
LAZ_CHECKED enum laz_status laz_fail_disk(struct laz_error *err, const char *what,
                                          const char *where);

#endif
