#include "scan/module_pe_priv.h"

static const struct laz_pe_resources *resources_of(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_RESOURCES))
        laz_ignore(!laz_pe_resources_read(&s->pe, q->modules->arena,
                                          &s->resources)); /* then there are none */
    return &s->resources;
}

static const struct laz_pe_versions *versions_of(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_VERSIONS))
        laz_ignore(!laz_pe_versions_read(&s->pe, resources_of(q), q->modules->arena,
                                         &s->versions)); /* then there are none */
    return &s->versions;
}

static bool give_number_of(const struct laz_pe_question *q, const struct laz_pe_resource_name *n)
{
    return n->text.data == NULL && n->is_known &&
           laz_pe_give_number(q, (uint64_t)(int32_t)n->number);
}

static bool give_text_of(const struct laz_pe_question *q, const struct laz_pe_resource_name *n)
{
    return n->text.data != NULL && laz_pe_give_text(q, n->text);
}

static bool answer_item(const struct laz_pe_question *q, const struct laz_pe_resource *r)
{
    switch (q->field) {
    case LAZ_PE_RESOURCE_RVA:
        return laz_pe_give_number(q, r->rva);
    case LAZ_PE_RESOURCE_OFFSET:
        return r->has_offset && laz_pe_give_number(q, r->offset);
    case LAZ_PE_RESOURCE_LENGTH:
        return laz_pe_give_number(q, r->length);
    case LAZ_PE_RESOURCE_TYPE:
        return give_number_of(q, &r->type);
    case LAZ_PE_RESOURCE_ID:
        return give_number_of(q, &r->id);
    case LAZ_PE_RESOURCE_LANGUAGE:
        return give_number_of(q, &r->language);
    case LAZ_PE_RESOURCE_TYPE_STRING:
        return give_text_of(q, &r->type);
    case LAZ_PE_RESOURCE_NAME_STRING:
        return give_text_of(q, &r->id);
    case LAZ_PE_RESOURCE_LANGUAGE_STRING:
        return give_text_of(q, &r->language);
    default: /* none is left */
        return false;
    }
}

/* Whether a resource is for this place (16 bits of its language) or this language (8 bits). */
static bool answer_language(const struct laz_pe_question *q, const struct laz_pe_resources *r)
{
    uint32_t mask = q->field == LAZ_PE_LOCALE ? 0xFFFF : 0xFF;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct laz_pe_resource_name *language = &r->items[i].language;

        if (language->text.data == NULL && language->is_known &&
            (language->number & mask) == (uint64_t)q->args[0].n)
            return laz_pe_give_number(q, 1);
    }
    return laz_pe_give_number(q, 0);
}

static bool answer_root(const struct laz_pe_question *q, const struct laz_pe_resources *r)
{
    if (!r->has_directory)
        return false;
    switch (q->field) {
    case LAZ_PE_RESOURCE_TIMESTAMP:
        return laz_pe_give_number(q, r->timestamp);
    case LAZ_PE_RESOURCE_VERSION_MAJOR:
        return laz_pe_give_number(q, r->version_major);
    default: /* LAZ_PE_RESOURCE_VERSION_MINOR */
        return laz_pe_give_number(q, r->version_minor);
    }
}

static bool answer_resource(const struct laz_pe_question *q)
{
    const struct laz_pe_resources *r = resources_of(q);
    uint32_t i;

    switch (q->field) {
    case LAZ_PE_NUMBER_OF_RESOURCES:
    case LAZ_PE_RESOURCE_COUNT:
        return laz_pe_give_number(q, r->count);
    case LAZ_PE_RESOURCE_TIMESTAMP:
    case LAZ_PE_RESOURCE_VERSION_MAJOR:
    case LAZ_PE_RESOURCE_VERSION_MINOR:
        return answer_root(q, r);
    case LAZ_PE_LOCALE:
    case LAZ_PE_LANGUAGE:
        return answer_language(q, r);
    default: /* one of the fields of an item */
        return laz_pe_index(q, 0, r->count, &i) && answer_item(q, &r->items[i]);
    }
}

/* The place of the last item with this key: as in a dictionary it hides those before. */
static bool find_key(const struct laz_pe_versions *v, struct laz_view key, uint32_t *index)
{
    for (uint32_t i = v->count; i-- > 0;)
        if (laz_view_equal(v->items[i].key, key)) {
            *index = i;
            return true;
        }
    return false;
}

/* The keys of the dictionary are those of the list, each at its first place. */
static bool is_first_of_key(const struct laz_pe_versions *v, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (laz_view_equal(v->items[i].key, v->items[index].key))
            return false;
    return true;
}

/* Sought once, as a loop asks for each of them. */
static void find_keys(const struct laz_pe_question *q, const struct laz_pe_versions *v)
{
    struct laz_module_pe *s = q->state;

    if (!laz_pe_begin_part(s, LAZ_PE_PART_KEYS))
        return;
    s->keys = laz_arena_get_array(q->modules->arena, v->count, sizeof *s->keys);
    for (uint32_t i = 0; s->keys != NULL && i < v->count; i++)
        if (is_first_of_key(v, i))
            s->keys[s->key_count++] = i;
}

static bool answer_keys(const struct laz_pe_question *q, const struct laz_pe_versions *v)
{
    uint32_t i;

    find_keys(q, v);
    if (q->field == LAZ_PE_VERSION_INFO_COUNT)
        return laz_pe_give_number(q, q->state->key_count);
    return laz_pe_index(q, 0, q->state->key_count, &i) &&
           laz_pe_give_text(q, v->items[q->state->keys[i]].key);
}

static bool answer_version(const struct laz_pe_question *q)
{
    const struct laz_pe_versions *v = versions_of(q);
    uint32_t i;

    switch (q->field) {
    case LAZ_PE_NUMBER_OF_VERSION_INFOS:
    case LAZ_PE_VERSION_LIST_COUNT:
        return laz_pe_give_number(q, v->count);
    case LAZ_PE_VERSION_INFO:
        return find_key(v, q->args[0].text, &i) && laz_pe_give_text(q, v->items[i].value);
    case LAZ_PE_VERSION_INFO_KEY:
    case LAZ_PE_VERSION_INFO_COUNT:
        return answer_keys(q, v);
    case LAZ_PE_VERSION_LIST_KEY:
        return laz_pe_index(q, 0, v->count, &i) && laz_pe_give_text(q, v->items[i].key);
    case LAZ_PE_VERSION_LIST_VALUE:
        return laz_pe_index(q, 0, v->count, &i) && laz_pe_give_text(q, v->items[i].value);
    default: /* none is left */
        return false;
    }
}

bool laz_pe_answer_resources(const struct laz_pe_question *q)
{
    return q->field >= LAZ_PE_NUMBER_OF_VERSION_INFOS ? answer_version(q) : answer_resource(q);
}
