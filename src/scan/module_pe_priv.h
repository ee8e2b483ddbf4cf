/* module_pe_priv.h - what module pe has read of the object. Each part is read when a rule asks for
 * it first. */
#ifndef LAZ_SCAN_MODULE_PE_PRIV_H
#define LAZ_SCAN_MODULE_PE_PRIV_H

#include "format/pe.h"
#include "match/fields_pe.h"
#include "scan/modules_priv.h"
#include "sign/authenticode.h"

enum laz_pe_part {
    LAZ_PE_PART_IMPORTS = 1u << 0,
    LAZ_PE_PART_DELAYED = 1u << 1,
    LAZ_PE_PART_EXPORTS = 1u << 2,
    LAZ_PE_PART_RESOURCES = 1u << 3,
    LAZ_PE_PART_VERSIONS = 1u << 4,
    LAZ_PE_PART_RICH = 1u << 5,
    LAZ_PE_PART_SIGNATURES = 1u << 6,
    LAZ_PE_PART_VERIFIED = 1u << 7,
    LAZ_PE_PART_IMPHASH = 1u << 8,
    LAZ_PE_PART_PDB = 1u << 9,
    LAZ_PE_PART_CHECKSUM = 1u << 10,
    LAZ_PE_PART_KEYS = 1u << 11,
};

struct laz_module_pe {
    struct laz_pe pe;
    unsigned parts; /* that were read, though they may be empty */
    struct laz_pe_imports imports, delayed;
    struct laz_pe_exports exports;
    struct laz_pe_resources resources;
    struct laz_pe_versions versions;
    uint32_t *keys; /* of the versions: places of those that differ */
    uint32_t key_count;
    struct laz_pe_rich rich;
    bool has_rich, has_pdb;
    struct laz_view pdb_path;
    struct laz_authenticode_list signatures;
    struct laz_value imphash;
    uint32_t checksum;
};

/* What a question carries through the files that answer it. */
struct laz_pe_question {
    struct laz_modules *modules;
    struct laz_module_pe *state;
    enum laz_pe_field field;
    const struct laz_value *args;
    struct laz_value *out;
};

/* Each answers the fields it knows; false: undefined, or of another file. */
bool laz_pe_answer_header(const struct laz_pe_question *q);
bool laz_pe_answer_imports(const struct laz_pe_question *q);
bool laz_pe_answer_exports(const struct laz_pe_question *q);
bool laz_pe_answer_resources(const struct laz_pe_question *q);
bool laz_pe_answer_signatures(const struct laz_pe_question *q);

/* True the first time: the caller then reads the part. */
bool laz_pe_begin_part(struct laz_module_pe *state, enum laz_pe_part part);

/* Answers; each returns true. */
bool laz_pe_give_number(const struct laz_pe_question *q, uint64_t n);
bool laz_pe_give_text(const struct laz_pe_question *q, struct laz_view text);
/* False when the n-th argument is no index below count. */
bool laz_pe_index(const struct laz_pe_question *q, unsigned n, uint32_t count, uint32_t *index);

#endif
