#include <stdlib.h>

#include "match/known_names.h"
#include "rules/known_priv.h"

/* A label on its way to its place: by list, then by what stands around the number, then by that. */
struct order {
    const uint8_t *text; /* in the names */
    uint64_t n;
    uint32_t label, list;
    uint16_t len, number_start, number_len;
};

static struct laz_view before(const struct order *o)
{
    return laz_view_from(o->text, o->number_len == 0 ? o->len : o->number_start);
}

static struct laz_view behind(const struct order *o)
{
    size_t end = o->number_len == 0 ? o->len : (size_t)o->number_start + o->number_len;

    return laz_view_from(o->text + end, o->len - end);
}

static int compare(const void *p, const void *q)
{
    const struct order *x = p, *y = q;
    int order = (x->list > y->list) - (x->list < y->list);

    if (order == 0)
        order = laz_view_compare(before(x), before(y));
    if (order == 0)
        order = laz_view_compare(behind(x), behind(y));
    if (order == 0)
        order = (x->n > y->n) - (x->n < y->n);
    return order != 0 ? order : (x->label > y->label) - (x->label < y->label);
}

static void fill(const struct laz_known_set *known, struct order *orders)
{
    for (uint32_t i = 0; i < known->labels.count; i++) {
        const struct laz_known_label *l = laz_list_at(struct laz_known_label, &known->labels, i);
        const uint8_t *text = known->names.data + l->text;
        struct laz_name_number number = laz_name_number(laz_view_from(text, l->len));

        orders[i] = (struct order){.text = text,
                                   .n = number.n,
                                   .label = i,
                                   .list = l->list,
                                   .len = (uint16_t)l->len,
                                   .number_start = (uint16_t)number.start,
                                   .number_len = (uint16_t)number.len};
    }
}

static void add_number(struct laz_buf *out, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        laz_ignore(laz_buf_add_u8(out, (uint8_t)(n | 0x80))); /* remembered, here and below */
    laz_ignore(laz_buf_add_u8(out, (uint8_t)n));
}

static struct laz_view text_of(const struct order *o)
{
    return laz_view_from(o->text, o->len);
}

static size_t shared(struct laz_view a, struct laz_view b)
{
    size_t n = 0;

    while (n < a.len && n < b.len && a.data[n] == b.data[n])
        n++;
    return n;
}

/* How much the number of last grows to make this name; 0 when it is made otherwise. */
static uint64_t step_of(const struct order *last, const struct order *o)
{
    return last->number_len > 0 && o->number_len > 0 && last->number_start == o->number_start &&
                   laz_view_equal(before(last), before(o)) &&
                   laz_view_equal(behind(last), behind(o)) && o->n > last->n
               ? o->n - last->n
               : 0;
}

static void add_new(struct laz_buf *out, const struct order *last, const struct order *o)
{
    struct laz_view text = text_of(o);
    size_t keep = last == NULL ? 0 : shared(text_of(last), text);

    add_number(out, (uint64_t)keep * 4 + LAZ_NAME_NEW);
    add_number(out, text.len - keep);
    laz_ignore(laz_buf_add(out, laz_view_from_offset(text, keep)));
}

/* One page: last is NULL at its start. */
static void write_page(struct laz_buf *out, const struct order *orders, size_t count)
{
    uint64_t run = 0;

    add_new(out, NULL, &orders[0]);
    for (size_t i = 1; i < count; i++) {
        uint64_t step = step_of(&orders[i - 1], &orders[i]);

        if (step == 1) {
            run++;
            continue;
        }
        if (run > 0)
            add_number(out, run * 4 + LAZ_NAME_RUN);
        run = 0;
        if (step > 0 && step < UINT64_MAX / 4)
            add_number(out, step * 4 + LAZ_NAME_NEXT);
        else if (laz_view_equal(text_of(&orders[i - 1]), text_of(&orders[i])))
            add_number(out, LAZ_NAME_SAME);
        else
            add_new(out, &orders[i - 1], &orders[i]);
    }
    if (run > 0)
        add_number(out, run * 4 + LAZ_NAME_RUN);
}

/* The directory comes first, so that its length is known. */
static bool write_names(const struct order *orders, size_t count, struct laz_buf *out)
{
    size_t page_count = (count + LAZ_NAMES_PAGE - 1) / LAZ_NAMES_PAGE;
    uint8_t *unused;

    if (laz_buf_extend(out, page_count * 4, &unused) != LAZ_OK)
        return false;
    for (size_t page = 0; page < page_count; page++) {
        size_t first = page * LAZ_NAMES_PAGE, left = count - first;

        for (unsigned i = 0; i < 4; i++)
            out->data[page * 4 + i] = (uint8_t)(out->len >> 8 * i);
        write_page(out, orders + first, left < LAZ_NAMES_PAGE ? left : LAZ_NAMES_PAGE);
        if (laz_buf_failed(out) != LAZ_OK || out->len > UINT32_MAX)
            return false;
    }
    return true;
}

static void write_lists(const struct laz_known_set *known, const struct order *orders, size_t count,
                        struct laz_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct laz_known_list *list;

        if (i > 0 && orders[i].list == orders[i - 1].list)
            continue;
        list = laz_list_at(struct laz_known_list, &known->lists, orders[i].list);
        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, (uint32_t)i));
        laz_ignore(laz_buf_add_u32le(out, list->source));
        laz_ignore(laz_buf_add_u32le(out, list->category));
        laz_ignore(laz_buf_add_u32le(out, 0));
    }
}

bool laz_labels_write(struct laz_known_set *known, struct laz_image *image, uint32_t *numbers)
{
    size_t count = known->labels.count;
    struct order *orders = malloc((count + 1) * sizeof *orders);
    bool ok;

    if (orders == NULL)
        return false;
    fill(known, orders);
    qsort(orders, count, sizeof *orders, compare);
    for (size_t i = 0; i < count; i++)
        numbers[orders[i].label] = (uint32_t)i;
    ok = write_names(orders, count, &image->sections[LAZ_SECTION_NAMES]);
    write_lists(known, orders, count, &image->sections[LAZ_SECTION_LISTS]);
    free(orders);
    laz_buf_clear(&known->names);
    return ok && laz_buf_failed(&image->sections[LAZ_SECTION_LISTS]) == LAZ_OK;
}
