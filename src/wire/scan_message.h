/* scan_message.h - what a scan worker and its client say to each other. The client believes nothing
 * that a worker says: a message that breaks the form below is LAZ_DAMAGED and ends the worker. */
#ifndef LAZ_WIRE_SCAN_MESSAGE_H
#define LAZ_WIRE_SCAN_MESSAGE_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_SCAN_MESSAGE_MAX    ((size_t)64 * 1024)
#define LAZ_SCAN_NAME_MAX       255u  /* of a rule, a reason, a kind, a source */
#define LAZ_SCAN_MEMBER_MAX     1024u /* of a path inside an archive */
#define LAZ_SCAN_DETECTIONS_MAX 16u
#define LAZ_SCAN_NOTES_MAX      16u

/* The numbers stand on the wire. */
enum laz_scan_message_kind {
    LAZ_SCAN_HELLO = 1,   /* worker: its box is closed and it waits for jobs */
    LAZ_SCAN_FAILED = 2,  /* worker: it cannot work, and why; it ends */
    LAZ_SCAN_JOB = 3,     /* client, with one descriptor */
    LAZ_SCAN_COMPARE = 4, /* client, with two descriptors: old, new */
    LAZ_SCAN_VERDICT = 5, /* worker */
    LAZ_SCAN_CHANGE = 6,  /* worker */
};

struct laz_scan_job_message {
    uint64_t job;
    uint64_t bytes_max, objects_max; /* of the whole tree of objects */
    uint32_t depth_max, time_max_ms;
    bool want_sha256;     /* of the object itself, also when nothing is found */
    struct laz_view path; /* as people know the object, for rules; its end when it is long */
};

struct laz_scan_hello_message {
    bool no_new_privs, seccomp, identity_dropped;
    uint32_t landlock_abi;
    uint64_t rule_count, hash_count; /* of the database; 0 without one */
};

struct laz_scan_failed_message {
    uint8_t status; /* of enum laz_status */
    struct laz_view what, why, remedy;
};

struct laz_scan_detection_message {
    struct laz_view name, kind, member, source, about, attack;
};

/* A part that was not read, and why. */
struct laz_scan_note_message {
    struct laz_view member, reason, type;
};

struct laz_scan_verdict_message {
    uint64_t job;
    uint8_t kind;
    struct laz_view reason, type;
    uint64_t size, read, skipped;
    uint32_t objects, notes_dropped;
    bool has_sha256;
    uint8_t sha256[32];
    uint32_t detection_count, note_count;
    struct laz_scan_detection_message detections[LAZ_SCAN_DETECTIONS_MAX];
    struct laz_scan_note_message notes[LAZ_SCAN_NOTES_MAX];
};

struct laz_scan_change_message {
    uint64_t job, old_size, new_size;
    double old_entropy, new_entropy, new_entropy_max, new_chi2, encrypted_share, similarity;
    struct laz_view old_type, new_type;
    bool old_known_type, new_known_type, header_only;
};

struct laz_scan_message {
    enum laz_scan_message_kind kind;
    union {
        struct laz_scan_job_message job;
        struct laz_scan_hello_message hello;
        struct laz_scan_failed_message failed;
        uint64_t compare; /* the job */
        struct laz_scan_verdict_message verdict;
        struct laz_scan_change_message change;
    };
};

/* Adds m to out. Text that is too long is cut: a name keeps its start, a member its end. */
LAZ_CHECKED enum laz_status laz_scan_message_write(const struct laz_scan_message *m,
                                                   struct laz_buf *out);
/* The views of *out are borrowed from bytes. */
LAZ_CHECKED enum laz_status laz_scan_message_read(struct laz_view bytes,
                                                  struct laz_scan_message *out);

#endif
