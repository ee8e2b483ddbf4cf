#include <hs/hs_compile.h>
#include <hs/hs_runtime.h>
#include <stdlib.h>

#include "rules/compiler_priv.h"

#define GROUP_FORMS_MIN 32 /* fewer are looked for in all objects */
#define MATCHER_ALIGN   64

/* Vectorscan 5.4.9 does not find all literals of a set of two to nine (of two random ones of eight
 * bytes it misses one at some offset in four of five sets); from ten on it does. So small sets are
 * filled up with literals that no file has but by chance; who is told of one passes over it. */
#define FILLERS 24
static const char fillers[FILLERS][LAZ_ATOM_MAX + 1] = {
    "\x81\xac\x80\x8b\xa3\xf7\xfd\xa9", "\x86\xf0\xec\xbf\x93\x80\x8e\xa4",
    "\x8b\xf3\xca\x86\xda\xc0\x92\x93", "\x90\xc1\xa9\xf3\xd2\xba\xc2\xc3",
    "\x95\xc4\xdd\xa3\xd5\x87\xcd\x8b", "\x9a\xa6\x86\xc8\xf7\xe6\xfa\xe7",
    "\x9f\xed\xb5\xd1\xb1\xae\x9f\xb3", "\xa4\xfd\xe5\xb1\x93\xea\xaa\xee",
    "\xa9\xe3\xfc\x9b\xf6\x88\xfb\xe9", "\xae\x98\x88\xfd\xb7\xdd\xfe\xaa",
    "\xb3\xa4\xf7\xd2\x88\xc3\xe7\xe2", "\xb8\xda\xd3\x96\x82\x96\xa3\xc6",
    "\xbd\xbd\xef\x93\xb4\x88\xf0\x8f", "\xc2\x81\xd6\xf7\xc8\xf9\xe3\xb1",
    "\xc7\xe7\xb8\xb7\xf4\xc5\xb4\xdc", "\xcc\xdd\xc7\x85\xdb\x81\xff\xd6",
    "\xd1\xe3\x84\xa3\xb2\xbc\xb7\xe7", "\xd6\xa4\x8f\xb7\x8b\xdb\x8b\xee",
    "\xdb\xfb\xde\xcc\xb6\x96\xcd\xc6", "\xe0\xb3\x93\xa6\xd2\xa2\x84\xe1",
    "\xe5\xb8\xee\x8b\xf3\x8b\xcd\xa1", "\xea\xc5\xe4\xee\xbb\xac\x81\xa2",
    "\xef\xac\xf1\xae\xd4\xda\xd5\xb3", "\xf4\xc8\xbc\x88\xf6\xfc\xd2\xd7",
};

/* A form whose atom is looked for. */
struct use {
    uint32_t group, form, guard;
    const struct laz_cut_form *cut;
};

struct group {
    struct laz_group_key key;
    size_t use_count;
};

struct writer {
    struct laz_bodies *b;
    struct use *uses;
    size_t use_count;
    struct group *groups; /* the first is of all objects */
    size_t group_count, group_capacity;
    /* The atoms of one group, as the matcher's compiler wants them. */
    const char **bytes;
    unsigned *flags, *ids;
    size_t *lens;
    unsigned count;
    unsigned atom_count; /* of all groups */
};

static enum laz_status no_memory(struct laz_error *err)
{
    return laz_fail(err, LAZ_NOMEM, "database", "", "no memory", "");
}

static enum laz_status fail_matcher(const char *why, struct laz_error *err)
{
    return laz_fail(err, LAZ_UNSUPPORTED, "matcher", "", why, "build fewer sources at once");
}

static int compare_atoms(const struct laz_cut_form *x, const struct laz_cut_form *y)
{
    if (x->atom_len != y->atom_len)
        return x->atom_len < y->atom_len ? -1 : 1;
    if (x->atom_nocase != y->atom_nocase)
        return x->atom_nocase ? 1 : -1;
    return memcmp(x->atom, y->atom, x->atom_len);
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    int order;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    order = compare_atoms(x->cut, y->cut);
    if (order != 0)
        return order;
    if (x->guard != y->guard)
        return x->guard < y->guard ? -1 : 1;
    return (x->form > y->form) - (x->form < y->form);
}

static bool has_same_key(const struct laz_group_key *a, const struct laz_group_key *b)
{
    return a->target == b->target && a->magic_len == b->magic_len &&
           memcmp(a->magic, b->magic, a->magic_len) == 0;
}

/* The group with this key; a new one when there is none. The first when memory ran out. */
static uint32_t find_group(struct writer *w, const struct laz_group_key *key)
{
    for (size_t i = 0; i < w->group_count; i++)
        if (has_same_key(&w->groups[i].key, key))
            return (uint32_t)i;
    if (w->group_count == w->group_capacity) {
        size_t capacity = w->group_capacity * 2;
        struct group *groups = realloc(w->groups, capacity * sizeof *groups);

        if (groups == NULL)
            return 0;
        w->groups = groups;
        w->group_capacity = capacity;
    }
    w->groups[w->group_count] = (struct group){.key = *key};
    return (uint32_t)w->group_count++;
}

static void collect_uses(struct writer *w)
{
    const struct laz_bodies *b = w->b;

    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &b->set->rules, i);
        struct laz_group_key key;
        uint32_t group;

        laz_group_find(b->set, rule, &key);
        group = find_group(w, &key);
        for (uint32_t j = rule->pattern_first; j < rule->pattern_first + rule->pattern_count; j++) {
            if (!b->is_eager[j])
                continue;
            for (uint32_t f = b->form_firsts[j]; f < b->form_firsts[j + 1]; f++) {
                w->uses[w->use_count++] = (struct use){
                    group, f, b->guards[i], laz_list_at(struct laz_cut_form, &b->forms, f)};
                w->groups[group].use_count++;
            }
        }
    }
}

/* Only the largest groups stay; the forms of others go to the first. */
static void settle_groups(struct writer *w)
{
    size_t kept = 1;
    bool *stays = calloc(w->group_count, sizeof *stays);

    while (stays != NULL && kept < LAZ_GROUPS_MAX) {
        size_t best = 0;

        for (size_t i = 1; i < w->group_count; i++)
            if (!stays[i] && w->groups[i].use_count >= GROUP_FORMS_MIN &&
                (best == 0 || w->groups[i].use_count > w->groups[best].use_count))
                best = i;
        if (best == 0)
            break;
        stays[best] = true;
        kept++;
    }
    for (size_t i = 0; i < w->use_count; i++)
        if (stays == NULL || !stays[w->uses[i].group])
            w->uses[i].group = 0;
    free(stays);
}

static bool prepare(struct writer *w)
{
    size_t count = w->b->forms.count + 1;

    w->group_capacity = 16;
    w->groups = calloc(w->group_capacity, sizeof *w->groups);
    w->uses = calloc(count, sizeof *w->uses);
    w->bytes = calloc(count + FILLERS, sizeof *w->bytes);
    w->flags = calloc(count + FILLERS, sizeof *w->flags);
    w->ids = calloc(count + FILLERS, sizeof *w->ids);
    w->lens = calloc(count + FILLERS, sizeof *w->lens);
    w->group_count = 1;
    return w->groups != NULL && w->uses != NULL && w->bytes != NULL && w->flags != NULL &&
           w->ids != NULL && w->lens != NULL;
}

static void clear(struct writer *w)
{
    free(w->groups);
    free(w->uses);
    free(w->bytes);
    free(w->flags);
    free(w->ids);
    free(w->lens);
}

/* Uses [first, end) of one atom; runs of one guard are told. */
static void write_atom(struct writer *w, size_t first, size_t end)
{
    struct laz_buf *atoms = &w->b->image->sections[LAZ_SECTION_ATOMS];
    struct laz_buf *uses = &w->b->image->sections[LAZ_SECTION_USES];
    const struct laz_cut_form *cut = w->uses[first].cut;

    w->bytes[w->count] = (const char *)cut->atom;
    w->flags[w->count] = cut->atom_nocase ? HS_FLAG_CASELESS : 0;
    w->ids[w->count] = w->atom_count++;
    w->lens[w->count++] = cut->atom_len;
    /* the buffers remember a refusal */
    laz_ignore(laz_buf_add_u32le(atoms, (uint32_t)first));
    laz_ignore(laz_buf_add_u32le(atoms, (uint32_t)(end - first)));
    laz_ignore(laz_buf_add_u32le(atoms, cut->atom_len));
    for (size_t i = first; i < end;) {
        size_t run = i;

        while (run < end && w->uses[run].guard == w->uses[i].guard)
            run++;
        for (; i < run; i++) {
            laz_ignore(laz_buf_add_u32le(uses, w->uses[i].form));
            laz_ignore(laz_buf_add_u32le(uses, w->uses[i].guard));
            laz_ignore(laz_buf_add_u32le(uses, (uint32_t)(run - i)));
        }
    }
}

/* The database is laid out as it will be mapped, ready to be used. */
static bool lay_out(const hs_database_t *compiled, struct laz_buf *out, size_t *placed_len)
{
    char *bytes = NULL;
    size_t len = 0, size = 0;
    void *placed = NULL;
    uint8_t *zeros;
    bool ok = hs_serialize_database(compiled, &bytes, &len) == HS_SUCCESS &&
              hs_serialized_database_size(bytes, len, &size) == HS_SUCCESS &&
              posix_memalign(&placed, LAZ_DB_PAGE, size) == 0;

    if (ok) {
        memset(placed, 0, size);
        ok = hs_deserialize_database_at(bytes, len, placed) == HS_SUCCESS &&
             laz_buf_add(out, laz_view_from(placed, size)) == LAZ_OK &&
             laz_buf_extend(out, (MATCHER_ALIGN - size % MATCHER_ALIGN) % MATCHER_ALIGN, &zeros) ==
                 LAZ_OK;
    }
    free(placed);
    free(bytes);
    *placed_len = size;
    return ok;
}

static void write_group(struct laz_image *image, const struct laz_group_key *key, size_t matcher,
                        size_t matcher_len)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_GROUPS];

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, key->target));
    laz_ignore(laz_buf_add_u32le(out, key->magic_len));
    laz_ignore(laz_buf_add(out, laz_view_from(key->magic, LAZ_MAGIC_MAX)));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)matcher));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)matcher_len));
}

static void fill_up(struct writer *w)
{
    for (size_t i = 0; w->count < FILLERS; i++) {
        w->bytes[w->count] = fillers[i];
        w->flags[w->count] = 0;
        w->ids[w->count] = UINT32_MAX; /* of no atom */
        w->lens[w->count++] = LAZ_ATOM_MAX;
    }
}

static enum laz_status compile_group(struct writer *w, const struct laz_group_key *key,
                                     struct laz_error *err)
{
    struct laz_buf *out = &w->b->image->sections[LAZ_SECTION_MATCHER];
    size_t start = out->len, size = 0;
    hs_database_t *compiled = NULL;
    hs_compile_error_t *why = NULL;
    hs_platform_info_t platform;
    bool ok = hs_populate_platform(&platform) == HS_SUCCESS;

    if (w->count > 1) /* one alone is found by other means */
        fill_up(w);
    platform.cpu_features &= ~(unsigned long long)w->b->set->features_off;
    if (hs_compile_lit_multi(w->bytes, w->flags, w->ids, w->lens, w->count, HS_MODE_BLOCK,
                             ok ? &platform : NULL, &compiled, &why) != HS_SUCCESS) {
        enum laz_status s = fail_matcher(why != NULL ? why->message : "atoms do not compile", err);

        hs_free_compile_error(why);
        return s;
    }
    ok = lay_out(compiled, out, &size);
    hs_free_database(compiled);
    if (!ok)
        return fail_matcher("its database could not be laid out", err);
    write_group(w->b->image, key, start, size);
    return LAZ_OK;
}

/* Uses stand in the order of their groups, and in it of their atoms. */
static enum laz_status write_groups(struct writer *w, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    for (size_t first = 0; s == LAZ_OK && first < w->use_count;) {
        uint32_t group = w->uses[first].group;

        w->count = 0;
        while (first < w->use_count && w->uses[first].group == group) {
            size_t end = first + 1;

            while (end < w->use_count && w->uses[end].group == group &&
                   compare_atoms(w->uses[first].cut, w->uses[end].cut) == 0)
                end++;
            write_atom(w, first, end);
            first = end;
        }
        s = compile_group(w, &w->groups[group].key, err);
    }
    return s;
}

enum laz_status laz_matchers_write(struct laz_bodies *b, struct laz_error *err)
{
    struct writer w = {.b = b};
    enum laz_status s;

    if (!prepare(&w)) {
        clear(&w);
        return no_memory(err);
    }
    collect_uses(&w);
    settle_groups(&w);
    if (w.use_count > 0)
        qsort(w.uses, w.use_count, sizeof *w.uses, compare_uses);
    s = write_groups(&w, err);
    clear(&w);
    return s;
}
