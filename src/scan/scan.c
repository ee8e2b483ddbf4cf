#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>

#include "scan/scan_priv.h"
#include "sign/digest.h"

enum laz_status laz_scanner_new(const struct laz_database *db, laz_clock_fn *clock,
                                struct laz_scanner **out, struct laz_error *err)
{
    LAZ_OWNED(laz_scanner_drop) struct laz_scanner *s = calloc(1, sizeof *s);
    enum laz_status status;

    if (s == NULL)
        return laz_fail(err, LAZ_NOMEM, "scanner", "", "no memory", "");
    laz_digest_init();
    s->db = db;
    s->clock = clock;
    status = laz_matcher_new(db, &s->matcher, err);
    if (status != LAZ_OK)
        return status;
    if (laz_modules_new(&s->modules) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "scanner", "", "no memory", "");
    /* Without the table of file types the module magic knows nothing: no reason not to scan. */
    if ((laz_database_modules(db) & 1u << LAZ_MODULE_MAGIC) != 0)
        laz_ignore(laz_modules_load_magic(s->modules, NULL));
    *out = laz_move(s);
    return LAZ_OK;
}

void laz_scanner_tell_time(struct laz_scanner *s, int64_t now_s)
{
    s->now_s = now_s;
}

void laz_scanner_free(struct laz_scanner *s)
{
    if (s == NULL)
        return;
    laz_matcher_free(s->matcher);
    laz_modules_free(s->modules);
    free(s);
}

void laz_scanner_drop(struct laz_scanner **s)
{
    laz_scanner_free(*s);
    *s = NULL;
}

struct laz_view laz_scanner_path(const struct laz_scanner *s)
{
    return laz_view_from(s->path, s->path_len);
}

void laz_scanner_note(struct laz_scanner *s, enum laz_reason reason, const char *type)
{
    laz_verdict_add_note(s->verdict, reason, laz_scanner_path(s), type);
}

static void add_sha256(struct laz_verdict *v, struct laz_view bytes)
{
    v->has_sha256 = laz_digest(LAZ_SHA256, bytes, v->sha256) == LAZ_OK;
}

void laz_scan(struct laz_scanner *s, struct laz_view bytes, uint64_t size,
              const struct laz_scan_limits *limits, struct laz_verdict *out)
{
    const char *type = laz_identify(bytes)->name;
    bool whole = bytes.len == size;

    LAZ_ASSERT(bytes.len <= size);
    laz_verdict_init(out);
    s->verdict = out;
    s->name = laz_view_of(limits->path);
    out->size = size;
    memcpy(out->type, type, strlen(type) + 1);
    laz_budget_start(&s->budget, limits, s->clock);
    laz_tree_judge(s, bytes);
    if (!whole) {
        s->path_len = 0;
        laz_scanner_note(s, LAZ_REASON_TOO_LARGE, type);
        out->skipped += size - bytes.len;
    }
    if (whole && (limits->want_sha256 || out->kind == LAZ_MALICIOUS || out->kind == LAZ_SUSPICIOUS))
        add_sha256(out, bytes);
    s->verdict = NULL;
}
