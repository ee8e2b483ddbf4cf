#include "case_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ARGS_MAX  4
#define TEXT_MAX  512
#define PATH_SIZE 256

struct question {
    char path[PATH_SIZE], types[ARGS_MAX + 1];
    struct laz_value args[ARGS_MAX];
    char texts[ARGS_MAX][TEXT_MAX];
    size_t count;
};

static bool take_text(struct laz_view *v, char out[TEXT_MAX], size_t *len)
{
    uint8_t c, byte;
    struct laz_view digits;

    for (*len = 0; laz_take_u8(v, &c) && c != '"' && *len < TEXT_MAX;) {
        if (c == '\\' && laz_skip(v, 1)) { /* \xNN */
            if (!laz_take(v, 2, &digits) || !laz_hex_decode(digits, &byte, 1))
                return false;
            c = byte;
        }
        out[(*len)++] = (char)c;
    }
    return true;
}

static bool add_arg(struct question *q, char type, struct laz_value value)
{
    if (q->count == ARGS_MAX)
        return false;
    q->types[q->count] = type;
    q->args[q->count++] = value;
    return true;
}

static bool take_arg(struct question *q, struct laz_view *v)
{
    char number[64];
    size_t len = 0;

    if (v->len > 0 && v->data[0] == '"') {
        char *room = q->texts[q->count % ARGS_MAX];

        return laz_skip(v, 1) && take_text(v, room, &len) &&
               add_arg(q, 's', laz_value_text(laz_view_from(room, len)));
    }
    while (len < v->len && len + 1 < sizeof number && strchr(",)]", v->data[len]) == NULL) {
        number[len] = (char)v->data[len];
        len++;
    }
    number[len] = '\0';
    if (!laz_skip(v, len) || len == 0)
        return false;
    return strchr(number, '.') != NULL
               ? add_arg(q, 'f', laz_value_real(strtod(number, NULL)))
               : add_arg(q, 'i', laz_value_number(strtoll(number, NULL, 0)));
}

/* Indices, keys and arguments go out of the path; [#] and [@] stay. */
static bool parse(struct laz_view v, struct question *q)
{
    size_t len = 0;
    uint8_t c;

    while (laz_take_u8(&v, &c) && len + 3 < PATH_SIZE) {
        q->path[len++] = (char)c;
        if (c != '[' && c != '(')
            continue;
        if (v.len > 0 && (v.data[0] == '#' || v.data[0] == '@') && laz_take_u8(&v, &c))
            q->path[len++] = (char)c;
        while (v.len > 0 && v.data[0] != ']' && v.data[0] != ')') {
            if (!take_arg(q, &v))
                return false;
            while (v.len > 0 && (v.data[0] == ',' || v.data[0] == ' '))
                v = laz_view_from_offset(v, 1);
        }
    }
    q->path[len] = '\0';
    return len > 0;
}

static bool find(const struct question *q, uint32_t *number)
{
    struct laz_view path = laz_view_of(q->path), module = path;
    enum laz_module m;

    module = laz_view_first(path, laz_view_find_byte(path, '.'));
    m = laz_module_find(module);
    for (uint32_t from = 0; m != LAZ_MODULE_NONE && laz_field_find(m, path, from, number);
         from = *number + 1)
        if (strcmp(laz_field_get(*number)->args, q->types) == 0)
            return true;
    return false;
}

static void print(const struct laz_value *value, struct laz_buf *out)
{
    struct laz_view text = value->text;
    uint8_t c;

    if (value->kind == LAZ_VALUE_NUMBER)
        laz_buf_addf(out, "%lld", (long long)value->n);
    else if (value->kind == LAZ_VALUE_REAL)
        laz_buf_addf(out, "%f", value->real);
    else if (value->kind != LAZ_VALUE_TEXT)
        laz_buf_add_text(out, "undefined");
    if (value->kind != LAZ_VALUE_TEXT)
        return;
    laz_buf_add_text(out, "\"");
    while (laz_take_u8(&text, &c))
        laz_buf_addf(out, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", c);
    laz_buf_add_text(out, "\"");
}

static bool holds(struct laz_modules *m, struct laz_view line, struct laz_buf *told)
{
    struct question q = {.count = 0};
    size_t at = laz_view_find(line, laz_view_of(" = "));
    struct laz_value value = laz_value_undefined();
    uint32_t number;

    if (!parse(laz_view_first(line, at), &q) || !find(&q, &number)) {
        laz_buf_add_text(told, "no such field");
        return false;
    }
    if (laz_field_get(number)->is_constant)
        value = laz_value_number(laz_field_get(number)->n);
    else if (!laz_modules_field(m, number, q.args, &value))
        value = laz_value_undefined();
    print(&value, told);
    return laz_view_equal(laz_view_from_offset(line, at + 3), laz_buf_view(told));
}

bool case_values_check(struct laz_modules *m, struct laz_view body, char *problem, size_t size)
{
    struct laz_view line;
    bool ok = true;

    while (ok && laz_take_until(&body, '\n', &line)) {
        struct laz_buf told;

        laz_buf_init(&told, 1 << 20);
        ok = line.len == 0 || holds(m, line, &told);
        if (!ok)
            snprintf(problem, size, "%.*s, but it is %s", (int)line.len, (const char *)line.data,
                     laz_buf_text(&told));
        laz_buf_clear(&told);
    }
    return ok;
}
