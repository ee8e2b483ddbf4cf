/* identify_priv.h - the parts of recognition that need more than a few bytes at a fixed place. */
#ifndef LAZ_FORMAT_IDENTIFY_PRIV_H
#define LAZ_FORMAT_IDENTIFY_PRIV_H

#include "base/view.h"

/* text.c */
enum laz_text_kind { LAZ_TEXT_NONE, LAZ_TEXT_PLAIN, LAZ_TEXT_HTML, LAZ_TEXT_MAIL, LAZ_TEXT_UU };
enum laz_text_kind laz_text_kind(struct laz_view bytes);
/* Content that is encoded as text: attachments of a mail, "data:" in a page, objects in RTF. */
bool laz_mail_has_encoded(struct laz_view bytes);
bool laz_html_has_encoded(struct laz_view bytes);
bool laz_rtf_has_object(struct laz_view bytes);

/* pe.c, pe_packed.c */
bool laz_pe_has_header(struct laz_view bytes);
/* True when the program unpacks itself, or carries packed data in a section or behind the last. */
bool laz_pe_is_packed(struct laz_view bytes);
/* The next whole program that stands in bytes from offset from on, as its headers bound it: what a
 * dropper carries. */
bool laz_pe_find_embedded(struct laz_view bytes, uint64_t from, struct laz_view *out);
/* Where the bytes begin that no section holds; false when there are none. */
bool laz_pe_overlay(struct laz_view bytes, struct laz_view *out);

/* entropy.c: bits per byte, 0 to 8. */
double laz_bytes_entropy(struct laz_view bytes);

#endif
