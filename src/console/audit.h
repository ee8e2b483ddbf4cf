/* audit.h - who did what, when: a log of each organisation that only grows. Each entry's hash
 * covers the entry and the hash before it, so a changed, removed or inserted entry breaks the chain
 * from there on. Whoever keeps a copy of the last hash can also tell whether the end was cut off.
 */
#ifndef LAZ_CONSOLE_AUDIT_H
#define LAZ_CONSOLE_AUDIT_H

#include "console/json_out.h"
#include "console/scope.h"

#define LAZ_AUDIT_HASH_SIZE 32
#define LAZ_AUDIT_TEXT_MAX  512 /* longer texts are cut before they are written and hashed */

struct laz_audit_entry {
    const char *who; /* an account's name, "root" for a local administrator, "console" for itself */
    const char *verb;   /* a stable code: "incident.closed" */
    const char *object; /* an id or a path */
    const char *detail; /* never a secret, never a patient's name */
};

/* Adds an entry now. Inside the caller's transaction when one is open: what is done and its entry
 * are stored together. */
LAZ_CHECKED enum laz_status laz_audit_add(struct laz_db *db, struct laz_scope scope,
                                          const struct laz_audit_entry *entry,
                                          struct laz_error *err);

struct laz_audit_check {
    const char *wanted; /* in: a hash in hexadecimal that the chain should hold, or NULL */
    bool wanted_found;
    int64_t entries;
    uint8_t head[LAZ_AUDIT_HASH_SIZE]; /* zeroes when there is none */
};

/* Walks the chain of one organisation. LAZ_DAMAGED names the first entry that does not fit. Apart
 * from wanted, *out is only written on success. */
LAZ_CHECKED enum laz_status laz_audit_verify(struct laz_db *db, struct laz_scope scope,
                                             struct laz_audit_check *out, struct laz_error *err);

/* {"items":[…],"next":N|null}, newest first, of those before entry `after` (0: from the newest). */
LAZ_CHECKED enum laz_status laz_audit_list(struct laz_db *db, struct laz_scope scope, int64_t after,
                                           int64_t limit, struct laz_json_out *out,
                                           struct laz_error *err);

#endif
