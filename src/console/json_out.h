/* json_out.h - writes JSON into a buffer, with the commas where they belong. Whether everything
 * fitted is asked once at the end, of the buffer. */
#ifndef LAZ_CONSOLE_JSON_OUT_H
#define LAZ_CONSOLE_JSON_OUT_H

#include "base/buf.h"

struct laz_json_out {
    struct laz_buf *buf;
    bool comma; /* the next value or name is not the first of its container */
};

void laz_out_object(struct laz_json_out *o); /* { */
void laz_out_object_end(struct laz_json_out *o);
void laz_out_array(struct laz_json_out *o); /* [ */
void laz_out_array_end(struct laz_json_out *o);

/* The name of the value that comes next. */
void laz_out_name(struct laz_json_out *o, const char *name);

void laz_out_view(struct laz_json_out *o, struct laz_view text);
void laz_out_i64(struct laz_json_out *o, int64_t n);
void laz_out_id(struct laz_json_out *o,
                int64_t id); /* a number as text: ids are words to the page */
void laz_out_null(struct laz_json_out *o);
/* JSON that is known to be whole. Empty becomes null. */
void laz_out_raw(struct laz_json_out *o, struct laz_view json);

/* Name and value in one. */
void laz_out_text_of(struct laz_json_out *o, const char *name, const char *text); /* NULL: null */
void laz_out_view_of(struct laz_json_out *o, const char *name, struct laz_view text);
void laz_out_i64_of(struct laz_json_out *o, const char *name, int64_t n);
void laz_out_bool_of(struct laz_json_out *o, const char *name, bool value);
void laz_out_raw_of(struct laz_json_out *o, const char *name, struct laz_view json);

/* A list that is walked by number: {"items":[ … ],"next":N}, or null when that was all. */
void laz_out_list(struct laz_json_out *o);
void laz_out_list_end(struct laz_json_out *o, bool more, int64_t next);

#endif
