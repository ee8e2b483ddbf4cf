#include "agent/vault_index.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 256u
#define BUCKETS_MAX   (1u << 22)

/* Every bucket's members begin with their `next`, but for entries, which have one for each table.
 */
typedef uint64_t hash_fn(const void *member);
typedef void **next_fn(void *member);

static uint64_t mix(uint64_t h, uint64_t n)
{
    h ^= n;
    h *= 0x9e3779b97f4a7c15u; /* 2^64 divided by the golden ratio: spreads neighbours apart */
    return h ^ h >> 32;
}

static uint64_t hash_file(const struct laz_vault_file_id *f)
{
    return mix(mix(f->device, f->inode), (uint64_t)f->born_ns);
}

static uint64_t hash_key(const char *key, size_t len)
{
    uint64_t h = len;

    for (size_t i = 0; i < len; i++)
        h = mix(h, (uint8_t)key[i]);
    return h;
}

static uint64_t hash_actor(const void *member)
{
    const struct laz_vault_actor *a = member;

    return hash_key(a->key, strlen(a->key));
}

static uint64_t hash_item(const void *member)
{
    const struct laz_vault_item *i = member;

    return hash_file(&i->file);
}

static uint64_t hash_number(const void *member)
{
    const struct laz_vault_item *i = member;

    return mix(0, i->number);
}

static uint64_t hash_object(const void *member)
{
    const struct laz_vault_object *o = member;

    return hash_file(&o->version.file);
}

static void **next_of_actor(void *member)
{
    return (void **)&((struct laz_vault_actor *)member)->next;
}

static void **next_of_item(void *member)
{
    return (void **)&((struct laz_vault_item *)member)->next;
}

static void **next_by_number(void *member)
{
    return (void **)&((struct laz_vault_item *)member)->next_by_number;
}

static void **next_of_object(void *member)
{
    return (void **)&((struct laz_vault_object *)member)->next;
}

static bool buckets_init(struct laz_vault_buckets *b)
{
    b->heads = calloc(BUCKETS_FIRST, sizeof *b->heads);
    b->count = BUCKETS_FIRST;
    b->used = 0;
    return b->heads != NULL;
}

static void *bucket(const struct laz_vault_buckets *b, uint64_t hash)
{
    return b->heads[hash & (b->count - 1)];
}

static void put(struct laz_vault_buckets *b, void *member, hash_fn *hash, next_fn *next)
{
    void **head = &b->heads[hash(member) & (b->count - 1)];

    *next(member) = *head;
    *head = member;
}

/* When memory is short the chains get longer: slower, not wrong. */
static void grow(struct laz_vault_buckets *b, hash_fn *hash, next_fn *next)
{
    struct laz_vault_buckets larger = {.count = b->count * 2, .used = b->used};

    if (b->used < b->count || b->count >= BUCKETS_MAX)
        return;
    larger.heads = calloc(larger.count, sizeof *larger.heads);
    if (larger.heads == NULL)
        return;
    for (uint32_t i = 0; i < b->count; i++) {
        for (void *member = b->heads[i], *after; member != NULL; member = after) {
            after = *next(member);
            put(&larger, member, hash, next);
        }
    }
    free(b->heads);
    *b = larger;
}

static void add(struct laz_vault_buckets *b, void *member, hash_fn *hash, next_fn *next)
{
    put(b, member, hash, next);
    b->used++;
    grow(b, hash, next);
}

static void take_out(struct laz_vault_buckets *b, void *member, hash_fn *hash, next_fn *next)
{
    void **link = &b->heads[hash(member) & (b->count - 1)];

    while (*link != member)
        link = next(*link);
    *link = *next(member);
    b->used--;
}

enum laz_status laz_vault_index_init(struct laz_vault_index *x)
{
    *x = (struct laz_vault_index){0};
    if (buckets_init(&x->actors) && buckets_init(&x->files) && buckets_init(&x->entries) &&
        buckets_init(&x->versions))
        return LAZ_OK;
    laz_vault_index_clear(x);
    return LAZ_NOMEM;
}

void laz_vault_actor_forget_notes(struct laz_vault_actor *a)
{
    struct laz_vault_note *n = a->first_note;

    while (n != NULL) {
        struct laz_vault_note *after = n->next;

        free(n);
        n = after;
    }
    a->first_note = a->last_note = NULL;
    a->notes = 0;
}

static void free_actor(void *member)
{
    laz_vault_actor_forget_notes(member);
    free(member);
}

static void buckets_clear(struct laz_vault_buckets *b, next_fn *next, void (*release)(void *))
{
    for (uint32_t i = 0; b->heads != NULL && i < b->count; i++) {
        for (void *member = b->heads[i], *after; member != NULL; member = after) {
            after = *next(member);
            release(member);
        }
    }
    free(b->heads);
    b->heads = NULL;
}

void laz_vault_index_clear(struct laz_vault_index *x)
{
    buckets_clear(&x->actors, next_of_actor, free_actor);
    buckets_clear(&x->entries, next_by_number, free);
    buckets_clear(&x->versions, next_of_object, free);
    free(x->files.heads); /* its members were those of entries */
    x->files.heads = NULL;
}

struct laz_vault_actor *laz_vault_actor_find(const struct laz_vault_index *x, struct laz_view key)
{
    struct laz_vault_actor *a = bucket(&x->actors, hash_key((const char *)key.data, key.len));

    while (a != NULL && !laz_view_equal_text(key, a->key))
        a = a->next;
    return a;
}

struct laz_vault_actor *laz_vault_actor_get(struct laz_vault_index *x, struct laz_view key)
{
    struct laz_vault_actor *a = laz_vault_actor_find(x, key);

    if (a != NULL)
        return a;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    LAZ_ASSERT(key.len > 0 && key.len < sizeof a->key);
    memcpy(a->key, key.data, key.len);
    add(&x->actors, a, hash_actor, next_of_actor);
    x->actor_count++;
    return a;
}

struct laz_vault_actor *laz_vault_actor_find_rolling(const struct laz_vault_index *x)
{
    for (uint32_t i = 0; i < x->actors.count; i++)
        for (struct laz_vault_actor *a = x->actors.heads[i]; a != NULL; a = a->next)
            if (a->rolling)
                return a;
    return NULL;
}

void laz_vault_actor_release(struct laz_vault_index *x, struct laz_vault_actor *a)
{
    if (a->entries > 0 || a->suspect || a->rolling)
        return;
    take_out(&x->actors, a, hash_actor, next_of_actor);
    x->actor_count--;
    free_actor(a);
}

enum laz_status laz_vault_actor_note(struct laz_vault_actor *a, uint64_t at)
{
    struct laz_vault_note *n = calloc(1, sizeof *n);

    if (n == NULL)
        return LAZ_NOMEM;
    n->at = at;
    if (a->last_note != NULL)
        a->last_note->next = n;
    else
        a->first_note = n;
    a->last_note = n;
    a->notes++;
    return LAZ_OK;
}

static bool same_file(const struct laz_vault_file_id *a, const struct laz_vault_file_id *b)
{
    return a->device == b->device && a->inode == b->inode && a->born_ns == b->born_ns;
}

struct laz_vault_item *laz_vault_item_find(const struct laz_vault_index *x,
                                           const struct laz_vault_actor *a,
                                           const struct laz_vault_file_id *file)
{
    struct laz_vault_item *i = bucket(&x->files, hash_file(file));

    while (i != NULL && (i->actor != a || i->put_back || !same_file(&i->file, file)))
        i = i->next;
    return i;
}

struct laz_vault_item *laz_vault_item_by_number(const struct laz_vault_index *x, uint64_t number)
{
    struct laz_vault_item *i = bucket(&x->entries, mix(0, number));

    while (i != NULL && i->number != number)
        i = i->next_by_number;
    return i;
}

static void age_add(struct laz_vault_age *age, struct laz_vault_item *i)
{
    i->newer = NULL;
    i->older = age->newest;
    if (age->newest != NULL)
        age->newest->newer = i;
    else
        age->oldest = i;
    age->newest = i;
}

static void age_remove(struct laz_vault_age *age, struct laz_vault_item *i)
{
    if (i->older != NULL)
        i->older->newer = i->newer;
    else
        age->oldest = i->newer;
    if (i->newer != NULL)
        i->newer->older = i->older;
    else
        age->newest = i->older;
}

static void actor_add(struct laz_vault_actor *a, struct laz_vault_item *i)
{
    i->before = a->last;
    if (a->last != NULL)
        a->last->after = i;
    else
        a->first = i;
    a->last = i;
    a->entries++;
}

static void actor_remove(struct laz_vault_item *i)
{
    struct laz_vault_actor *a = i->actor;

    if (i->before != NULL)
        i->before->after = i->after;
    else
        a->first = i->after;
    if (i->after != NULL)
        i->after->before = i->before;
    else
        a->last = i->before;
    i->before = i->after = NULL;
    a->entries--;
}

struct laz_vault_item *laz_vault_item_add(struct laz_vault_index *x, struct laz_vault_actor *a,
                                          struct laz_vault_object *object,
                                          const struct laz_vault_record *kept, uint64_t at)
{
    struct laz_vault_item *i = calloc(1, sizeof *i);

    if (i == NULL)
        return NULL;
    *i = (struct laz_vault_item){.actor = a,
                                 .object = object,
                                 .file = kept->version.file,
                                 .number = kept->entry,
                                 .at = at,
                                 .size = kept->version.size,
                                 .kept_ms = kept->time_ms};
    add(&x->files, i, hash_item, next_of_item);
    add(&x->entries, i, hash_number, next_by_number);
    age_add(&x->guarded, i);
    actor_add(a, i);
    if (object != NULL)
        object->users++;
    if (kept->entry > x->entry_number)
        x->entry_number = kept->entry;
    x->entry_count++;
    return i;
}

void laz_vault_item_trust(struct laz_vault_index *x, struct laz_vault_item *item)
{
    actor_remove(item);
    item->actor = NULL;
    age_remove(&x->guarded, item);
    age_add(&x->trusted, item);
}

struct laz_vault_object *laz_vault_item_remove(struct laz_vault_index *x,
                                               struct laz_vault_item *item)
{
    struct laz_vault_object *o = item->object;

    take_out(&x->files, item, hash_item, next_of_item);
    take_out(&x->entries, item, hash_number, next_by_number);
    age_remove(item->actor == NULL ? &x->trusted : &x->guarded, item);
    if (item->actor != NULL)
        actor_remove(item);
    free(item);
    x->entry_count--;
    if (o == NULL || --o->users > 0)
        return NULL;
    return o;
}

static bool same_version(const struct laz_vault_version *a, const struct laz_vault_version *b)
{
    return same_file(&a->file, &b->file) && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

struct laz_vault_object *laz_vault_object_find(const struct laz_vault_index *x,
                                               const struct laz_vault_version *version)
{
    struct laz_vault_object *o = bucket(&x->versions, hash_file(&version->file));

    while (o != NULL && (o->young || !same_version(&o->version, version)))
        o = o->next;
    return o;
}

struct laz_vault_object *laz_vault_object_by_number(const struct laz_vault_index *x,
                                                    const struct laz_vault_version *version,
                                                    uint64_t number)
{
    struct laz_vault_object *o = bucket(&x->versions, hash_file(&version->file));

    while (o != NULL && o->number != number)
        o = o->next;
    return o;
}

struct laz_vault_object *laz_vault_object_add(struct laz_vault_index *x, uint64_t number,
                                              const struct laz_vault_version *version, bool young)
{
    struct laz_vault_object *o = calloc(1, sizeof *o);

    if (o == NULL)
        return NULL;
    *o = (struct laz_vault_object){.number = number, .version = *version, .young = young};
    add(&x->versions, o, hash_object, next_of_object);
    if (number > x->object_number)
        x->object_number = number;
    return o;
}

void laz_vault_object_measure(struct laz_vault_index *x, struct laz_vault_object *o, uint64_t bytes)
{
    x->bytes = x->bytes - o->bytes + bytes;
    o->bytes = bytes;
}

void laz_vault_object_free(struct laz_vault_index *x, struct laz_vault_object *o)
{
    LAZ_ASSERT(o->users == 0);
    x->bytes -= o->bytes;
    take_out(&x->versions, o, hash_object, next_of_object);
    free(o);
}
