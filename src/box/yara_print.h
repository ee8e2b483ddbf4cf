/* yara_print.h - what a rule that fired prints, as yara 4.5 prints it. */
#ifndef LAZ_BOX_YARA_PRINT_H
#define LAZ_BOX_YARA_PRINT_H

#include "base/buf.h"
#include "match/matcher.h"

struct laz_yara_line {
    const struct laz_database *db;
    struct laz_matcher *matcher; /* NULL: no strings, for the rule did not fire */
    struct laz_view bytes;       /* of the object */
    struct laz_view path;
    uint64_t show; /* enum laz_yara_show (wire/yara_message.h) */
};

/* Adds the rule's line and, where they are to be shown, those of its strings: while the matcher's
 * callback for hit runs. Ends where out is full, which is then marked as failed. */
void laz_yara_print_rule(const struct laz_yara_line *line, const struct laz_hit *hit,
                         struct laz_buf *out);

#endif
