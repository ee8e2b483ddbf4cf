/* changes.h - what a transaction has changed, so that open pages learn of it after the commit. */
#ifndef LAZ_CONSOLE_CHANGES_H
#define LAZ_CONSOLE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum laz_change_kind {
    LAZ_CHANGED_EVENT, /* id: of the last event; one tells of all */
    LAZ_CHANGED_INCIDENT,
    LAZ_CHANGED_ENDPOINT,
    LAZ_CHANGED_QUARANTINE,
};

#define LAZ_CHANGES_MAX 32 /* further ones of a kind are told once, with id 0: read all */

#define LAZ_ALL_ORGANISATIONS 0 /* with id 0, which tells nothing */

struct laz_changes {
    struct {
        enum laz_change_kind kind;
        int64_t organisation_id, id;
    } items[LAZ_CHANGES_MAX];
    size_t count;
};

void laz_changes_add(struct laz_changes *c, int64_t organisation_id, enum laz_change_kind kind,
                     int64_t id);

#endif
