/* scan.h - the parts of `lazaret scan`: finding the files, and saying what was found. */
#ifndef LAZ_CLI_SCAN_H
#define LAZ_CLI_SCAN_H

#include "base/status.h"
#include "base/view.h"
#include "scan/verdict.h"

/* A file to scan, open for reading and borrowed. False ends the walk. */
typedef bool laz_walk_file_fn(void *context, const char *path, int fd);
/* A path that could not be read; err says why. */
typedef void laz_walk_error_fn(void *context, const char *path, const struct laz_error *err);

struct laz_walk {
    laz_walk_file_fn *file;
    laz_walk_error_fn *error;
    void *context;
    uint64_t special_count; /* FIFOs, sockets and devices that were passed over */
    uint64_t link_count;    /* symbolic links that were not followed */
};

/* The file at path, or all files below it. A link is followed when it is path itself, never below.
 * False when a callback ended the walk. */
bool laz_walk_path(struct laz_walk *walk, const char *path);

struct laz_scan_summary {
    uint64_t files, clean, suspicious, malicious, incomplete, errors;
    uint64_t bytes_read;
    int64_t elapsed_ms;
};

/* One line of JSON on standard output. */
void laz_scan_print_json(const char *path, const struct laz_verdict *v);
/* Lines for people on standard output; nothing for a clean file unless verbose. */
void laz_scan_print_text(const char *path, const struct laz_verdict *v, bool verbose);
/* On standard error. */
void laz_scan_print_summary(const struct laz_scan_summary *s, const struct laz_walk *walk);

#endif
