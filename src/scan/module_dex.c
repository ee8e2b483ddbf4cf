/* module_dex.c - YARA's module dex, over format/dex.h. */
#include "format/dex.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

#define MAGIC_LEN 7 /* without the NUL behind it, as YARA has it */

struct state {
    struct laz_dex dex;
    bool is_walked;
};

static bool open_dex(struct laz_modules *m, void *state)
{
    struct state *s = state;

    return laz_dex_open(m->input.bytes, &s->dex);
}

static bool of_constant(int64_t id, struct laz_value *out)
{
    static const char *const magics[] = {"dex\n035", "dex\n036", "dex\n037", "dex\n038",
                                         "dex\n039"};

    return laz_give_text(laz_view_of(magics[id - LAZ_DEX_MAGIC_035]), out);
}

static bool of_header(const struct laz_dex *d, int64_t id, struct laz_value *out)
{
    unsigned place = (unsigned)(id - LAZ_DEX_HEADER_STRING_IDS_SIZE);

    switch (id) {
    case LAZ_DEX_HEADER_MAGIC:
        return laz_give_text(laz_view_first(d->magic, MAGIC_LEN), out);
    case LAZ_DEX_HEADER_CHECKSUM:
        return laz_give_number(d->checksum, out);
    case LAZ_DEX_HEADER_SIGNATURE:
        return laz_give_text(laz_view_first(d->signature, laz_view_find_byte(d->signature, 0)),
                             out);
    case LAZ_DEX_HEADER_FILE_SIZE:
        return laz_give_number(d->file_size, out);
    case LAZ_DEX_HEADER_HEADER_SIZE:
        return laz_give_number(d->header_size, out);
    case LAZ_DEX_HEADER_ENDIAN_TAG:
        return laz_give_number(d->endian_tag, out);
    case LAZ_DEX_HEADER_LINK_SIZE:
        return laz_give_number(d->link_size, out);
    case LAZ_DEX_HEADER_LINK_OFFSET:
        return laz_give_number(d->link_offset, out);
    case LAZ_DEX_HEADER_MAP_OFFSET:
        return laz_give_number(d->map_offset, out);
    case LAZ_DEX_HEADER_DATA_SIZE:
        return laz_give_number(d->data_size, out);
    case LAZ_DEX_HEADER_DATA_OFFSET:
        return laz_give_number(d->data_offset, out);
    default: /* a size and an offset for each table, in their order */
        return laz_give_number(
            place % 2 == 0 ? d->table_size[place / 2] : d->table_offset[place / 2], out);
    }
}

static bool of_string(const struct laz_dex *d, int64_t id, uint64_t index, struct laz_value *out)
{
    struct laz_view value;
    uint32_t n, len;

    if (!laz_dex_number(d, LAZ_DEX_STRINGS, index, 0, 4, &n) ||
        !laz_dex_string(d, index, &len, &value))
        return false;
    if (id == LAZ_DEX_STRING_OFFSET)
        return laz_give_number(n, out);
    return id == LAZ_DEX_STRING_SIZE ? laz_give_number(len, out) : laz_give_text(value, out);
}

/* The columns of the tables of identifiers and classes. */
static bool of_table(const struct laz_dex *d, int64_t id, uint64_t index, struct laz_value *out)
{
    static const struct {
        int16_t id;
        uint8_t table, at, width; /* width 0: how many entries */
    } columns[] = {
        {LAZ_DEX_STRING_COUNT, LAZ_DEX_STRINGS, 0, 0},
        {LAZ_DEX_TYPE_COUNT, LAZ_DEX_TYPES, 0, 0},
        {LAZ_DEX_TYPE_DESCRIPTOR_IDX, LAZ_DEX_TYPES, 0, 4},
        {LAZ_DEX_PROTO_COUNT, LAZ_DEX_PROTOS, 0, 0},
        {LAZ_DEX_PROTO_SHORTY_IDX, LAZ_DEX_PROTOS, 0, 4},
        {LAZ_DEX_PROTO_RETURN_TYPE_IDX, LAZ_DEX_PROTOS, 4, 4},
        {LAZ_DEX_PROTO_PARAMETERS_OFFSET, LAZ_DEX_PROTOS, 8, 4},
        {LAZ_DEX_FIELD_ID_COUNT, LAZ_DEX_FIELDS, 0, 0},
        {LAZ_DEX_FIELD_ID_CLASS_IDX, LAZ_DEX_FIELDS, 0, 2},
        {LAZ_DEX_FIELD_ID_TYPE_IDX, LAZ_DEX_FIELDS, 2, 2},
        {LAZ_DEX_FIELD_ID_NAME_IDX, LAZ_DEX_FIELDS, 4, 4},
        {LAZ_DEX_METHOD_ID_COUNT, LAZ_DEX_METHODS, 0, 0},
        {LAZ_DEX_METHOD_ID_CLASS_IDX, LAZ_DEX_METHODS, 0, 2},
        {LAZ_DEX_METHOD_ID_PROTO_IDX, LAZ_DEX_METHODS, 2, 2},
        {LAZ_DEX_METHOD_ID_NAME_IDX, LAZ_DEX_METHODS, 4, 4},
        {LAZ_DEX_CLASS_COUNT, LAZ_DEX_CLASSES, 0, 0},
        {LAZ_DEX_CLASS_CLASS_IDX, LAZ_DEX_CLASSES, 0, 4},
        {LAZ_DEX_CLASS_ACCESS_FLAGS, LAZ_DEX_CLASSES, 4, 4},
        {LAZ_DEX_CLASS_SUPER_CLASS_IDX, LAZ_DEX_CLASSES, 8, 4},
        {LAZ_DEX_CLASS_INTERFACES_OFFSET, LAZ_DEX_CLASSES, 12, 4},
        {LAZ_DEX_CLASS_SOURCE_FILE_IDX, LAZ_DEX_CLASSES, 16, 4},
        {LAZ_DEX_CLASS_ANNOTATIONS_OFFSET, LAZ_DEX_CLASSES, 20, 4},
        {LAZ_DEX_CLASS_CLASS_DATA_OFFSET, LAZ_DEX_CLASSES, 24, 4},
        {LAZ_DEX_CLASS_STATIC_VALUES_OFFSET, LAZ_DEX_CLASSES, 28, 4},
    };
    uint32_t n;

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        enum laz_dex_table table = (enum laz_dex_table)columns[i].table;

        if (columns[i].id != id)
            continue;
        if (columns[i].width == 0)
            return laz_give_number(laz_dex_count(d, table), out);
        return laz_dex_number(d, table, index, columns[i].at, columns[i].width, &n) &&
               laz_give_number(n, out);
    }
    return false;
}

static bool of_class_data(const struct laz_dex *d, int64_t id, uint64_t index,
                          struct laz_value *out)
{
    const struct laz_dex_class_data *c;

    if (id == LAZ_DEX_DATA_COUNT)
        return laz_give_number(d->class_data_count, out);
    if (index >= d->class_data_count)
        return false;
    c = &d->class_data[index];
    switch (id) {
    case LAZ_DEX_DATA_STATIC_FIELDS_SIZE:
        return laz_give_number(c->static_fields, out);
    case LAZ_DEX_DATA_INSTANCE_FIELDS_SIZE:
        return laz_give_number(c->instance_fields, out);
    case LAZ_DEX_DATA_DIRECT_METHODS_SIZE:
        return laz_give_number(c->direct_methods, out);
    default:
        return laz_give_number_if(id == LAZ_DEX_DATA_VIRTUAL_METHODS_SIZE, c->virtual_methods, out);
    }
}

/* The map may claim more items than there are. */
static uint64_t map_count(const struct laz_dex *d)
{
    uint64_t room = laz_view_from_offset(d->file, (uint64_t)d->map_offset + 4).len / 12;
    uint32_t size;

    if (!laz_dex_map_size(d, &size))
        return 0;
    return size < room ? size : room;
}

static bool of_map(const struct laz_dex *d, int64_t id, uint64_t index, struct laz_value *out)
{
    struct laz_dex_map_item item;
    uint32_t size;

    if (id == LAZ_DEX_MAP_SIZE)
        return laz_dex_map_size(d, &size) && laz_give_number(size, out);
    if (id == LAZ_DEX_MAP_ITEM_COUNT)
        return laz_give_number(map_count(d), out);
    if (!laz_dex_map_item(d, index, &item))
        return false;
    switch (id) {
    case LAZ_DEX_MAP_ITEM_TYPE:
        return laz_give_number(item.type, out);
    case LAZ_DEX_MAP_ITEM_UNUSED:
        return laz_give_number(item.unused, out);
    case LAZ_DEX_MAP_ITEM_SIZE:
        return laz_give_number(item.size, out);
    default:
        return laz_give_number_if(id == LAZ_DEX_MAP_ITEM_OFFSET, item.offset, out);
    }
}

/* The names of an entry in the table of fields or methods. */
static bool class_name(const struct laz_dex *d, enum laz_dex_table table, uint32_t index,
                       struct laz_view *out)
{
    uint32_t type;

    return laz_dex_number(d, table, index, 0, 2, &type) && laz_dex_type_name(d, type, out);
}

static bool member_name(const struct laz_dex *d, enum laz_dex_table table, uint32_t index,
                        struct laz_view *out)
{
    uint32_t string, len;

    return laz_dex_number(d, table, index, 4, 4, &string) && laz_dex_string(d, string, &len, out);
}

static bool field_type(const struct laz_dex *d, uint32_t index, struct laz_view *out)
{
    uint32_t type;

    return laz_dex_number(d, LAZ_DEX_FIELDS, index, 2, 2, &type) && laz_dex_type_name(d, type, out);
}

static bool method_proto(const struct laz_dex *d, uint32_t index, struct laz_view *out)
{
    uint32_t proto, string, len;

    return laz_dex_number(d, LAZ_DEX_METHODS, index, 2, 2, &proto) &&
           laz_dex_number(d, LAZ_DEX_PROTOS, proto, 0, 4, &string) &&
           laz_dex_string(d, string, &len, out);
}

static bool of_field(const struct laz_dex *d, int64_t id, uint64_t index, struct laz_value *out)
{
    const struct laz_dex_member *f;
    struct laz_view v;

    if (id == LAZ_DEX_FIELD_COUNT || id == LAZ_DEX_NUMBER_OF_FIELDS)
        return laz_give_number_if(d->is_walked_whole || id == LAZ_DEX_FIELD_COUNT, d->fields.count,
                                  out);
    if (index >= d->fields.count)
        return false;
    f = &d->fields.items[index];
    switch (id) {
    case LAZ_DEX_FIELD_CLASS_NAME:
        return class_name(d, LAZ_DEX_FIELDS, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_FIELD_NAME:
        return member_name(d, LAZ_DEX_FIELDS, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_FIELD_PROTO:
        return field_type(d, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_FIELD_FIELD_IDX_DIFF:
        return laz_give_number(f->index_step, out);
    default:
        return laz_give_number_if(id == LAZ_DEX_FIELD_ACCESS_FLAGS, f->access_flags, out);
    }
}

static bool of_code(const struct laz_dex *d, int64_t id, uint32_t offset, struct laz_value *out)
{
    struct laz_dex_code c;

    if (!laz_dex_code(d, offset, &c))
        return false;
    switch (id) {
    case LAZ_DEX_METHOD_CODE_ITEM_REGISTERS_SIZE:
        return laz_give_number(c.registers, out);
    case LAZ_DEX_METHOD_CODE_ITEM_INS_SIZE:
        return laz_give_number(c.ins, out);
    case LAZ_DEX_METHOD_CODE_ITEM_OUTS_SIZE:
        return laz_give_number(c.outs, out);
    case LAZ_DEX_METHOD_CODE_ITEM_TRIES_SIZE:
        return laz_give_number(c.tries, out);
    case LAZ_DEX_METHOD_CODE_ITEM_DEBUG_INFO_OFF:
        return laz_give_number(c.debug_offset, out);
    case LAZ_DEX_METHOD_CODE_ITEM_INSNS_SIZE:
        return laz_give_number(c.instructions_size, out);
    default: /* padding has no value in YARA either */
        return id == LAZ_DEX_METHOD_CODE_ITEM_INSNS && c.has_instructions &&
               laz_give_text(c.instructions, out);
    }
}

static bool of_method(const struct laz_dex *d, int64_t id, uint64_t index, struct laz_value *out)
{
    const struct laz_dex_member *f;
    struct laz_view v;

    if (id == LAZ_DEX_METHOD_COUNT || id == LAZ_DEX_NUMBER_OF_METHODS)
        return laz_give_number_if(d->is_walked_whole || id == LAZ_DEX_METHOD_COUNT,
                                  d->methods.count, out);
    if (index >= d->methods.count)
        return false;
    f = &d->methods.items[index];
    switch (id) {
    case LAZ_DEX_METHOD_CLASS_NAME:
        return class_name(d, LAZ_DEX_METHODS, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_METHOD_NAME:
        return member_name(d, LAZ_DEX_METHODS, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_METHOD_PROTO:
        return method_proto(d, f->index, &v) && laz_give_text(v, out);
    case LAZ_DEX_METHOD_DIRECT:
        return laz_give_number(f->is_direct, out);
    case LAZ_DEX_METHOD_VIRTUAL:
        return laz_give_number(!f->is_direct, out);
    case LAZ_DEX_METHOD_METHOD_IDX_DIFF:
        return laz_give_number(f->index_step, out);
    case LAZ_DEX_METHOD_ACCESS_FLAGS:
        return laz_give_number(f->access_flags, out);
    case LAZ_DEX_METHOD_CODE_OFF:
        return laz_give_number(f->code_offset, out);
    default:
        return of_code(d, id, f->code_offset, out);
    }
}

/* A text is to be equal, an expression to match. */
static bool fits(struct laz_modules *m, struct laz_view name, const struct laz_value *wanted)
{
    return wanted->kind == LAZ_VALUE_REGEX ? laz_modules_matches(m, wanted, name)
                                           : laz_view_equal(name, wanted->text);
}

static bool has(struct laz_modules *m, const struct laz_dex *d, int64_t id,
                const struct laz_value *args, struct laz_value *out)
{
    bool by_class = id != LAZ_DEX_HAS_METHOD, by_name = id != LAZ_DEX_HAS_CLASS;
    const struct laz_value *name = by_class ? &args[1] : &args[0];
    bool found = false;
    struct laz_view v;

    for (uint32_t i = 0; i < d->methods.count && !found && m->regex_steps_left > 0; i++) {
        uint32_t index = d->methods.items[i].index;

        found =
            (!by_class || (class_name(d, LAZ_DEX_METHODS, index, &v) && fits(m, v, &args[0]))) &&
            (!by_name || (member_name(d, LAZ_DEX_METHODS, index, &v) && fits(m, v, name)));
    }
    return laz_give_number_if(found || m->regex_steps_left > 0, found, out);
}

/* What the classes define; they are walked when it is asked for first. */
static bool of_members(struct laz_modules *m, struct state *s, int64_t id,
                       const struct laz_value *args, uint64_t index, struct laz_value *out)
{
    if (!s->is_walked)
        laz_ignore(!laz_dex_walk(&s->dex, m->arena)); /* what was read stands */
    s->is_walked = true;
    if (!s->dex.is_whole)
        return false;
    if (id <= LAZ_DEX_DATA_VIRTUAL_METHODS_SIZE)
        return of_class_data(&s->dex, id, index, out);
    if (id <= LAZ_DEX_FIELD_ACCESS_FLAGS)
        return of_field(&s->dex, id, index, out);
    if (id <= LAZ_DEX_METHOD_CODE_ITEM_PADDING)
        return of_method(&s->dex, id, index, out);
    return has(m, &s->dex, id, args, out);
}

bool laz_module_dex(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                    struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_dex.fields[index];
    uint64_t item = field->args[0] == 'i' ? (uint64_t)args[0].n : 0;
    int64_t id = field->n;
    struct state *s;

    if (id <= LAZ_DEX_MAGIC_039)
        return of_constant(id, out);
    s = laz_modules_state(m, LAZ_MODULE_DEX, sizeof *s, open_dex);
    if (s == NULL)
        return false;
    if (id <= LAZ_DEX_HEADER_DATA_OFFSET)
        return of_header(&s->dex, id, out);
    if (id >= LAZ_DEX_STRING_OFFSET && id <= LAZ_DEX_STRING_VALUE)
        return of_string(&s->dex, id, item, out);
    if (id < LAZ_DEX_DATA_COUNT)
        return of_table(&s->dex, id, item, out);
    if (id >= LAZ_DEX_MAP_SIZE && id <= LAZ_DEX_MAP_ITEM_OFFSET)
        return of_map(&s->dex, id, item, out);
    return of_members(m, s, id, args, item, out);
}
