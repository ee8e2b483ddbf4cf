/* clamav_kind.h - ClamAV's lists, told by the ending of a file's name. */
#ifndef LAZ_RULES_CLAMAV_KIND_H
#define LAZ_RULES_CLAMAV_KIND_H

#include "base/view.h"

enum laz_clamav_kind {
    LAZ_CLAMAV_NONE,
    LAZ_CLAMAV_HASHES,       /* .hdb, .hsb: DIGEST:SIZE:NAME */
    LAZ_CLAMAV_SECTIONS,     /* .mdb, .msb: SIZE:DIGEST:NAME */
    LAZ_CLAMAV_IMPORTS,      /* .imp: DIGEST:SIZE:NAME */
    LAZ_CLAMAV_ALLOWED,      /* .fp, .sfp: DIGEST:SIZE:NAME */
    LAZ_CLAMAV_BODIES,       /* .ndb: NAME:TARGET:OFFSET:BODY */
    LAZ_CLAMAV_LOGICAL,      /* .ldb: NAME;DESCRIPTION;EXPRESSION;SUBSIGNATURE;… */
    LAZ_CLAMAV_METADATA,     /* .cdb */
    LAZ_CLAMAV_CERTIFICATES, /* .crb */
    LAZ_CLAMAV_ICONS,        /* .idb */
    LAZ_CLAMAV_MAGIC,        /* .ftm */
    LAZ_CLAMAV_IGNORED,      /* .ign, .ign2 */
    LAZ_CLAMAV_PHISHING,     /* .pdb: what phishing is aimed at */
    LAZ_CLAMAV_BAD_URLS,     /* .gdb */
    LAZ_CLAMAV_GOOD_URLS,    /* .wdb */
    LAZ_CLAMAV_SETTINGS,     /* .cfg */
    LAZ_CLAMAV_BYTECODE,     /* .cbc */
    LAZ_CLAMAV_PASSWORDS,    /* .pwdb */
    LAZ_CLAMAV_ABOUT,        /* .info, COPYING and the like: says nothing of objects */
    LAZ_CLAMAV_PACK,         /* .cvd */
    LAZ_CLAMAV_LOCAL_PACK,   /* .cld, .cud: carries no signature */
    LAZ_CLAMAV_KINDS,
};

struct laz_clamav_kind_info {
    enum laz_clamav_kind kind;
    bool is_unwanted; /* only for who asks for unwanted programs too: .hdu, .ndu, … */
};

/* kind is LAZ_CLAMAV_NONE when it is none of these. */
struct laz_clamav_kind_info laz_clamav_kind_of(struct laz_view name);
/* "hash signatures": a short name for people. */
const char *laz_clamav_kind_title(enum laz_clamav_kind kind);

#endif
