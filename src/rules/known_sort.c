#include <stdlib.h>

#include "rules/known_priv.h"

#define SMALL 48 /* items that are put in order one by one */

static int compare(const void *p, const void *q)
{
    const struct laz_known_item *x = p, *y = q;
    uint64_t a = laz_known_item_tail(x), b = laz_known_item_tail(y);

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (a != b)
        return a < b ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

static void sort_few(struct laz_known_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct laz_known_item item = items[i];
        size_t at = i;

        for (; at > 0 && compare(&items[at - 1], &item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static unsigned digit(const struct laz_known_item *item, unsigned shift)
{
    return (unsigned)(item->place >> shift) & 0xff;
}

/* Each item to the part that its digit names, by exchanging: ends[d] are the parts' ends. */
static void part(struct laz_known_item *items, size_t count, unsigned shift, size_t ends[256])
{
    size_t next[256], sum = 0;

    memset(ends, 0, 256 * sizeof *ends);
    for (size_t i = 0; i < count; i++)
        ends[digit(&items[i], shift)]++;
    for (unsigned d = 0; d < 256; d++) {
        next[d] = sum;
        sum += ends[d];
        ends[d] = sum;
    }
    for (unsigned d = 0; d < 256; d++)
        while (next[d] < ends[d]) {
            struct laz_known_item *item = &items[next[d]], other;
            unsigned to = digit(item, shift);

            if (to == d) {
                next[d]++;
                continue;
            }
            other = items[next[to]];
            items[next[to]++] = *item;
            *item = other;
        }
}

/* Eight deep at most: a digit each. */
static void sort_from(struct laz_known_item *items, size_t count, unsigned shift)
{
    size_t ends[256], start = 0;

    if (count <= SMALL) {
        sort_few(items, count);
        return;
    }
    part(items, count, shift, ends);
    for (unsigned d = 0; d < 256; d++) {
        if (shift > 0)
            sort_from(items + start, ends[d] - start, shift - 8);
        else /* one place: entries that are the same, most likely */
            qsort(items + start, ends[d] - start, sizeof *items, compare);
        start = ends[d];
    }
}

void laz_known_sort(struct laz_known_item *items, size_t count)
{
    sort_from(items, count, 56);
}
