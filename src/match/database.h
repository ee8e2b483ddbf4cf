/* database.h - the compiled, immutable form of all detection content: one image of page-aligned
 * sections that hold offsets and no pointers. Opening it checks every offset and each section's
 * checksum as if the file were hostile; afterwards it is only read, and shared by whoever maps it.
 */
#ifndef LAZ_MATCH_DATABASE_H
#define LAZ_MATCH_DATABASE_H

#include "base/status.h"
#include "base/view.h"
#include "match/value.h"

struct laz_database;

/* What `lazaret db info` prints. Text is borrowed from the database. */
struct laz_database_info {
    uint32_t format_version;
    uint64_t built_ms;    /* Unix time */
    uint64_t rule_count;  /* rules with a body: YARA and .ndb */
    uint64_t hash_count;  /* digests of files, sections and imports */
    uint64_t list_count;  /* URLs, hosts and addresses */
    uint64_t allow_count; /* of all of those that are known to be clean */
    uint64_t atom_count;
    uint32_t source_count;
    const char *name;     /* of the pack set, "" when none was given */
    const char *platform; /* that the matcher was compiled for */
};

/* What became of a source's entries. */
enum laz_source_fate {
    LAZ_SOURCE_TAKEN,
    LAZ_SOURCE_OTHER_LEVEL, /* they are for other engines */
    LAZ_SOURCE_IGNORED,     /* by their names */
    LAZ_SOURCE_UNWANTED,    /* of unwanted programs, for which nobody asked */
    LAZ_SOURCE_UNSUPPORTED,
    LAZ_SOURCE_WRONG,
    LAZ_SOURCE_ENDED, /* revoked, over, or not meant to be looked for */
    LAZ_SOURCE_FATES
};
const char *laz_source_fate_name(enum laz_source_fate fate); /* "taken", "for other engines", … */

/* A file that the database was built from. */
struct laz_database_source {
    const char *name;
    uint32_t fates[LAZ_SOURCE_FATES];
    const uint8_t *sha256; /* of its content; NULL when whoever built it did not say */
    bool is_unsigned;      /* a pack that carries no signature, or a list from one */
};

/* Checks image and takes it as a database. image is borrowed for the database's life and must stay
 * unchanged and aligned to 64 bytes. LAZ_DAMAGED when anything does not fit, LAZ_VERSION when it
 * was made by another version or for another processor; the error says how to build it anew.
 *
 * Every number, record and program of ours is checked so that no content, with whatever checksums,
 * can lead outside the image or run without end. The one part that cannot be checked so is the
 * Vectorscan matcher inside: its head, its length and its checksum are. So a database comes only
 * from `lazaret-compile`, belongs to root, and is matched in a sandbox all the same. */
LAZ_CHECKED enum laz_status laz_database_open(struct laz_view image, struct laz_database **out,
                                              struct laz_error *err);
/* Sums also the sections that are too large to be summed at each opening: once, when a database was
 * built and when it is installed. False when one is damaged. */
bool laz_database_verify(const struct laz_database *db, struct laz_view image);
void laz_database_free(struct laz_database *db);
void laz_database_drop(struct laz_database **db);
void laz_database_info_get(const struct laz_database *db, struct laz_database_info *out);
/* Whose fields conditions ask for: bits 1 << enum laz_module (match/fields.h). */
unsigned laz_database_modules(const struct laz_database *db);
/* The modules that rules import, in their order, each once: *count of them (enum laz_module). */
const uint8_t *laz_database_imports(const struct laz_database *db, size_t *count);
/* index is below source_count. */
void laz_database_source_get(const struct laz_database *db, uint32_t index,
                             struct laz_database_source *out);

/* The digests by which content is known. */
enum laz_digest_kind { LAZ_DIGEST_MD5, LAZ_DIGEST_SHA1, LAZ_DIGEST_SHA256, LAZ_DIGEST_KINDS };
#define LAZ_DIGEST_SIZE_MAX 32
size_t laz_digest_size(enum laz_digest_kind kind); /* 16, 20, 32 */

/* A rule or hash that fired. All text is borrowed from the database. */
struct laz_hit {
    const char *name;       /* "Win.Test.EICAR_HDB-1" */
    const char *kind;       /* "hash", "body" or "yara" */
    const char *source;     /* file of the pack that it came from: "testfiles.hdb" */
    const char *tags;       /* blank separated, may be "" */
    const char *name_space; /* of the rule, may be "" or NULL */
    bool is_rule;           /* and no hash or other entry of a list */
    uint32_t rule;          /* its number then */
};

/* All rules that have a body or a condition, in the order of their sources, as they would fire.
 * True when the rule is shown to people; one that is private is not. index is below the count. */
uint32_t laz_database_rule_count(const struct laz_database *db);
bool laz_database_rule_get(const struct laz_database *db, uint32_t index, struct laz_hit *out);

/* What a rule says of itself: name = value. */
struct laz_meta {
    const char *name;
    bool is_truth;          /* the number 0 or 1 is false or true */
    struct laz_value value; /* a number or a text */
};
uint32_t laz_database_meta_count(const struct laz_database *db, uint32_t rule);
/* index is below the count. */
void laz_database_meta_get(const struct laz_database *db, uint32_t rule, uint32_t index,
                           struct laz_meta *out);

#endif
