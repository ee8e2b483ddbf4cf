#include "base/status.h"
#include "format/dotnet.h"
#include "match/fields_dotnet.h"
#include "scan/modules_priv.h"

/* Parts that were read, though they may be empty. */
enum part {
    PART_USER_STRINGS = 1u << 0,
    PART_CONSTANTS = 1u << 1,
    PART_MODULE_REFS = 1u << 2,
    PART_REFERENCES = 1u << 3,
    PART_RESOURCES = 1u << 4,
    PART_OFFSETS = 1u << 5,
    PART_CLASSES = 1u << 6,
    PART_TYPELIB = 1u << 7,
    PART_GUIDS = 1u << 8,
};

struct state {
    struct laz_pe pe;
    bool is_dotnet;
    unsigned parts;
    struct laz_dotnet dotnet;
    struct laz_dotnet_texts user_strings, constants, module_refs;
    struct laz_dotnet_references references;
    struct laz_dotnet_resources resources;
    struct laz_dotnet_offsets offsets;
    struct laz_dotnet_classes *classes;
    bool has_typelib;
    struct laz_view typelib;
    char guids[LAZ_DOTNET_GUIDS_MAX][LAZ_DOTNET_GUID_LEN + 1];
    uint32_t guid_count;
};

struct question {
    struct laz_modules *modules;
    struct state *state;
    enum laz_dotnet_field field;
    const struct laz_value *args;
    struct laz_value *out;
};

static bool begin_part(const struct question *q, enum part part)
{
    bool is_first = (q->state->parts & part) == 0;

    q->state->parts |= part;
    return is_first;
}

static bool give_number(const struct question *q, uint64_t n)
{
    *q->out = laz_value_number((int64_t)n);
    return true;
}

static bool give_text(const struct question *q, struct laz_view text)
{
    if (text.data == NULL)
        return false;
    *q->out = laz_value_text(text);
    return true;
}

static bool index_below(const struct question *q, unsigned n, uint32_t count, uint32_t *index)
{
    int64_t i = q->args[n].n;

    if (i < 0 || i >= (int64_t)count)
        return false;
    *index = (uint32_t)i;
    return true;
}

static bool give_name(const struct question *q, unsigned n, const struct laz_dotnet_names *names)
{
    uint32_t i;

    return names != NULL && index_below(q, n, names->count, &i) && give_text(q, names->items[i]);
}

/* The three rows of an array of texts: item, how many there are to walk, and the number told. */
static bool answer_texts(const struct question *q, const struct laz_dotnet_texts *texts,
                         enum laz_dotnet_field item)
{
    uint32_t i;

    if (q->field == item)
        return index_below(q, 0, texts->count, &i) && give_text(q, texts->items[i]);
    if (q->field == item + 1)
        return give_number(q, texts->count);
    return texts->is_known && give_number(q, texts->count);
}

/* Reads an array of texts when it is asked for first; what did not fit into memory is not there. */
typedef bool read_texts_fn(const struct laz_dotnet *d, struct laz_arena *arena,
                           struct laz_dotnet_texts *out);

static const struct laz_dotnet_texts *texts_of(const struct question *q, enum part part,
                                               read_texts_fn *read, struct laz_dotnet_texts *texts)
{
    if (begin_part(q, part))
        laz_ignore(!read(&q->state->dotnet, q->modules->arena, texts)); /* see above */
    return texts;
}

static bool answer_guids(const struct question *q)
{
    struct state *s = q->state;
    uint32_t i;

    if (begin_part(q, PART_GUIDS))
        s->guid_count = laz_dotnet_guids(&s->dotnet, s->guids);
    if (q->field == LAZ_DOTNET_GUID)
        return index_below(q, 0, s->guid_count, &i) && give_text(q, laz_view_of(s->guids[i]));
    if (q->field == LAZ_DOTNET_NUMBER_OF_GUIDS && !s->dotnet.guids.is_there)
        return false;
    return give_number(q, s->guid_count);
}

static bool answer_streams(const struct question *q)
{
    const struct laz_dotnet *d = &q->state->dotnet;
    uint32_t i;

    switch (q->field) {
    case LAZ_DOTNET_NUMBER_OF_STREAMS:
        return d->has_streams && give_number(q, d->stream_count);
    case LAZ_DOTNET_STREAM_COUNT:
        return give_number(q, d->stream_count);
    case LAZ_DOTNET_STREAM_NAME:
        return index_below(q, 0, d->stream_count, &i) && give_text(q, d->streams[i].name);
    case LAZ_DOTNET_STREAM_OFFSET:
        return index_below(q, 0, d->stream_count, &i) && give_number(q, d->streams[i].offset);
    default: /* LAZ_DOTNET_STREAM_SIZE */
        return index_below(q, 0, d->stream_count, &i) && give_number(q, d->streams[i].size);
    }
}

static bool answer_resources(const struct question *q)
{
    struct laz_dotnet_resources *r = &q->state->resources;
    uint32_t i;

    if (begin_part(q, PART_RESOURCES))
        laz_ignore(!laz_dotnet_resources_read(&q->state->dotnet, q->modules->arena,
                                              r)); /* then there are none */
    if (q->field == LAZ_DOTNET_RESOURCE_COUNT)
        return give_number(q, r->count);
    if (q->field == LAZ_DOTNET_NUMBER_OF_RESOURCES)
        return r->is_known && give_number(q, r->count);
    if (!index_below(q, 0, r->count, &i))
        return false;
    switch (q->field) {
    case LAZ_DOTNET_RESOURCE_OFFSET:
        return give_number(q, r->items[i].offset);
    case LAZ_DOTNET_RESOURCE_LENGTH:
        return give_number(q, r->items[i].length);
    default: /* its name */
        return give_text(q, r->items[i].name);
    }
}

static bool answer_version(const struct question *q, const struct laz_dotnet_version *v,
                           enum laz_dotnet_field major)
{
    switch (q->field - major) {
    case 0:
        return give_number(q, v->major);
    case 1:
        return give_number(q, v->minor);
    case 2:
        return give_number(q, v->build);
    default: /* the fourth row */
        return give_number(q, v->revision);
    }
}

static bool answer_references(const struct question *q)
{
    struct laz_dotnet_references *r = &q->state->references;
    uint32_t i;

    if (begin_part(q, PART_REFERENCES))
        laz_ignore(!laz_dotnet_references_read(&q->state->dotnet, q->modules->arena,
                                               r)); /* then there are none */
    if (q->field == LAZ_DOTNET_REFERENCE_COUNT)
        return give_number(q, r->count);
    if (q->field == LAZ_DOTNET_NUMBER_OF_REFERENCES)
        return r->is_known && give_number(q, r->count);
    if (!index_below(q, 0, r->count, &i))
        return false;
    if (q->field == LAZ_DOTNET_REFERENCE_KEY)
        return give_text(q, r->items[i].key);
    if (q->field == LAZ_DOTNET_REFERENCE_NAME)
        return give_text(q, r->items[i].name);
    return answer_version(q, &r->items[i].version, LAZ_DOTNET_REFERENCE_MAJOR);
}

static bool answer_assembly(const struct question *q)
{
    struct laz_dotnet_assembly a;

    laz_dotnet_assembly_read(&q->state->dotnet, &a);
    if (!a.is_known)
        return false;
    if (q->field == LAZ_DOTNET_ASSEMBLY_NAME)
        return give_text(q, a.name);
    if (q->field == LAZ_DOTNET_ASSEMBLY_CULTURE)
        return give_text(q, a.culture);
    return answer_version(q, &a.version, LAZ_DOTNET_ASSEMBLY_MAJOR);
}

static bool answer_offsets(const struct question *q)
{
    struct laz_dotnet_offsets *o = &q->state->offsets;
    uint32_t i;

    if (begin_part(q, PART_OFFSETS))
        laz_ignore(!laz_dotnet_field_offsets_read(&q->state->dotnet, q->modules->arena,
                                                  o)); /* then there are none */
    if (q->field == LAZ_DOTNET_FIELD_OFFSET)
        return index_below(q, 0, o->count, &i) && give_number(q, o->items[i]);
    if (q->field == LAZ_DOTNET_NUMBER_OF_FIELD_OFFSETS && !o->is_known)
        return false;
    return give_number(q, o->count);
}

static bool answer_class_itself(const struct question *q, const struct laz_dotnet_class *c)
{
    if (c == NULL)
        return false;
    switch (q->field) {
    case LAZ_DOTNET_CLASS_FULLNAME:
        return give_text(q, c->fullname);
    case LAZ_DOTNET_CLASS_NAME:
        return give_text(q, c->name);
    case LAZ_DOTNET_CLASS_NAMESPACE:
        return give_text(q, c->name_space);
    case LAZ_DOTNET_CLASS_VISIBILITY:
        return give_text(q, laz_view_of(c->visibility));
    case LAZ_DOTNET_CLASS_TYPE:
        return give_text(q, laz_view_of(c->kind));
    case LAZ_DOTNET_CLASS_ABSTRACT:
        return give_number(q, c->is_abstract);
    default: /* LAZ_DOTNET_CLASS_SEALED */
        return give_number(q, c->is_sealed);
    }
}

static bool answer_parameter(const struct question *q, const struct laz_dotnet_method *m)
{
    switch (q->field) {
    case LAZ_DOTNET_PARAMETER_COUNT:
        return give_number(q, m->parameter_types.count);
    case LAZ_DOTNET_PARAMETER_NAME:
        return give_name(q, 2, &m->parameter_names);
    case LAZ_DOTNET_PARAMETER_TYPE:
        return give_name(q, 2, &m->parameter_types);
    default: /* LAZ_DOTNET_METHOD_NUMBER_OF_PARAMETERS */
        return m->has_parameters && give_number(q, m->parameter_types.count);
    }
}

static bool answer_method(const struct question *q, const struct laz_dotnet_method *m)
{
    switch (q->field) {
    case LAZ_DOTNET_METHOD_GENERIC:
        return give_name(q, 2, &m->generics);
    case LAZ_DOTNET_METHOD_GENERIC_COUNT:
    case LAZ_DOTNET_METHOD_NUMBER_OF_GENERICS:
        return give_number(q, m->generics.count);
    case LAZ_DOTNET_METHOD_RETURN_TYPE:
        return give_text(q, m->return_type);
    case LAZ_DOTNET_METHOD_ABSTRACT:
        return give_number(q, m->is_abstract);
    case LAZ_DOTNET_METHOD_FINAL:
        return give_number(q, m->is_final);
    case LAZ_DOTNET_METHOD_VIRTUAL:
        return give_number(q, m->is_virtual);
    case LAZ_DOTNET_METHOD_STATIC:
        return give_number(q, m->is_static);
    case LAZ_DOTNET_METHOD_VISIBILITY:
        return give_text(q, laz_view_of(m->visibility));
    case LAZ_DOTNET_METHOD_NAME:
        return give_text(q, m->name);
    default: /* of its parameters */
        return answer_parameter(q, m);
    }
}

static bool answer_methods(const struct question *q, uint32_t class_index)
{
    const struct laz_dotnet_methods *m = laz_dotnet_class_methods(q->state->classes, class_index);
    uint32_t i;

    if (m == NULL)
        return false;
    if (q->field == LAZ_DOTNET_METHOD_COUNT)
        return give_number(q, m->count);
    if (q->field == LAZ_DOTNET_CLASS_NUMBER_OF_METHODS)
        return m->is_known && give_number(q, m->count);
    return index_below(q, 1, m->count, &i) && answer_method(q, &m->items[i]);
}

static bool give_count(const struct question *q, const struct laz_dotnet_names *names)
{
    return names != NULL && give_number(q, names->count);
}

static bool answer_class(const struct question *q, uint32_t i)
{
    struct laz_dotnet_classes *c = q->state->classes;

    switch (q->field) {
    case LAZ_DOTNET_CLASS_NUMBER_OF_GENERICS:
    case LAZ_DOTNET_CLASS_GENERIC_COUNT:
        return give_count(q, laz_dotnet_class_generics(c, i));
    case LAZ_DOTNET_CLASS_GENERIC:
        return give_name(q, 1, laz_dotnet_class_generics(c, i));
    case LAZ_DOTNET_CLASS_NUMBER_OF_BASES:
    case LAZ_DOTNET_CLASS_BASE_COUNT:
        return give_count(q, laz_dotnet_class_bases(c, i));
    case LAZ_DOTNET_CLASS_BASE:
        return give_name(q, 1, laz_dotnet_class_bases(c, i));
    default: /* by where the row stands */
        break;
    }
    if (q->field >= LAZ_DOTNET_CLASS_NUMBER_OF_METHODS)
        return answer_methods(q, i);
    return answer_class_itself(q, laz_dotnet_class(c, i));
}

static bool answer_classes(const struct question *q)
{
    struct state *s = q->state;
    uint32_t count, i;

    if (begin_part(q, PART_CLASSES))
        s->classes = laz_dotnet_classes_read(&s->dotnet, q->modules->arena);
    count = s->classes == NULL ? 0 : laz_dotnet_class_count(s->classes);
    if (q->field == LAZ_DOTNET_CLASS_COUNT)
        return give_number(q, count);
    if (q->field == LAZ_DOTNET_NUMBER_OF_CLASSES)
        return s->classes != NULL && give_number(q, count);
    return index_below(q, 0, count, &i) && answer_class(q, i);
}

static bool answer_typelib(const struct question *q)
{
    struct state *s = q->state;

    if (begin_part(q, PART_TYPELIB))
        s->has_typelib = laz_dotnet_typelib(&s->dotnet, &s->typelib);
    return s->has_typelib && give_text(q, s->typelib);
}

static bool answer_single(const struct question *q)
{
    struct laz_view name;

    switch (q->field) {
    case LAZ_DOTNET_VERSION:
        return give_text(q, q->state->dotnet.version);
    case LAZ_DOTNET_MODULE_NAME:
        return laz_dotnet_module_name(&q->state->dotnet, &name) && give_text(q, name);
    default: /* LAZ_DOTNET_TYPELIB */
        return answer_typelib(q);
    }
}

/* By where the rows stand in the table. */
static bool answer(const struct question *q)
{
    struct state *s = q->state;
    enum laz_dotnet_field f = q->field;

    if (f <= LAZ_DOTNET_MODULE_NAME || f == LAZ_DOTNET_TYPELIB)
        return answer_single(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_STREAMS)
        return answer_streams(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_GUIDS)
        return answer_guids(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_RESOURCES)
        return answer_resources(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_CLASSES)
        return answer_classes(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_REFERENCES)
        return answer_references(q);
    if (f <= LAZ_DOTNET_ASSEMBLY_CULTURE)
        return answer_assembly(q);
    if (f <= LAZ_DOTNET_NUMBER_OF_MODULE_REFERENCES)
        return answer_texts(
            q, texts_of(q, PART_MODULE_REFS, laz_dotnet_module_refs_read, &s->module_refs),
            LAZ_DOTNET_MODULE_REFERENCE);
    if (f <= LAZ_DOTNET_NUMBER_OF_USER_STRINGS)
        return answer_texts(
            q, texts_of(q, PART_USER_STRINGS, laz_dotnet_user_strings, &s->user_strings),
            LAZ_DOTNET_USER_STRING);
    if (f <= LAZ_DOTNET_NUMBER_OF_CONSTANTS)
        return answer_texts(q,
                            texts_of(q, PART_CONSTANTS, laz_dotnet_constants_read, &s->constants),
                            LAZ_DOTNET_CONSTANT);
    return answer_offsets(q);
}

static bool open_pe(struct laz_modules *m, void *state)
{
    struct state *s = state;

    if (!laz_pe_read(m->input.bytes, &s->pe) || !s->pe.is_whole)
        return false;
    s->is_dotnet = laz_dotnet_read(&s->pe, &s->dotnet);
    return true;
}

bool laz_module_dotnet(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                       struct laz_value *out)
{
    struct state *state = laz_modules_state(m, LAZ_MODULE_DOTNET, sizeof *state, open_pe);
    struct question q = {m, state, (enum laz_dotnet_field)index, args, out};

    /* Undefined for what is no program at all, as in YARA. */
    if (state == NULL)
        return false;
    if (q.field == LAZ_DOTNET_IS_DOTNET)
        return give_number(&q, state->is_dotnet);
    return state->is_dotnet && answer(&q);
}
