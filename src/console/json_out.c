#include "console/json_out.h"

#include <inttypes.h>

#include "base/text.h"

/* A refused addition stays marked in the buffer: the one who asked for the text looks there. */
static void put(struct laz_json_out *o, const char *text)
{
    laz_ignore(laz_buf_add_text(o->buf, text));
}

static void separate(struct laz_json_out *o)
{
    if (o->comma)
        put(o, ",");
    o->comma = true;
}

void laz_out_object(struct laz_json_out *o)
{
    separate(o);
    put(o, "{");
    o->comma = false;
}

void laz_out_object_end(struct laz_json_out *o)
{
    put(o, "}");
    o->comma = true;
}

void laz_out_array(struct laz_json_out *o)
{
    separate(o);
    put(o, "[");
    o->comma = false;
}

void laz_out_array_end(struct laz_json_out *o)
{
    put(o, "]");
    o->comma = true;
}

void laz_out_name(struct laz_json_out *o, const char *name)
{
    separate(o);
    laz_ignore(laz_buf_add_json(o->buf, laz_view_of(name)));
    put(o, ":");
    o->comma = false;
}

void laz_out_view(struct laz_json_out *o, struct laz_view text)
{
    separate(o);
    laz_ignore(laz_buf_add_json(o->buf, text));
}

void laz_out_i64(struct laz_json_out *o, int64_t n)
{
    separate(o);
    laz_ignore(laz_buf_addf(o->buf, "%" PRId64, n));
}

void laz_out_id(struct laz_json_out *o, int64_t id)
{
    separate(o);
    laz_ignore(laz_buf_addf(o->buf, "\"%" PRId64 "\"", id));
}

void laz_out_null(struct laz_json_out *o)
{
    separate(o);
    put(o, "null");
}

void laz_out_raw(struct laz_json_out *o, struct laz_view json)
{
    if (json.len == 0) {
        laz_out_null(o);
        return;
    }
    separate(o);
    laz_ignore(laz_buf_add(o->buf, json));
}

void laz_out_text_of(struct laz_json_out *o, const char *name, const char *text)
{
    laz_out_name(o, name);
    if (text == NULL)
        laz_out_null(o);
    else
        laz_out_view(o, laz_view_of(text));
}

void laz_out_view_of(struct laz_json_out *o, const char *name, struct laz_view text)
{
    laz_out_name(o, name);
    laz_out_view(o, text);
}

void laz_out_i64_of(struct laz_json_out *o, const char *name, int64_t n)
{
    laz_out_name(o, name);
    laz_out_i64(o, n);
}

void laz_out_bool_of(struct laz_json_out *o, const char *name, bool value)
{
    laz_out_name(o, name);
    separate(o);
    put(o, value ? "true" : "false");
}

void laz_out_raw_of(struct laz_json_out *o, const char *name, struct laz_view json)
{
    laz_out_name(o, name);
    laz_out_raw(o, json);
}

void laz_out_list(struct laz_json_out *o)
{
    laz_out_object(o);
    laz_out_name(o, "items");
    laz_out_array(o);
}

void laz_out_list_end(struct laz_json_out *o, bool more, int64_t next)
{
    laz_out_array_end(o);
    laz_out_name(o, "next");
    if (more)
        laz_out_i64(o, next);
    else
        laz_out_null(o);
    laz_out_object_end(o);
}
