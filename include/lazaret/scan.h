/* lazaret/scan.h - scan files from a program of yours. The bytes are read by sandboxed processes of
 * lazaret-worker; your process never parses them. One scanner belongs to one thread. */
#ifndef LAZARET_SCAN_H
#define LAZARET_SCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lazaret_verdict {
    LAZARET_CLEAN,
    LAZARET_SUSPICIOUS,
    LAZARET_MALICIOUS,
    LAZARET_INCOMPLETE, /* nothing was found, but not everything could be read: see reason */
};

/* Texts live until the next call with the same scanner. */
struct lazaret_result {
    enum lazaret_verdict verdict;
    const char *reason;  /* "", "detected", "encrypted", "limit-bytes"…: see lazaret-scan(1) */
    const char *name;    /* of the first rule that fired, or "" */
    const char *member;  /* path inside the file, or "" for the file itself */
    uint64_t size, read; /* bytes of the file; bytes judged, with what was unpacked */
};

struct lazaret_scanner;

/* worker: the program lazaret-worker; database: a *.lzdb file. NULL on failure: error then holds
 * one line for people. */
struct lazaret_scanner *lazaret_scanner_open(const char *worker, const char *database, char *error,
                                             size_t error_size);
void lazaret_scanner_close(struct lazaret_scanner *scanner); /* accepts NULL */

/* Scans the regular file that fd has open for reading, which stays yours. 0, or -1 when no worker
 * can be started. A worker that dies is a verdict: incomplete, "worker-died". */
int lazaret_scan_fd(struct lazaret_scanner *scanner, int fd, struct lazaret_result *result);

#ifdef __cplusplus
}
#endif

#endif
