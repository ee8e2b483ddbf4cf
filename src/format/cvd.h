/* cvd.h - ClamAV's packs (.cvd, .cld, .cud): a header of 512 bytes, and behind it a tape of lists,
 * packed by gzip or not. (ClamAV's manual, "CVD file"; libclamav/cvd.c) */
#ifndef LAZ_FORMAT_CVD_H
#define LAZ_FORMAT_CVD_H

#include "base/buf.h"

#define LAZ_CVD_HEADER_SIZE 512
#define LAZ_CVD_MD5_SIZE    16

/* What the header says. Texts are borrowed from it, without blanks at their ends. */
struct laz_cvd {
    struct laz_view built, builder; /* "24 Nov 2026 08-00 +0000", "raynman" */
    uint64_t version, signature_count, level;
    bool has_md5; /* .cld and .cud have none */
    uint8_t md5[LAZ_CVD_MD5_SIZE];
    struct laz_view signature; /* of md5, in digits of its own; may say nothing */
    struct laz_view body;      /* what the MD5 is of */
};

/* Reads the header. LAZ_DAMAGED when it is none, with what was expected. */
LAZ_CHECKED enum laz_status laz_cvd_open(struct laz_view bytes, const char *name,
                                         struct laz_cvd *out, struct laz_error *err);

/* Told of each list; name has no folder. What it returns ends the reading unless it is LAZ_OK. */
typedef enum laz_status laz_cvd_member_fn(void *context, struct laz_view name,
                                          struct laz_view content, struct laz_error *err);

/* Unpacks the lists one after another, each in memory while it is told. pack is the name in errors.
 * LAZ_DAMAGED when they end early or break the tape, LAZ_LIMIT when they are too large. */
LAZ_CHECKED enum laz_status laz_cvd_read(const struct laz_cvd *cvd, const char *pack,
                                         laz_cvd_member_fn *tell, void *context,
                                         struct laz_error *err);

#endif
