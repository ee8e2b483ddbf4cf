/* pdf.h - the streams of a PDF as members of an archive: what page descriptions, scripts and
 * attached files are packed in. Pictures stay packed: they are only shown. */
#ifndef LAZ_FORMAT_PDF_H
#define LAZ_FORMAT_PDF_H

#include "format/archive.h"

struct laz_pdf;

/* bytes are borrowed for the reader's life. NULL when memory ran out. */
struct laz_pdf *laz_pdf_new(struct laz_view bytes);
void laz_pdf_free(struct laz_pdf *pdf);

/* As laz_archive_next and laz_archive_read. Members are named by their place, "stream-1"…; one
 * whose filters nothing here undoes is LAZ_UNSUPPORTED when it is read. An encrypted PDF has no
 * members: LAZ_ENCRYPTED. */
LAZ_CHECKED enum laz_status laz_pdf_next(struct laz_pdf *pdf, struct laz_member *out);
LAZ_CHECKED enum laz_status laz_pdf_read(struct laz_pdf *pdf, uint8_t *out, size_t size,
                                         size_t *len);

#endif
