#include "rules/known.h"

#include <stdlib.h>

#include "match/known_text.h"
#include "rules/known_priv.h"

#define NAMES_MAX      ((size_t)4 << 30)
#define FIRST_CAPACITY 1024
#define LISTS_MAX      1024 /* with categories */

static struct laz_known_set *known_of(struct laz_ruleset *set)
{
    if (set->known == NULL) {
        set->known = calloc(1, sizeof *set->known);
        if (set->known == NULL)
            set->failed = true;
        else
            laz_buf_init(&set->known->names, NAMES_MAX < UINT32_MAX ? NAMES_MAX : UINT32_MAX);
    }
    return set->known;
}

void laz_known_set_free(struct laz_known_set *known)
{
    if (known == NULL)
        return;
    free(known->items.items);
    free(known->labels.items);
    free(known->lists.items);
    free(known->allow.items);
    free(known->allow_texts.items);
    laz_buf_clear(&known->names);
    free(known->label_places);
    for (size_t i = 0; i < LAZ_SIZES_COUNT; i++)
        free(known->sizes[i].places);
    free(known);
}

static uint64_t mix_size(uint64_t size)
{
    return laz_fold(size ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xe7037ed1a0b428db));
}

/* The place of size, or the open one where it belongs. There is always an open one. */
static size_t size_place(const uint64_t *places, size_t capacity, uint64_t size)
{
    size_t at = (size_t)mix_size(size) & (capacity - 1);

    while (places[at] != 0 && places[at] != size + 1)
        at = (at + 1) & (capacity - 1);
    return at;
}

static bool grow_sizes(struct laz_size_set *set)
{
    size_t capacity = set->capacity == 0 ? FIRST_CAPACITY : set->capacity * 2;
    uint64_t *places = calloc(capacity, sizeof *places);

    if (places == NULL)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->places[i] != 0)
            places[size_place(places, capacity, set->places[i] - 1)] = set->places[i];
    free(set->places);
    set->places = places;
    set->capacity = capacity;
    return true;
}

bool laz_size_set_add(struct laz_size_set *set, uint64_t size)
{
    size_t at;

    if (size == LAZ_DB_SIZE_ANY) {
        set->any = true;
        return true;
    }
    if (set->count * 4 >= set->capacity * 3 && !grow_sizes(set))
        return false;
    at = size_place(set->places, set->capacity, size);
    set->count += set->places[at] == 0;
    set->places[at] = size + 1;
    return true;
}

/* The number of the list, or of a new one. A ruleset has few. */
static uint32_t list_of(struct laz_ruleset *set, uint32_t source, struct laz_view category)
{
    struct laz_known_set *known = set->known;
    struct laz_known_list *list;

    for (size_t i = known->lists.count; i > 0; i--) {
        list = laz_list_at(struct laz_known_list, &known->lists, i - 1);
        if (list->source == source &&
            laz_view_equal_text(category, laz_ruleset_text_at(set, list->category)))
            return (uint32_t)(i - 1);
    }
    /* Whoever writes a category for each entry gets none for most. */
    if (known->lists.count >= LISTS_MAX && category.len > 0)
        return list_of(set, source, laz_view_of(""));
    list = laz_list_add(set, &known->lists, sizeof *list);
    if (list == NULL)
        return 0;
    *list = (struct laz_known_list){source, laz_ruleset_text(set, category)};
    return (uint32_t)(known->lists.count - 1);
}

static bool label_is(const struct laz_known_set *known, uint32_t label, struct laz_view name,
                     uint32_t list)
{
    const struct laz_known_label *l = laz_list_at(struct laz_known_label, &known->labels, label);

    return l->list == list &&
           laz_view_equal(laz_view_from(known->names.data + l->text, l->len), name);
}

static size_t label_hash(struct laz_view name, uint32_t list)
{
    struct laz_text_hash hash = laz_text_hash(name);

    return (size_t)laz_fold(hash.a ^ list, hash.b);
}

static size_t label_place(const struct laz_known_set *known, struct laz_view name, uint32_t list)
{
    size_t at = label_hash(name, list) & (known->label_capacity - 1);

    while (known->label_places[at] != 0 &&
           !label_is(known, known->label_places[at] - 1, name, list))
        at = (at + 1) & (known->label_capacity - 1);
    return at;
}

static bool grow_labels(struct laz_known_set *known)
{
    size_t capacity = known->label_capacity == 0 ? FIRST_CAPACITY : known->label_capacity * 2;
    uint32_t *places = calloc(capacity, sizeof *places);

    if (places == NULL)
        return false;
    free(known->label_places);
    known->label_places = places;
    known->label_capacity = capacity;
    for (uint32_t i = 0; i < known->labels.count; i++) {
        const struct laz_known_label *l = laz_list_at(struct laz_known_label, &known->labels, i);

        places[label_place(known, laz_view_from(known->names.data + l->text, l->len), l->list)] =
            i + 1;
    }
    return true;
}

static uint32_t add_label(struct laz_ruleset *set, struct laz_view name, uint32_t list)
{
    struct laz_known_set *known = set->known;
    struct laz_known_label *label;
    size_t place;

    if (known->labels.count * 4 >= known->label_capacity * 3 && !grow_labels(known)) {
        set->failed = true;
        return 0;
    }
    place = label_place(known, name, list);
    if (known->label_places[place] != 0)
        return known->label_places[place] - 1;
    if (laz_buf_add(&known->names, name) != LAZ_OK) {
        set->failed = true;
        return 0;
    }
    label = laz_list_add(set, &known->labels, sizeof *label);
    if (label == NULL)
        return 0;
    *label =
        (struct laz_known_label){(uint32_t)(known->names.len - name.len), (uint32_t)name.len, list};
    known->label_places[place] = (uint32_t)known->labels.count;
    return (uint32_t)(known->labels.count - 1);
}

uint32_t laz_known_label_in(struct laz_ruleset *set, struct laz_view name, uint32_t source,
                            struct laz_view category)
{
    struct laz_known_set *known = known_of(set);
    uint32_t list;

    if (known == NULL)
        return 0;
    name = laz_view_first(name, LAZ_KNOWN_NAME_SIZE - 1);
    list = list_of(set, source, category);
    if (set->failed)
        return 0;
    if (known->last_label >= known->labels.count || !label_is(known, known->last_label, name, list))
        known->last_label = add_label(set, name, list);
    return known->last_label;
}

uint32_t laz_known_label(struct laz_ruleset *set, struct laz_view name, uint32_t source)
{
    return laz_known_label_in(set, name, source, laz_view_of(""));
}

static void add_key(struct laz_ruleset *set, struct laz_known_key key, unsigned count_index,
                    uint32_t label)
{
    struct laz_known_item *item = laz_list_add(set, &set->known->items, sizeof *item);

    if (item != NULL)
        *item = (struct laz_known_item){
            .place = key.place,
            .tail_low = (uint32_t)key.tail,
            .tail_high = (uint8_t)(key.tail >> 32),
            .label = label,
            .what = (uint8_t)count_index,
        };
}

static void add_allow(struct laz_ruleset *set, uint32_t what, struct laz_view bytes, uint64_t size,
                      uint32_t label)
{
    struct laz_allow_item *item = laz_list_add(set, &set->known->allow, sizeof *item);

    if (item == NULL)
        return;
    *item = (struct laz_allow_item){.what = what, .label = label, .size = size};
    memcpy(item->bytes, bytes.data, bytes.len);
}

/* bytes are at most 32. */
static void add_bytes(struct laz_ruleset *set, struct laz_view bytes, uint32_t what, uint64_t size,
                      unsigned count_index, uint32_t label)
{
    uint8_t padded[32] = {0};

    memcpy(padded, bytes.data, bytes.len);
    add_key(set, laz_known_key_of(padded, what, size), count_index, label);
}

void laz_known_add_digest(struct laz_ruleset *set, enum laz_hash_use use, enum laz_digest_kind kind,
                          const uint8_t *digest, uint64_t size, uint32_t label)
{
    uint32_t what = laz_known_what_digest(use, kind);

    if (known_of(set) == NULL)
        return;
    if (!laz_size_set_add(&set->known->sizes[what], size))
        set->failed = true;
    else if (use == LAZ_HASH_ALLOW)
        add_allow(set, what, laz_view_from(digest, laz_digest_size(kind)), size, label);
    else
        add_bytes(set, laz_view_from(digest, laz_digest_size(kind)), what, size, what, label);
}

static void add_text(struct laz_ruleset *set, enum laz_list_kind kind, struct laz_view text,
                     bool allow, uint32_t label)
{
    struct laz_text_hash hash = laz_text_hash(text);
    uint32_t *item;

    if (known_of(set) == NULL)
        return;
    if (!allow) {
        add_key(set, laz_known_key(hash.a, hash.b, laz_known_what_list(kind), 0),
                LAZ_SIZES_COUNT + kind, label);
        return;
    }
    item = laz_list_add(set, &set->known->allow_texts, sizeof *item);
    if (item != NULL)
        *item = laz_ruleset_text(set, text);
}

void laz_known_add_url(struct laz_ruleset *set, const struct laz_url *url, bool allow,
                       uint32_t label)
{
    add_text(set, LAZ_LIST_URL, laz_view_from(url->text, url->len), allow, label);
}

void laz_known_add_host(struct laz_ruleset *set, const char *host, bool allow, uint32_t label)
{
    add_text(set, LAZ_LIST_HOST, laz_view_of(host), allow, label);
}

void laz_known_add_address(struct laz_ruleset *set, const struct laz_address *address, bool allow,
                           uint32_t label)
{
    uint32_t what = laz_known_what_list(LAZ_LIST_ADDRESS);
    uint64_t size = address->prefix_bits;

    if (known_of(set) == NULL)
        return;
    set->known->prefixes[size / 64] |= UINT64_C(1) << size % 64;
    if (allow)
        add_allow(set, what, laz_view_from(address->bytes, sizeof address->bytes), size, label);
    else
        add_bytes(set, laz_view_from(address->bytes, sizeof address->bytes), what, size,
                  LAZ_SIZES_COUNT + LAZ_LIST_ADDRESS, label);
}
