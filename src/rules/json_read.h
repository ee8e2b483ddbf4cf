/* json_read.h - JSON (RFC 8259) token by token from a view: a file of gigabytes is read in the
 * memory of one token, without recursion, and every token knows its line and column. A parser that
 * builds a tree does neither. */
#ifndef LAZ_RULES_JSON_READ_H
#define LAZ_RULES_JSON_READ_H

#include "base/buf.h"

#define LAZ_JSON_DEPTH_MAX 64

enum laz_json_kind {
    LAZ_JSON_END,
    LAZ_JSON_OBJECT,
    LAZ_JSON_OBJECT_END,
    LAZ_JSON_ARRAY,
    LAZ_JSON_ARRAY_END,
    LAZ_JSON_KEY,
    LAZ_JSON_TEXT,
    LAZ_JSON_NUMBER,
    LAZ_JSON_TRUE,
    LAZ_JSON_FALSE,
    LAZ_JSON_NULL,
    LAZ_JSON_WRONG /* why says what was expected; nothing follows */
};

struct laz_json_token {
    enum laz_json_kind kind;
    struct laz_view raw; /* of a key and a text without quotes, escapes as they stand */
    uint32_t line, column;
    const char *why;
};

struct laz_json {
    struct laz_view rest;
    const uint8_t *line_start, *end;
    uint32_t line;
    unsigned depth;     /* of objects and arrays that are open */
    uint64_t is_object; /* bit of each depth */
    unsigned expected;  /* state of the grammar */
};

void laz_json_start(struct laz_json *j, struct laz_view text);
/* The next token; END when the one value of the text is over. */
void laz_json_next(struct laz_json *j, struct laz_json_token *out);

/* Adds the text that raw stands for. False when an escape is wrong or b is full. */
bool laz_json_decode(struct laz_view raw, struct laz_buf *b);

#endif
