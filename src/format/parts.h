/* parts.h - content that stands in the bytes of an archive or program as it is, and that its own
 * reader passes over. */
#ifndef LAZ_FORMAT_PARTS_H
#define LAZ_FORMAT_PARTS_H

#include "format/identify.h"
#include "format/zip.h"

#define LAZ_PART_NAME_SIZE 40

struct laz_parts {
    const struct laz_type *type;
    struct laz_view bytes;
    uint64_t at;               /* of a program: where the next is looked for */
    struct laz_zip_survey zip; /* the parts of all other types stand here too */
    uint32_t next;
};

/* For a zip before it is read, for others after. reader_offset is where the archive's reader came
 * to its end. LAZ_NOMEM: there are no parts. */
LAZ_CHECKED enum laz_status laz_parts_init(struct laz_parts *p, const struct laz_type *type,
                                           struct laz_view bytes, uint64_t reader_offset);
/* Writes a name like "bytes-at-1234". False when there is no other part. */
bool laz_parts_next(struct laz_parts *p, char *name, size_t size, struct laz_view *out);

#endif
