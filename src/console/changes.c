#include "console/changes.h"

/* The last places are kept, one for each kind, for "something more of this kind". */
#define SPARE 8

static bool find(const struct laz_changes *c, int64_t organisation_id, enum laz_change_kind kind,
                 int64_t id, size_t *at)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].organisation_id != organisation_id || c->items[i].kind != kind)
            continue;
        if (c->items[i].id != id && kind != LAZ_CHANGED_EVENT)
            continue;
        *at = i;
        return true;
    }
    return false;
}

void laz_changes_add(struct laz_changes *c, int64_t organisation_id, enum laz_change_kind kind,
                     int64_t id)
{
    size_t at;

    if (find(c, organisation_id, kind, id, &at)) {
        c->items[at].id = id;
        return;
    }
    if (c->count >= LAZ_CHANGES_MAX - SPARE) {
        id = 0;
        if (c->count == LAZ_CHANGES_MAX || find(c, organisation_id, kind, id, &at))
            return;
    }
    c->items[c->count].organisation_id = organisation_id;
    c->items[c->count].kind = kind;
    c->items[c->count].id = id;
    c->count++;
}
