/* scan_priv.h - the parts of a scanner. */
#ifndef LAZ_SCAN_SCAN_PRIV_H
#define LAZ_SCAN_SCAN_PRIV_H

#include "format/archive.h"
#include "format/pe.h"
#include "match/known.h"
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
    struct laz_view name;        /* the object's path, outside of which s->path stands */
    struct laz_budget budget;
    struct laz_frame frames[LAZ_SCAN_DEPTH_LIMIT];
    uint32_t depth;
    size_t path_len;
    char path[LAZ_VERDICT_MEMBER_SIZE]; /* of the object that is judged */
    bool done;                          /* found, or a budget is spent */

    /* the object that is judged */
    struct laz_view object;
    uint32_t first_detection; /* of it, in the verdict */
    uint64_t member_size;     /* as its archive says, of one that is not read */
    bool is_encrypted;
    bool is_normal;                    /* what is searched is its normal form (normal.h) */
    bool is_allowed_known, is_allowed; /* that it is known to be clean, once asked */
};

/* object.c: judges the bytes of one object, without what is in it. */
void laz_object_judge(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes);
/* object_links.c: looks up the links in it, when the database lists some. */
void laz_object_find_links(struct laz_scanner *s, const struct laz_type *type,
                           struct laz_view bytes);
/* A laz_hit_fn with the scanner as its context: adds what was found to the verdict. */
bool laz_object_add_hit(void *context, const struct laz_hit *hit);
/* object_parts.c: what is known of the object by digests, of it and of its parts. */
void laz_object_find_digests(struct laz_scanner *s, const struct laz_type *type,
                             struct laz_view bytes);
/* A member that cannot be read: what is known of it without its bytes. */
void laz_object_judge_closed(struct laz_scanner *s, const struct laz_member *member);
bool laz_object_is_allowed(struct laz_scanner *s);
/* object_signer.c: whether it carries a blocked certificate, and whether who signed it is trusted.
 */
bool laz_object_find_blocked(struct laz_scanner *s, const struct laz_pe *pe, struct laz_known *out);
bool laz_object_is_trusted(struct laz_scanner *s);
void laz_object_look_around(const struct laz_scanner *s, const char *types[LAZ_SCAN_DEPTH_LIMIT],
                            struct laz_modules_around *out);
/* object_names.c: what public rules ask of an object's name; a member of an archive has its own.
 * How many there are: none when nobody said a name, so that what rules were built with holds. */
#define LAZ_OBJECT_EXTERNALS 4
size_t laz_object_externals(const struct laz_scanner *s, const struct laz_type *type,
                            struct laz_external_value out[LAZ_OBJECT_EXTERNALS]);
/* tree.c: judges the object and all in it. */
void laz_tree_judge(struct laz_scanner *s, struct laz_view bytes);

struct laz_view laz_scanner_path(const struct laz_scanner *s);
void laz_scanner_note(struct laz_scanner *s, enum laz_reason reason, const char *type);

#endif
