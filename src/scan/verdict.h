/* verdict.h - what is said of an object and everything in it. */
#ifndef LAZ_SCAN_VERDICT_H
#define LAZ_SCAN_VERDICT_H

#include "base/status.h"
#include "base/view.h"

enum laz_verdict_kind { LAZ_CLEAN, LAZ_SUSPICIOUS, LAZ_MALICIOUS, LAZ_INCOMPLETE };
#define LAZ_VERDICT_KINDS 4
/* "clean", "suspicious", "malicious", "incomplete": stable. */
const char *laz_verdict_kind_name(enum laz_verdict_kind kind);
/* The worse of two: malicious, then suspicious, incomplete, clean. */
enum laz_verdict_kind laz_verdict_worse(enum laz_verdict_kind a, enum laz_verdict_kind b);

/* Why a verdict is what it is. */
enum laz_reason {
    LAZ_REASON_NONE,          /* "": clean */
    LAZ_REASON_DETECTED,      /* "detected" */
    LAZ_REASON_ENCRYPTED,     /* "encrypted" */
    LAZ_REASON_LIMIT_BYTES,   /* "limit-bytes" */
    LAZ_REASON_LIMIT_DEPTH,   /* "limit-depth" */
    LAZ_REASON_LIMIT_OBJECTS, /* "limit-objects" */
    LAZ_REASON_LIMIT_TIME,    /* "limit-time" */
    LAZ_REASON_DAMAGED,       /* "damaged" */
    LAZ_REASON_TOO_LARGE,     /* "too-large": more than fits in a worker's memory */
    LAZ_REASON_TIMED_OUT,     /* "timed-out": the worker had to be stopped */
    LAZ_REASON_WORKER_DIED,   /* "worker-died" */
    LAZ_REASON_UNREADABLE,    /* "unreadable": an error of the disk, or a file cut while read */
    LAZ_REASON_UNSUPPORTED,   /* "unsupported": holds content that nothing here opens */
    LAZ_REASON_NO_DATABASE,   /* "no-database": there was nothing to judge it by */
};
#define LAZ_REASONS 14
const char *laz_reason_name(enum laz_reason reason);
/* The stable word equal to v, which lives for ever; NULL when v is none. */
const char *laz_reason_find(struct laz_view v);

#define LAZ_VERDICT_DETECTIONS_MAX 16u
#define LAZ_VERDICT_NOTES_MAX      16u
#define LAZ_VERDICT_NAME_SIZE      256
#define LAZ_VERDICT_MEMBER_SIZE    1025
#define LAZ_VERDICT_WORD_SIZE      16

struct laz_detection {
    char name[LAZ_VERDICT_NAME_SIZE];
    char kind[LAZ_VERDICT_WORD_SIZE];     /* "hash", "body", "yara", "inspector" */
    char member[LAZ_VERDICT_MEMBER_SIZE]; /* path inside the object; "" for the object itself */
    char source[LAZ_VERDICT_NAME_SIZE];
    char about[LAZ_VERDICT_NAME_SIZE];  /* why, in plain language; "" when nobody said */
    char attack[LAZ_VERDICT_WORD_SIZE]; /* MITRE ATT&CK technique, "T1486"; "" when nobody said */
};

/* A part that was not read. */
struct laz_note {
    char member[LAZ_VERDICT_MEMBER_SIZE];
    const char *reason;               /* a stable word */
    char type[LAZ_VERDICT_WORD_SIZE]; /* as recognised: "pdf"; "" when unknown */
};

struct laz_verdict {
    enum laz_verdict_kind kind;
    const char *reason; /* a stable word; of several the one that concerns most */
    int reason_weight;  /* of that: used while a verdict is put together */
    char type[LAZ_VERDICT_WORD_SIZE];
    uint64_t size; /* of the object itself */
    uint64_t read,
        skipped; /* bytes of it and of all in it; what is skipped may be more than known */
    uint32_t objects;
    bool has_sha256;
    uint8_t sha256[32];
    uint32_t detection_count, note_count, notes_dropped;
    uint32_t allowed; /* finds that were dropped because the object is known to be clean */
    struct laz_detection detections[LAZ_VERDICT_DETECTIONS_MAX];
    struct laz_note notes[LAZ_VERDICT_NOTES_MAX];
};

/* Clean, of nothing. The arrays are not touched: they are valid up to their counts. */
void laz_verdict_init(struct laz_verdict *v);
/* Incomplete for one reason, of nothing that was read: for who could not ask a worker. */
void laz_verdict_init_incomplete(struct laz_verdict *v, enum laz_reason reason);
/* Text that is too long is cut: names keep their start, members their end. The detection, so that
 * the caller may say more of it; NULL when there are too many. */
struct laz_detection *laz_verdict_add_detection(struct laz_verdict *v, const char *name,
                                                const char *kind, const char *source,
                                                struct laz_view member, bool suspicious);
/* What the rule's author says of the detection. */
void laz_detection_explain(struct laz_detection *d, struct laz_view about, struct laz_view attack);
void laz_verdict_add_note(struct laz_verdict *v, enum laz_reason reason, struct laz_view member,
                          const char *type);

#endif
