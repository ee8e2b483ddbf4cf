/* scan_priv.h - the parts of a scanner. */
#ifndef LAZ_SCAN_SCAN_PRIV_H
#define LAZ_SCAN_SCAN_PRIV_H

#include "format/archive.h"
#include "match/matcher.h"
#include "scan/modules.h"
#include "scan/scan.h"

/* An archive that is being read, and the member of it that is in memory. */
struct laz_frame {
    struct laz_archive *archive;
    const struct laz_type *type;
    size_t path_len; /* of the archive's own path */
    uint64_t member_count;
    uint8_t *data; /* owned */
    size_t len, capacity;
    struct laz_view bytes; /* of the archive */
    bool is_tape;          /* a stream whose content is read as a tape */
    bool has_rest;         /* of a member that did not fit */
};

struct laz_scanner {
    const struct laz_database *db;
    struct laz_matcher *matcher;
    struct laz_modules *modules;
    laz_clock_fn *clock;
    int64_t now_s;               /* Unix time, for rules */
    struct laz_verdict *verdict; /* of the scan that runs */
    struct laz_budget budget;
    struct laz_frame frames[LAZ_SCAN_DEPTH_LIMIT];
    uint32_t depth;
    size_t path_len;
    char path[LAZ_VERDICT_MEMBER_SIZE]; /* of the object that is judged */
    bool done;                          /* found, or a budget is spent */
};

/* object.c: judges the bytes of one object, without what is in it. */
void laz_object_judge(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes);
/* object_links.c: looks up the links in it, when the database lists some. */
void laz_object_find_links(struct laz_scanner *s, const struct laz_type *type,
                           struct laz_view bytes);
/* tree.c: judges the object and all in it. */
void laz_tree_judge(struct laz_scanner *s, struct laz_view bytes);

struct laz_view laz_scanner_path(const struct laz_scanner *s);
void laz_scanner_note(struct laz_scanner *s, enum laz_reason reason, const char *type);

#endif
