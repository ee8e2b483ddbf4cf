#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/pcre.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "match/fields.h"
#include "match/matcher_priv.h"

#define MATCH_LIMIT   200000u /* steps of one call; ClamAV's own is 100,000 */
#define DEPTH_LIMIT   5000u
#define HEAP_LIMIT    (64u * 1024) /* KiB */
#define SCAN_PER_STEP 16           /* bytes that a search passes over for the price of a step */

struct program {
    uint32_t options, anchor, section;
    uint64_t n, shift;
    struct laz_view text;
};

static bool take_program(struct laz_view v, struct program *out)
{
    return laz_take_u32le(&v, &out->options) && laz_take_u32le(&v, &out->anchor) &&
           laz_take_u64le(&v, &out->n) && laz_take_u64le(&v, &out->shift) &&
           laz_take_u32le(&v, &out->section) && (out->text = v).len > 0;
}

bool laz_pcre_check(struct laz_view program)
{
    struct program p;

    return take_program(program, &p) && p.options <= LAZ_PCRE_OPTIONS_MAX &&
           p.anchor < LAZ_PCRE_ANCHORS && p.text.len <= LAZ_PCRE_TEXT_MAX && p.n <= INT64_MAX / 4 &&
           p.shift <= UINT32_MAX;
}

static uint32_t options_of(const struct program *p)
{
    static const struct {
        uint32_t ours, theirs;
    } options[] = {
        {LAZ_PCRE_NOCASE, PCRE2_CASELESS},   {LAZ_PCRE_DOT_ALL, PCRE2_DOTALL},
        {LAZ_PCRE_LINES, PCRE2_MULTILINE},   {LAZ_PCRE_EXTENDED, PCRE2_EXTENDED},
        {LAZ_PCRE_ANCHORED, PCRE2_ANCHORED}, {LAZ_PCRE_DOLLAR_END, PCRE2_DOLLAR_ENDONLY},
        {LAZ_PCRE_UNGREEDY, PCRE2_UNGREEDY},
    };
    uint32_t all = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if ((p->options & options[i].ours) != 0)
            all |= options[i].theirs;
    return all;
}

static pcre2_code *compile(const struct program *p, int *error, size_t *at)
{
    return pcre2_compile(p->text.data, p->text.len, options_of(p), error, at, NULL);
}

bool laz_pcre_try(struct laz_view program, char *why, size_t size, size_t *at)
{
    struct program p;
    int error = 0;
    pcre2_code *code;

    LAZ_ASSERT(take_program(program, &p));
    code = compile(&p, &error, at);
    if (code == NULL && pcre2_get_error_message(error, (PCRE2_UCHAR *)why, size) < 0)
        snprintf(why, size, "it is no regular expression");
    pcre2_code_free(code);
    return code != NULL;
}

/* Compiled expressions by where their program stands: a table that grows. */
struct laz_pcre_item {
    uint32_t at;
    bool is_used;
    pcre2_code *code; /* NULL: it does not compile */
};

struct laz_pcre_cache {
    struct laz_pcre_item *items;
    size_t count, capacity; /* a power of two */
    pcre2_match_data *found;
    pcre2_match_context *limits;
};

void laz_pcre_cache_free(struct laz_pcre_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->capacity; i++)
        if (cache->items[i].is_used)
            pcre2_code_free(cache->items[i].code);
    pcre2_match_data_free(cache->found);
    pcre2_match_context_free(cache->limits);
    free(cache->items);
    free(cache);
}

static struct laz_pcre_cache *new_cache(void)
{
    struct laz_pcre_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return NULL;
    cache->found = pcre2_match_data_create(1, NULL);
    cache->limits = pcre2_match_context_create(NULL);
    if (cache->found == NULL || cache->limits == NULL) {
        laz_pcre_cache_free(cache);
        return NULL;
    }
    pcre2_set_depth_limit(cache->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(cache->limits, HEAP_LIMIT);
    return cache;
}

static struct laz_pcre_item *slot_of(const struct laz_pcre_cache *cache, uint32_t at)
{
    size_t i = (at * 2654435761u) & (cache->capacity - 1);

    while (cache->items[i].is_used && cache->items[i].at != at)
        i = (i + 1) & (cache->capacity - 1);
    return &cache->items[i];
}

static bool grow(struct laz_pcre_cache *cache)
{
    struct laz_pcre_cache old = *cache;
    size_t capacity = old.capacity == 0 ? 64 : 2 * old.capacity;

    cache->items = calloc(capacity, sizeof *cache->items);
    if (cache->items == NULL) {
        cache->items = old.items;
        return false;
    }
    cache->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.items[i].is_used)
            *slot_of(cache, old.items[i].at) = old.items[i];
    free(old.items);
    return true;
}

/* The compiled expression. False when memory ran out. */
static bool code_of(struct laz_pcre_cache *cache, uint32_t at, const struct program *p,
                    pcre2_code **out)
{
    struct laz_pcre_item *item;
    size_t where;
    int error;

    if (2 * cache->count >= cache->capacity && !grow(cache))
        return false;
    item = slot_of(cache, at);
    if (!item->is_used) {
        *item = (struct laz_pcre_item){at, true, compile(p, &error, &where)};
        cache->count++;
    }
    *out = item->code;
    return true;
}

/* What is known of the object: an offset behind every object when it says nothing. */
static int64_t ask_object(const struct laz_matcher *m, const char *name, int64_t argument)
{
    struct laz_value arg = laz_value_number(argument), value;
    uint32_t number = 0;

    if (m->object->field == NULL ||
        !laz_field_find(LAZ_MODULE_OBJECT, laz_view_of(name), 0, &number) ||
        !m->object->field(m->object->context, number, &arg, &value) ||
        value.kind != LAZ_VALUE_NUMBER)
        return INT64_MAX / 2;
    return value.n;
}

/* Where the search begins. False when that is outside of the object. */
static bool first_of(const struct laz_matcher *m, const struct program *p, uint64_t *out)
{
    int64_t n = (int64_t)p->n, at = 0;

    switch ((enum laz_pcre_anchor)p->anchor) {
    case LAZ_PCRE_ANYWHERE:
    case LAZ_PCRE_ANCHORS:
        break;
    case LAZ_PCRE_FROM_START:
        at = n;
        break;
    case LAZ_PCRE_FROM_END:
        at = (int64_t)m->object->bytes.len - n;
        break;
    case LAZ_PCRE_FROM_ENTRY:
        at = ask_object(m, "object.entry_offset", 0) + n;
        break;
    case LAZ_PCRE_BEFORE_ENTRY:
        at = ask_object(m, "object.entry_offset", 0) - n;
        break;
    case LAZ_PCRE_FROM_SECTION:
        at = ask_object(m, "object.section_offset[]", p->section) + n;
        break;
    case LAZ_PCRE_FROM_LAST_SECTION:
        at = ask_object(m, "object.last_section_offset", 0) + n;
        break;
    }
    *out = (uint64_t)at;
    return at >= 0 && *out <= m->object->bytes.len;
}

static bool spend(struct laz_matcher *m, uint64_t bytes)
{
    return laz_matcher_spend(m, 1 + bytes / SCAN_PER_STEP);
}

/* One match in subject from *at on: where it is. False when there is none, or it took too much. */
static bool find_next(struct laz_matcher *m, uint32_t pattern, const pcre2_code *code,
                      struct laz_view subject, size_t at, uint32_t options, size_t *start,
                      size_t *end)
{
    struct laz_pcre_cache *cache = m->pcre;
    uint64_t limit = m->steps_left < MATCH_LIMIT ? m->steps_left : MATCH_LIMIT;
    const PCRE2_SIZE *found;
    int result;

    pcre2_set_match_limit(cache->limits, (uint32_t)limit);
    result = pcre2_match(code, subject.len == 0 ? (PCRE2_SPTR) "" : subject.data, subject.len, at,
                         options, cache->found, cache->limits);
    if (result < 0) {
        if (result != PCRE2_ERROR_NOMATCH)
            laz_matcher_places_add(m, pattern)->cut = true; /* no answer: it may be there */
        if (result == PCRE2_ERROR_MATCHLIMIT)
            laz_ignore(laz_matcher_spend(m, limit)); /* the caller gives up anyway */
        return false;
    }
    found = pcre2_get_ovector_pointer(cache->found);
    *start = found[0];
    *end = found[1] < found[0] ? found[0] : found[1]; /* \K may turn them */
    return true;
}

static void search(struct laz_matcher *m, const struct laz_form *form, const struct program *p,
                   const pcre2_code *code, uint64_t first)
{
    bool has_offset = p->anchor != LAZ_PCRE_ANYWHERE;
    bool has_shift = has_offset && (p->options & LAZ_PCRE_SHIFT) != 0 && p->shift > 0;
    uint32_t options =
        has_offset && !has_shift && (p->options & LAZ_PCRE_ROLLING) == 0 ? PCRE2_ANCHORED : 0;
    struct laz_view subject = laz_view_from_offset(m->object->bytes, first);
    size_t at = 0, start = 0, end = 0;

    if (has_shift && (p->options & LAZ_PCRE_CONFINED) != 0)
        subject = laz_view_first(subject, p->shift);
    while (m->status == LAZ_OK && at <= subject.len && spend(m, subject.len - at) &&
           find_next(m, form->pattern, code, subject, at, options, &start, &end)) {
        if (has_shift && start > p->shift)
            return;
        laz_matcher_keep(m, form, first + start, first + end);
        if ((p->options & LAZ_PCRE_ALL) == 0 || !laz_matcher_wants(m, form->pattern))
            return;
        at = end > at ? end : at + 1;
    }
}

void laz_matcher_search_pcre(struct laz_matcher *m, const struct laz_form *form)
{
    struct laz_view bytes = {laz_database_code(m->db, form->ahead), form->ahead_len};
    pcre2_code *code = NULL;
    struct program p;
    uint64_t first;

    if (m->pcre == NULL)
        m->pcre = new_cache();
    if (!take_program(bytes, &p) || !first_of(m, &p, &first))
        return;
    if (m->pcre == NULL || !code_of(m->pcre, form->ahead, &p, &code)) {
        m->status = LAZ_NOMEM;
        return;
    }
    if (code != NULL)
        search(m, form, &p, code, first);
}
