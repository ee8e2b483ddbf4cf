/* lazaret/scan.h - judge files, buffers and streams from a program of yours. The bytes are read by
 * a sandboxed process of lazaret-worker; your process never parses them.
 *
 *     char error[LAZARET_ERROR_SIZE];
 *     struct lazaret_scanner *s = lazaret_scanner_open(NULL, "/var/lib/lazaret/content.lzdb",
 *                                                      error, sizeof error);
 *     struct lazaret_result r;
 *
 *     if (s != NULL && lazaret_scan_buffer(s, data, len, &r) == 0 && r.verdict != LAZARET_CLEAN)
 *         lazaret_result_visit(s, &visitor);
 *     lazaret_scanner_close(s);
 *
 * Threads: a scanner and its streams are used by one thread at a time. Threads that scan at the
 * same time open a scanner each; the database's pages are shared by all. The worker ends with the
 * thread that opened its scanner, so that thread must outlive it. A scanner does not survive a
 * fork.
 *
 * Every text is UTF-8 or bytes of the file, ends with NUL, and lives until the next call with the
 * same scanner. What could not be read is never clean: it is incomplete, with a reason.
 *
 * The library changes no signal handler, no locale and no environment, and prints nothing. */
#ifndef LAZARET_SCAN_H
#define LAZARET_SCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LAZARET_API 1  /* grows when something is added; what is here stays as it is */
int lazaret_api(void); /* of the library that runs */
const char *lazaret_version(void);

#define LAZARET_ERROR_SIZE 1200 /* enough for every error */

enum lazaret_verdict {
    LAZARET_CLEAN,
    LAZARET_SUSPICIOUS,
    LAZARET_MALICIOUS,
    LAZARET_INCOMPLETE, /* nothing was found, but not everything could be read: see reason */
};
const char *lazaret_verdict_name(enum lazaret_verdict verdict); /* "clean", … */

struct lazaret_result {
    enum lazaret_verdict verdict;
    const char *reason;  /* "", "detected", "encrypted", "limit-bytes"…: see lazaret-scan(1) */
    const char *name;    /* of the first rule that fired, or "" */
    const char *member;  /* path inside the file, or "" for the file itself */
    uint64_t size, read; /* bytes of the file; bytes judged, with what was unpacked */
};

/* A rule, a hash or an entry of a list that fired. */
struct lazaret_detection {
    const char *name, *kind; /* kind: "yara", "body", "hash", "url", "host", "address"… */
    const char *member;      /* path inside the file, or "" for the file itself */
    const char *source;      /* file of the content that it came from */
    const char *reason;      /* for people, or "" */
    const char *attack;      /* ATT&CK technique, or "" */
};

/* A part that was not read, and why. */
struct lazaret_note {
    const char *member, *reason, *type;
};

/* Each may be NULL. A function that returns another value than 0 ends the visit. */
struct lazaret_visitor {
    int (*detection)(void *context, const struct lazaret_detection *detection);
    int (*note)(void *context, const struct lazaret_note *note);
    void *context;
};

struct lazaret_limits {
    uint64_t bytes_max;   /* unpacked, of one file with all in it */
    uint64_t objects_max; /* members, in all */
    uint32_t depth_max;   /* of objects in objects, at most 64 */
    uint32_t time_max_ms; /* of CPU time */
    uint64_t stream_max;  /* bytes of a stream or buffer that are kept for the worker */
};
/* 512 MiB, 100,000, 16, 10 s, 2 GiB. */
void lazaret_limits_init(struct lazaret_limits *limits);

struct lazaret_scanner;

/* worker: the program lazaret-worker, NULL for the installed one; database: a *.lzdb file. NULL on
 * failure: error then holds one line for people. */
struct lazaret_scanner *lazaret_scanner_open(const char *worker, const char *database, char *error,
                                             size_t error_size);
void lazaret_scanner_close(struct lazaret_scanner *scanner); /* accepts NULL */

/* For the scans that come. 0, or -1 when a number makes no sense: nothing has changed then. */
int lazaret_scanner_set_limits(struct lazaret_scanner *scanner,
                               const struct lazaret_limits *limits);

/* What the scanner's database holds. */
struct lazaret_database {
    uint64_t rules, hashes;
};
void lazaret_scanner_database(const struct lazaret_scanner *scanner,
                              struct lazaret_database *database);

/* Each scan gives 0 and a result, or -1 when no worker can be started or memory ran out. A worker
 * that dies is a verdict: incomplete, "worker-died". */

/* Scans the regular file that fd has open for reading, which stays yours, from its beginning. */
int lazaret_scan_fd(struct lazaret_scanner *scanner, int fd, struct lazaret_result *result);

/* Scans len bytes. They are copied once, into memory that is sealed and shown to the worker. */
int lazaret_scan_buffer(struct lazaret_scanner *scanner, const void *data, size_t len,
                        struct lazaret_result *result);

/* Bytes that come in pieces. They are kept outside of your process's memory until the stream is
 * finished. Of a stream that is longer than stream_max the beginning is judged: when nothing is
 * found there it is incomplete, "too-large". A scanner may have several streams open. */
struct lazaret_stream;
struct lazaret_stream *lazaret_stream_open(struct lazaret_scanner *scanner); /* NULL: no memory */
/* 0; 1 when stream_max is reached and no more need come; -1 when memory ran out. */
int lazaret_stream_feed(struct lazaret_stream *stream, const void *data, size_t len);
/* Judges what came. The stream is closed in any case. */
int lazaret_stream_finish(struct lazaret_stream *stream, struct lazaret_result *result);
void lazaret_stream_close(struct lazaret_stream *stream); /* without a verdict; accepts NULL */

/* Shows every detection and every note of the scanner's last scan. 0, or what a function returned
 * that ended the visit. */
int lazaret_result_visit(const struct lazaret_scanner *scanner,
                         const struct lazaret_visitor *visitor);

#ifdef __cplusplus
}
#endif

#endif
