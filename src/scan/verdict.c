#include "scan/verdict.h"

#include <string.h>

static const char *const reasons[LAZ_REASONS] = {
    [LAZ_REASON_NONE] = "",
    [LAZ_REASON_DETECTED] = "detected",
    [LAZ_REASON_ENCRYPTED] = "encrypted",
    [LAZ_REASON_LIMIT_BYTES] = "limit-bytes",
    [LAZ_REASON_LIMIT_DEPTH] = "limit-depth",
    [LAZ_REASON_LIMIT_OBJECTS] = "limit-objects",
    [LAZ_REASON_LIMIT_TIME] = "limit-time",
    [LAZ_REASON_DAMAGED] = "damaged",
    [LAZ_REASON_TOO_LARGE] = "too-large",
    [LAZ_REASON_TIMED_OUT] = "timed-out",
    [LAZ_REASON_WORKER_DIED] = "worker-died",
    [LAZ_REASON_UNREADABLE] = "unreadable",
    [LAZ_REASON_UNSUPPORTED] = "unsupported",
    [LAZ_REASON_NO_DATABASE] = "no-database",
};

const char *laz_verdict_kind_name(enum laz_verdict_kind kind)
{
    switch (kind) {
    case LAZ_CLEAN:
        return "clean";
    case LAZ_SUSPICIOUS:
        return "suspicious";
    case LAZ_MALICIOUS:
        return "malicious";
    case LAZ_INCOMPLETE:
        return "incomplete";
    }
    return "incomplete";
}

static int severity(enum laz_verdict_kind kind)
{
    switch (kind) {
    case LAZ_CLEAN:
        return 0;
    case LAZ_INCOMPLETE:
        return 1;
    case LAZ_SUSPICIOUS:
        return 2;
    case LAZ_MALICIOUS:
        return 3;
    }
    return 1;
}

enum laz_verdict_kind laz_verdict_worse(enum laz_verdict_kind a, enum laz_verdict_kind b)
{
    return severity(a) >= severity(b) ? a : b;
}

const char *laz_reason_name(enum laz_reason reason)
{
    LAZ_ASSERT((size_t)reason < LAZ_REASONS);
    return reasons[reason];
}

const char *laz_reason_find(struct laz_view v)
{
    for (size_t i = 0; i < LAZ_REASONS; i++)
        if (laz_view_equal_text(v, reasons[i]))
            return reasons[i];
    return NULL;
}

void laz_verdict_init(struct laz_verdict *v)
{
    memset(v, 0, offsetof(struct laz_verdict, detections));
    v->reason = reasons[LAZ_REASON_NONE];
}

void laz_verdict_init_incomplete(struct laz_verdict *v, enum laz_reason reason)
{
    laz_verdict_init(v);
    v->kind = LAZ_INCOMPLETE;
    v->reason = laz_reason_name(reason);
}

static void put_start(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = 0;
}

static void put_end(char *out, size_t size, struct laz_view v)
{
    put_start(out, size, v.len < size ? v : laz_view_from_offset(v, v.len - (size - 1)));
}

/* How much of the object a reason may concern: a limit ends everything, a closed member itself. */
static int weight(enum laz_reason reason)
{
    switch (reason) {
    case LAZ_REASON_NONE:
        return 0;
    case LAZ_REASON_UNSUPPORTED:
        return 1;
    case LAZ_REASON_DAMAGED:
        return 2;
    case LAZ_REASON_ENCRYPTED:
        return 3;
    case LAZ_REASON_TOO_LARGE:
    case LAZ_REASON_LIMIT_DEPTH:
        return 4;
    case LAZ_REASON_LIMIT_BYTES:
    case LAZ_REASON_LIMIT_OBJECTS:
    case LAZ_REASON_LIMIT_TIME:
        return 5;
    case LAZ_REASON_DETECTED:
    case LAZ_REASON_TIMED_OUT:
    case LAZ_REASON_WORKER_DIED:
    case LAZ_REASON_UNREADABLE:
    case LAZ_REASON_NO_DATABASE:
        return 6;
    }
    return 0;
}

/* The reason is that of the worst thing seen; of equally bad ones the heaviest, then the first. */
static void fold(struct laz_verdict *v, enum laz_verdict_kind kind, enum laz_reason reason)
{
    enum laz_verdict_kind worse = laz_verdict_worse(v->kind, kind);

    if (worse != v->kind || (kind == worse && weight(reason) > v->reason_weight)) {
        v->reason = laz_reason_name(reason);
        v->reason_weight = weight(reason);
    }
    v->kind = worse;
}

struct laz_detection *laz_verdict_add_detection(struct laz_verdict *v, const char *name,
                                                const char *kind, const char *source,
                                                struct laz_view member, bool suspicious)
{
    struct laz_detection *d;

    fold(v, suspicious ? LAZ_SUSPICIOUS : LAZ_MALICIOUS, LAZ_REASON_DETECTED);
    if (v->detection_count == LAZ_VERDICT_DETECTIONS_MAX)
        return NULL;
    d = &v->detections[v->detection_count++];
    put_start(d->name, sizeof d->name, laz_view_of(name));
    put_start(d->kind, sizeof d->kind, laz_view_of(kind));
    put_start(d->source, sizeof d->source, laz_view_of(source));
    put_end(d->member, sizeof d->member, member);
    d->about[0] = d->attack[0] = 0;
    return d;
}

void laz_detection_explain(struct laz_detection *d, struct laz_view about, struct laz_view attack)
{
    put_start(d->about, sizeof d->about, about);
    put_start(d->attack, sizeof d->attack, attack);
}

void laz_verdict_add_note(struct laz_verdict *v, enum laz_reason reason, struct laz_view member,
                          const char *type)
{
    struct laz_note *n;

    fold(v, LAZ_INCOMPLETE, reason);
    if (v->note_count == LAZ_VERDICT_NOTES_MAX) {
        v->notes_dropped += v->notes_dropped < UINT32_MAX;
        return;
    }
    n = &v->notes[v->note_count++];
    n->reason = laz_reason_name(reason);
    put_start(n->type, sizeof n->type, laz_view_of(type));
    put_end(n->member, sizeof n->member, member);
}
