/* zip.h - what a zip's directory says, against what its bytes are. Some readers follow the
 * directory, others the local headers; where both do not tell the same, content can hide. */
#ifndef LAZ_FORMAT_ZIP_H
#define LAZ_FORMAT_ZIP_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_ZIP_PARTS_MAX   32u
#define LAZ_ZIP_ENTRIES_MAX 1000000u

struct laz_zip_survey {
    uint64_t entry_count; /* different places that the directory names */
    bool contradicts;     /* local headers and directory disagree, or one of them is missing */
    /* From the zip's first byte to the end of its end record, so that every reader finds the one
     * directory that was compared; all of the file when there is none. */
    struct laz_view zip;
    /* Bytes outside of all entries that are content of their own: entries that the directory does
     * not name, another archive before, between or behind. Borrowed from the file. */
    uint32_t part_count;
    struct laz_view parts[LAZ_ZIP_PARTS_MAX];
};

/* The last directory of file: where it is in the file, and where the zip begins that it belongs to.
 * False when there is none. */
struct laz_zip_directory {
    uint64_t start, end; /* of the directory */
    uint64_t base;       /* what offsets count from */
    uint64_t record_end; /* of the end record, without its comment */
    uint16_t comment_len;
    bool split; /* it says that it is one of several files, or counts in two ways */
};
bool laz_zip_find_directory(struct laz_view file, struct laz_zip_directory *out);

/* Compares both. LAZ_NOMEM; *out is then not written. */
LAZ_CHECKED enum laz_status laz_zip_survey(struct laz_view file, struct laz_zip_survey *out);

#endif
