#include <stdlib.h>
#include <string.h>

#include "rules/regex.h"

static bool make_room(struct laz_regex_tree *t)
{
    uint32_t capacity = t->capacity == 0 ? 32 : t->capacity * 2;
    struct laz_regex_node *nodes;

    if (t->count < t->capacity)
        return true;
    if (capacity > LAZ_REGEX_NODES_MAX) {
        t->status = LAZ_LIMIT;
        return false;
    }
    nodes = realloc(t->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        t->status = LAZ_NOMEM;
        return false;
    }
    if (t->count == 0)
        nodes[t->count++] = (struct laz_regex_node){.kind = LAZ_REGEX_NOTHING};
    t->nodes = nodes;
    t->capacity = capacity;
    return true;
}

static void append(struct laz_regex_tree *t, uint32_t node, uint32_t parent)
{
    struct laz_regex_node *n = &t->nodes[node], *p = &t->nodes[parent];

    n->parent = parent;
    n->next = 0;
    n->prev = p->last;
    if (p->last != 0)
        t->nodes[p->last].next = node;
    else
        p->first = node;
    p->last = node;
}

uint32_t laz_regex_add(struct laz_regex_tree *t, uint32_t parent, enum laz_regex_kind kind)
{
    uint32_t node;

    if (!make_room(t))
        return 0;
    node = t->count++;
    t->nodes[node] = (struct laz_regex_node){.kind = (uint8_t)kind};
    if (parent != 0)
        append(t, node, parent);
    return node;
}

void laz_regex_move(struct laz_regex_tree *t, uint32_t node, uint32_t parent)
{
    struct laz_regex_node *n = &t->nodes[node], *p = &t->nodes[n->parent];

    if (n->parent != 0) {
        if (n->prev != 0)
            t->nodes[n->prev].next = n->next;
        else
            p->first = n->next;
        if (n->next != 0)
            t->nodes[n->next].prev = n->prev;
        else
            p->last = n->prev;
    }
    append(t, node, parent);
}

void laz_regex_clear(struct laz_regex_tree *t)
{
    free(t->nodes);
    *t = (struct laz_regex_tree){0};
}

void laz_regex_set_fold(uint8_t *set)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (laz_regex_set_has(set, c))
            laz_regex_set_add(set, c ^ 0x20);
        else if (laz_regex_set_has(set, c ^ 0x20))
            laz_regex_set_add(set, c);
    }
}

static bool is_of_class(uint8_t name, unsigned c)
{
    switch (name) {
    case 'd':
        return c >= '0' && c <= '9';
    case 's':
        return c == ' ' || (c >= '\t' && c <= '\r');
    default:
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
    }
}

bool laz_regex_set_class(uint8_t *set, uint8_t name)
{
    uint8_t lower = name | 0x20;

    if (lower != 'd' && lower != 's' && lower != 'w')
        return false;
    for (unsigned c = 0; c < 256; c++)
        if (is_of_class(lower, c) == (name == lower))
            laz_regex_set_add(set, c);
    return true;
}
