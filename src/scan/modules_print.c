/* modules_print.c - all that a module says of an object, in the form of `yara -D`. */
#include "base/buf.h"
#include "base/text.h"
#include "scan/modules_priv.h"

#define DEPTH_MAX  4u  /* of arrays and structures in one another; the tables have fewer */
#define PREFIX_MAX 128 /* bytes of a path */

/* Where in the tree we are: a path with its end ("elf.sections[]."), and the indices in it. */
struct place {
    struct laz_view prefix;
    struct laz_value args[DEPTH_MAX];
    uint32_t arg_count, depth;
    /* YARA gives the members of a structure last one first, and turns them round whenever it copies
     * the structure, as it does for each item of an array. */
    bool is_copy;
};

struct printer {
    struct laz_modules *m;
    enum laz_module module;
    const struct laz_field_table *table;
    struct laz_buf *out;
    uint64_t known; /* values so far that are not undefined */
};

static void print_members(struct printer *p, const struct place *at);

static void indent(struct printer *p, uint32_t depth)
{
    /* A refusal stays marked in the buffer: here and everywhere below. */
    for (uint32_t i = 0; i < depth; i++)
        laz_buf_add_text(p->out, "\t");
}

static void print_text(struct laz_buf *out, struct laz_view text)
{
    uint8_t c;

    laz_buf_add_text(out, "\"");
    while (laz_take_u8(&text, &c)) {
        if (c >= ' ' && c <= '~')
            laz_buf_add_u8(out, c);
        else
            laz_buf_addf(out, "\\x%02x", c);
    }
    laz_buf_add_text(out, "\"");
}

static bool value_of(struct printer *p, uint32_t row, const struct place *at, struct laz_value *out)
{
    const struct laz_field *field = &p->table->fields[row];
    bool known = field->is_constant;

    if (known)
        *out = laz_value_number(field->n);
    else
        known = laz_modules_field(p->m, laz_field_number(p->module, row), at->args, out);
    p->known += known;
    return known;
}

static void print_value(struct printer *p, uint32_t row, const struct place *at)
{
    struct laz_value value;

    laz_buf_add_text(p->out, " = ");
    if (!value_of(p, row, at, &value))
        laz_buf_add_text(p->out, "YR_UNDEFINED");
    else if (value.kind == LAZ_VALUE_TEXT)
        print_text(p->out, value.text);
    else if (value.kind == LAZ_VALUE_REAL)
        laz_buf_addf(p->out, "%f", value.real);
    else
        laz_buf_addf(p->out, "%lld", (long long)value.n);
    laz_buf_add_text(p->out, "\n");
}

/* The row with the path prefix + name + rest; false when there is none. */
static bool find_row(struct printer *p, const struct place *at, struct laz_view name,
                     const char *rest, uint32_t *row)
{
    uint8_t path[PREFIX_MAX];
    struct laz_buf b = {.data = path, .capacity = sizeof path, .max = sizeof path - 1};
    uint32_t number;

    LAZ_ASSERT(at->prefix.len + name.len + 3 < sizeof path);
    laz_buf_add(&b, at->prefix);
    laz_buf_add(&b, name);
    laz_buf_add_text(&b, rest);
    if (!laz_field_find(p->module, laz_buf_view(&b), 0, &number))
        return false;
    *row = laz_field_index(number);
    return true;
}

/* The place below at: prefix + name + rest, with arg as one more index when it is not NULL. */
static struct place below(const struct place *at, struct laz_view name, const char *rest,
                          const struct laz_value *arg, uint8_t path[PREFIX_MAX])
{
    struct laz_buf b = {.data = path, .capacity = PREFIX_MAX, .max = PREFIX_MAX - 1};
    struct place next = *at;

    LAZ_ASSERT(at->prefix.len + name.len + 3 < PREFIX_MAX);
    laz_buf_add(&b, at->prefix);
    laz_buf_add(&b, name);
    laz_buf_add_text(&b, rest);
    next.prefix = laz_buf_view(&b);
    next.depth++;
    if (arg != NULL && next.arg_count < DEPTH_MAX) {
        next.args[next.arg_count++] = *arg;
        next.is_copy = !next.is_copy;
        next.depth++;
    }
    return next;
}

/* An item of which nothing is known is none, though it has a place in its array. */
static void print_item(struct printer *p, const struct place *at, struct laz_view name,
                       const struct laz_value *key)
{
    uint8_t path[PREFIX_MAX];
    struct place next = below(at, name, "[].", key, path);
    uint64_t known = p->known;
    size_t len = p->out->len;
    uint32_t row;

    indent(p, at->depth + 1);
    if (key->kind == LAZ_VALUE_TEXT)
        laz_buf_add(p->out, key->text);
    else
        laz_buf_addf(p->out, "[%lld]", (long long)key->n);
    if (find_row(p, at, name, "[]", &row)) {
        print_value(p, row, &next);
    } else {
        laz_buf_add_text(p->out, "\n");
        print_members(p, &next);
    }
    if (p->known == known)
        p->out->len = len;
}

static void print_items(struct printer *p, const struct place *at, struct laz_view name)
{
    struct place next = *at;
    struct laz_value count, key;
    uint32_t count_row, key_row;
    bool has_keys = find_row(p, at, name, "[@]", &key_row);

    if (!find_row(p, at, name, "[#]", &count_row) || !value_of(p, count_row, at, &count) ||
        at->arg_count == DEPTH_MAX)
        return;
    for (int64_t i = 0; i < count.n && p->out->failed == LAZ_OK; i++) {
        key = laz_value_number(i);
        next.args[at->arg_count] = key;
        if (!has_keys || value_of(p, key_row, &next, &key))
            print_item(p, at, name, &key);
    }
}

/* What stands at row, which begins with at's prefix. rest is its path behind the prefix. */
static void print_member(struct printer *p, const struct place *at, uint32_t row,
                         struct laz_view rest, struct laz_view name)
{
    uint8_t path[PREFIX_MAX], mark = name.len < rest.len ? rest.data[name.len] : 0;

    if (mark == '(')
        return;
    indent(p, at->depth);
    laz_buf_add(p->out, name);
    if (mark == 0) {
        print_value(p, row, at);
        return;
    }
    laz_buf_add_text(p->out, "\n");
    if (mark == '[') {
        print_items(p, at, name);
    } else if (at->depth < 2 * DEPTH_MAX) {
        struct place next = below(at, name, ".", NULL, path);

        print_members(p, &next);
    }
}

static struct laz_view name_in(struct laz_view rest)
{
    size_t len = 0;

    while (len < rest.len && rest.data[len] != '.' && rest.data[len] != '[' &&
           rest.data[len] != '(')
        len++;
    return laz_view_first(rest, len);
}

/* Rows of one member follow one another. Nesting is that of the table and never of the object. */
static void print_members(struct printer *p, const struct place *at)
{
    struct laz_view last = {NULL, 0};

    for (uint32_t i = 0; i < p->table->count && p->out->failed == LAZ_OK; i++) {
        uint32_t row = at->is_copy ? i : (uint32_t)p->table->count - 1 - i;
        struct laz_view rest = laz_view_of(p->table->fields[row].name), name;

        if (!laz_view_starts(rest, at->prefix))
            continue;
        rest = laz_view_from_offset(rest, at->prefix.len);
        name = name_in(rest);
        if (laz_view_equal(name, last))
            continue;
        last = name;
        print_member(p, at, row, rest, name);
    }
}

void laz_modules_print(struct laz_modules *m, enum laz_module module, struct laz_buf *out)
{
    struct printer p = {m, module, laz_field_table(module), out, 0};
    struct place top = {.depth = 0};
    uint8_t path[PREFIX_MAX];
    struct place first = below(&top, laz_view_of(p.table->module), ".", NULL, path);

    laz_buf_addf(out, "%s\n", p.table->module);
    print_members(&p, &first);
}
