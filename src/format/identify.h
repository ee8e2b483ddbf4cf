/* identify.h - the type of an object by its content, never by its name. */
#ifndef LAZ_FORMAT_IDENTIFY_H
#define LAZ_FORMAT_IDENTIFY_H

#include "base/view.h"

enum laz_type_group {
    LAZ_TYPE_PLAIN,   /* what it says stands in its bytes as they are */
    LAZ_TYPE_ARCHIVE, /* holds members that format/archive reads */
    LAZ_TYPE_STREAM,  /* one compressed or encoded stream that format/archive reads */
    LAZ_TYPE_MIXED,   /* may hide content that nothing here reads: laz_type_hides looks */
    LAZ_TYPE_CLOSED,  /* holds content that nothing here reads */
    LAZ_TYPE_LOCKED,  /* holds content that nobody reads without a key */
};

/* Those that somebody must tell apart; all others are LAZ_TYPE_OTHER. */
enum laz_type_id {
    LAZ_TYPE_OTHER,
    LAZ_TYPE_TEXT,
    LAZ_TYPE_HTML,
    LAZ_TYPE_MAIL,
    LAZ_TYPE_PICTURE,
    LAZ_TYPE_PE,
    LAZ_TYPE_ELF,
    LAZ_TYPE_MACHO,
    LAZ_TYPE_OLE2,
    LAZ_TYPE_PDF,
    LAZ_TYPE_RTF,
    LAZ_TYPE_FLASH,
    LAZ_TYPE_JAVA,
    LAZ_TYPE_ZIP,
    LAZ_TYPE_7Z,
    LAZ_TYPE_CAB,
    LAZ_TYPE_RAR,
    LAZ_TYPE_TAR,
    LAZ_TYPE_CPIO,
    LAZ_TYPE_AR,
    LAZ_TYPE_LHA,
    LAZ_TYPE_XAR,
    LAZ_TYPE_ISO,
    LAZ_TYPE_WARC,
    LAZ_TYPE_GZIP,
    LAZ_TYPE_BZIP2,
    LAZ_TYPE_XZ,
    LAZ_TYPE_LZMA,
    LAZ_TYPE_LZIP,
    LAZ_TYPE_ZSTD,
    LAZ_TYPE_LZ4,
    LAZ_TYPE_COMPRESS,
    LAZ_TYPE_UU,
    LAZ_TYPE_RPM,
};

struct laz_type {
    const char *name; /* short and stable, at most 15 characters: "zip", "pe", "text", "data" */
    enum laz_type_group group;
    enum laz_type_id id;
    bool known; /* false for "data", "empty" and "text": nothing in the content names a format */
    bool weak;  /* so few bytes tell it that other content may have them by chance */
};

/* Never NULL; lives for ever. */
const struct laz_type *laz_identify(struct laz_view bytes);

/* True when bytes hold something packed, encoded or encrypted inside, so that having read the bytes
 * is not having read the content. */
bool laz_type_hides(const struct laz_type *type, struct laz_view bytes);

/* True when whole objects stand in bytes as they are, though the type is no archive: a program that
 * carries another. laz_archive_open then gives them. */
bool laz_type_carries(const struct laz_type *type, struct laz_view bytes);

/* Where an archive of *type begins that was put behind other content (a self-extractor, a picture
 * with a zip behind it). False when there is none. */
bool laz_find_appended(const struct laz_type *type, struct laz_view bytes, uint64_t *offset,
                       const struct laz_type **inner);

#endif
