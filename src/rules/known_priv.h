/* known_priv.h - how entries are collected before they are written. */
#ifndef LAZ_RULES_KNOWN_PRIV_H
#define LAZ_RULES_KNOWN_PRIV_H

#include "rules/compiler_priv.h"
#include "rules/known.h"

struct laz_known_item {
    uint64_t place; /* of its key; while it is written, where among all buckets it stands */
    uint32_t tail_low, label;
    uint8_t tail_high, what; /* what: index of a count */
};

struct laz_known_label {
    uint32_t text, len; /* in names */
    uint32_t list;
};

/* A source and a category: the labels of each stand together. */
struct laz_known_list {
    uint32_t source, category; /* texts of the ruleset */
};

struct laz_allow_item {
    uint32_t what, label;
    uint64_t size;
    uint8_t bytes[32];
};

/* Different sizes, in a table with open places; a place holds size + 1, 0 is none. */
struct laz_size_set {
    uint64_t *places;
    size_t count, capacity;
    bool any;
};

struct laz_known_set {
    struct laz_list items;       /* struct laz_known_item */
    struct laz_list labels;      /* struct laz_known_label */
    struct laz_list lists;       /* struct laz_known_list */
    struct laz_list allow;       /* struct laz_allow_item */
    struct laz_list allow_texts; /* uint32_t: texts of the ruleset */
    struct laz_buf names;
    uint32_t *label_places; /* label + 1 in a table with open places; 0 is none */
    size_t label_capacity;
    uint32_t last_label; /* names come in runs */
    struct laz_size_set sizes[LAZ_SIZES_COUNT];
    uint64_t prefixes[3];
};

static inline uint64_t laz_known_item_tail(const struct laz_known_item *item)
{
    return (uint64_t)item->tail_high << 32 | item->tail_low;
}

bool laz_size_set_add(struct laz_size_set *set, uint64_t size);

/* Writes NAMES and LISTS, and gives each label its number there: numbers[label]. Frees the texts of
 * the names. */
LAZ_CHECKED bool laz_labels_write(struct laz_known_set *known, struct laz_image *image,
                                  uint32_t *numbers);
/* Sorts by place, tail and label; no memory. */
void laz_known_sort(struct laz_known_item *items, size_t count);

#endif
