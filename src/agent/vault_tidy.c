#include <sys/stat.h>

#include "agent/vault_priv.h"
#include "base/number.h"
#include "sys/fd.h"

#define FOLD_MIN      (4 * MIB) /* a smaller journal is not worth it */
#define RECORD_LIVE   256       /* bytes that an entry takes in the journal, mostly */
#define IDLE_MS       (INT64_C(3600) * 1000)
#define EVICT_AT_ONCE 1000 /* of a tidying, so that nobody waits long for it */

static bool may_age(const struct laz_vault_item *i)
{
    return i->actor == NULL || (!i->actor->suspect && !i->actor->rolling);
}

static enum laz_status evict_old(struct laz_vault *v, struct laz_vault_item *oldest,
                                 int64_t before_ms, struct laz_error *err)
{
    uint32_t count = 0;
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK && oldest != NULL && count < EVICT_AT_ONCE) {
        struct laz_vault_item *newer = oldest->newer;

        if (oldest->kept_ms < before_ms && may_age(oldest)) {
            s = laz_vault_evict(v, oldest, err);
            count++;
        } else if (oldest->kept_ms >= before_ms && oldest->actor != NULL) {
            break; /* all that follow are younger */
        }
        oldest = newer;
    }
    return s;
}

static void release_idle(struct laz_vault *v, int64_t before_ms)
{
    for (uint32_t i = 0; i < v->index.actors.count; i++) {
        for (struct laz_vault_actor *a = v->index.actors.heads[i], *next; a != NULL; a = next) {
            next = a->next;
            if (a->entries == 0 && a->seen_ms < before_ms)
                laz_vault_actor_release(&v->index, a);
        }
    }
}

/* Whether the record still says something. */
static bool is_live(const struct laz_vault *v, const struct laz_vault_record *r, uint64_t at,
                    bool *trusted)
{
    const struct laz_vault_item *item;
    const struct laz_vault_actor *a;

    switch (r->kind) {
    case LAZ_VAULT_RECORD_KEPT:
        item = laz_vault_item_by_number(&v->index, r->entry);
        *trusted = item != NULL && item->actor == NULL;
        return item != NULL && item->at == at;
    case LAZ_VAULT_RECORD_PUT_BACK:
        return laz_vault_item_by_number(&v->index, r->entry) != NULL;
    case LAZ_VAULT_RECORD_RENAMED:
    case LAZ_VAULT_RECORD_CREATED:
        a = laz_vault_actor_find(&v->index, r->actor);
        return a != NULL && a->first_note != NULL && at >= a->first_note->at;
    case LAZ_VAULT_RECORD_SUSPECT:
        a = laz_vault_actor_find(&v->index, r->actor);
        return a != NULL && a->suspect && a->suspect_at == at;
    case LAZ_VAULT_RECORD_ROLLBACK:
        a = laz_vault_actor_find(&v->index, r->actor);
        return a != NULL && a->rolling;
    case LAZ_VAULT_RECORD_FORGOTTEN:
    case LAZ_VAULT_RECORD_ROLLED_BACK:
    case LAZ_VAULT_RECORD_EVICTED:
        return false;
    }
    return false;
}

static enum laz_status copy_live(struct laz_vault *v, struct laz_vault_journal *to,
                                 struct laz_error *err)
{
    struct laz_mapping map;
    struct laz_view rest;
    enum laz_status s = laz_map_fd(v->journal.fd, &map, err);

    if (s != LAZ_OK)
        return s;
    rest = laz_view_first(map.bytes, v->journal.len);
    while (s == LAZ_OK && rest.len > 0) {
        uint64_t at = map.bytes.len - rest.len, sequence, place;
        struct laz_vault_record r;

        if (!laz_vault_frame_take(&rest, &sequence, &r))
            rest = laz_view_from_offset(map.bytes, at + laz_vault_frame_find(rest));
        else if (is_live(v, &r, at, &r.trusted))
            s = laz_vault_journal_add(to, &r, &place, err);
    }
    laz_mapping_clear(&map);
    return s;
}

/* Writes what still counts beside the old journal, lets it take the place, and starts from it anew.
 */
static enum laz_status fold(struct laz_vault *v, struct laz_error *err)
{
    struct laz_vault_journal next;
    enum laz_status s = laz_vault_journal_fold(v->dir, &v->journal, &next, err);

    if (s != LAZ_OK)
        return s;
    s = copy_live(v, &next, err);
    if (s == LAZ_OK)
        s = laz_vault_journal_replace(v->dir, &v->journal, &next, err);
    laz_vault_journal_clear(&next);
    return s == LAZ_OK ? laz_vault_load(v, err) : s;
}

enum laz_status laz_vault_tidy(struct laz_vault *v, int64_t now_ms, struct laz_error *err)
{
    int64_t before_ms = now_ms - (int64_t)v->limits.age_max_s * 1000;
    enum laz_status s = evict_old(v, v->index.trusted.oldest, before_ms, err);

    if (s == LAZ_OK)
        s = evict_old(v, v->index.guarded.oldest, before_ms, err);
    if (s != LAZ_OK)
        return s;
    release_idle(v, now_ms - IDLE_MS);
    if (v->journal.len > FOLD_MIN &&
        v->journal.len / 2 > (uint64_t)v->index.entry_count * RECORD_LIVE)
        return fold(v, err);
    return LAZ_OK;
}
