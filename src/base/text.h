/* text.h - hostile text on its way out: one function for each way. And hexadecimal. */
#ifndef LAZ_BASE_TEXT_H
#define LAZ_BASE_TEXT_H

#include "base/buf.h"

/* For a terminal or a log line: control bytes, DEL, and bytes that are not valid UTF-8 become \xNN,
 * a backslash becomes two; bidirectional controls become \u{NNNN}, so that a name cannot lie about
 * its end. */
enum laz_status laz_buf_add_terminal(struct laz_buf *b, struct laz_view v);

/* A JSON string with its quotes (RFC 8259). Bytes that are not valid UTF-8 become U+FFFD; the
 * caller adds the exact bytes elsewhere where they matter. Also escapes < > & and U+2028/2029, so
 * that the text is safe inside a script. */
enum laz_status laz_buf_add_json(struct laz_buf *b, struct laz_view v);

/* Text inside HTML, also inside quoted attributes. */
enum laz_status laz_buf_add_html(struct laz_buf *b, struct laz_view v);

enum laz_status laz_buf_add_hex(struct laz_buf *b, struct laz_view v);
enum laz_status laz_buf_add_base64(struct laz_buf *b, struct laz_view v); /* RFC 4648, padded */

bool laz_utf8_is_valid(struct laz_view v);
/* 0 to 15, or -1. */
int laz_hex_value(uint8_t c);
/* Exactly len bytes from 2 * len digits of either case. */
bool laz_hex_decode(struct laz_view digits, uint8_t *out, size_t len);
/* 2 * v.len digits and a NUL. out has room for 2 * v.len + 1. */
void laz_hex_encode(struct laz_view v, char *out);

#endif
