/* clang-format off */
/* format.h - the layout of a database file (*.lzdb), for what writes it and what reads it.
 *
 * All numbers are little-endian. Sections start on a page and are named by offset and length in the
 * header; a text is an offset into LAZ_SECTION_TEXT, whose last byte is NUL, so that every offset
 * inside it is a text that ends.
 *
 *   header, one page
 *     0  magic[8]    8  version u32    12 section_count u32    16 file_len u64    24 built_ms u64
 *     32 name text   36 platform text  40 features u32         44 gap_count u32
 *     48 modules u32: bits of those that conditions ask   52 fields u32: checksum of their tables
 *     64 one entry of LAZ_DB_ENTRY_SIZE bytes for each section, in the order of enum laz_section:
 *        offset u64, len u64, checksum u32, zero u32
 *     4092 checksum of what stands before it
 *
 *   records
 *     SOURCES  name text, flags u32, sha256[32]
 *     RULES    name text, source text, tags text, name_space text, pattern_first u32,
 *              pattern_count u16, flags u16, code u32, code_len u32, meta_first u32,
 *              meta_count u32, waiter_first u32, waiter_count u32, globals u32: 0, or 1 and where in
 *              GLOBALS those stand that must hold for it too
 *     PATTERNS rule u32, name text, flags u32, form_first u32, form_count u32, zero u32, first u64,
 *              last u64
 *              in the order of their rules; only places in [first, last] matter
 *     FORMS    pattern u32, flags u32, atom_len u32, back u32, back_len u32, ahead u32,
 *              ahead_len u32, gap_first u32, gap_count u32, lead u32, atom[8]
 *              in the order of their patterns
 *     ATOMS    use_first u32, use_count u32, len u32
 *              the matchers' ids are indices here
 *     USES     form u32, guard u32, run u32
 *              what an atom may be part of, in the order of the atoms; the next run uses have the
 *              same guard
 *     GUARDS   code u32, code_len u32, target u32
 *              what an object must be for a rule to hold; code_len 0: whatever it is
 *     CODE     programs (program.h), named by offset and length
 *     ALWAYS   rule u32, guard u32
 *              rules that can be true without an atom, in the order of their guards
 *     WAITERS  rule u32
 *              of each rule, those that can be true only when it is looked at
 *     GROUPS   target u32, magic_len u32, magic[8], matcher u32, matcher_len u32
 *              a part of the atoms and the objects in which they are looked for: those of the
 *              target and those that begin so; with neither, all
 *     METAS    name text, kind u32, number i64, or text offset u32 and len u32
 *     MATCHER  Vectorscan databases, ready to be used where they are mapped
 *
 *     EXTERNALS name text, kind u32 (enum laz_value_kind), value u64: the number, the bits of a
 *              double, or a text's offset and, 32 bits higher, its length; where a run brings none
 *     GLOBALS  u32: lists of rules, each behind how many it has
 *     IMPORTS  u8: the modules that rules import (enum laz_module), in their order
 *
 *     BUILD    rules_key[32], text_len u64; then, for each source, LAZ_SOURCE_FATES times u32: how
 *              many of its entries were taken, and left out, by reason (enum laz_source_fate).
 *              rules_key is a digest of all that the sections RULES to MATCHER were made of, or
 *              zeros; text_len the length of TEXT when they were made anew
 *
 *   KNOWN to COUNTS are described in format_known.h, with the reason why those that are larger than
 *   LAZ_DB_EAGER_MAX are not summed at opening.
 */
/* clang-format on */
#ifndef LAZ_MATCH_FORMAT_H
#define LAZ_MATCH_FORMAT_H

#include "match/database.h"

#define LAZ_DB_MAGIC             "LAZ\032DB\r\n"
#define LAZ_DB_MAGIC_SIZE        8
#define LAZ_DB_VERSION           3
#define LAZ_DB_PAGE              4096
#define LAZ_DB_ENTRIES_AT        64
#define LAZ_DB_ENTRY_SIZE        24
#define LAZ_DB_CHECKSUM_AT       (LAZ_DB_PAGE - 4)
#define LAZ_DB_SIZE_ANY          UINT64_MAX /* of a digest that is known whatever the size is */
#define LAZ_DB_MATCHER_HEAD_SIZE 104        /* of a Vectorscan database, with room to spare */
#define LAZ_DB_EAGER_MAX         ((size_t)1 << 20)

enum laz_section {
    LAZ_SECTION_TEXT,
    LAZ_SECTION_SOURCES,
    LAZ_SECTION_RULES,
    LAZ_SECTION_PATTERNS,
    LAZ_SECTION_FORMS,
    LAZ_SECTION_ATOMS,
    LAZ_SECTION_USES,
    LAZ_SECTION_GUARDS,
    LAZ_SECTION_CODE,
    LAZ_SECTION_ALWAYS,
    LAZ_SECTION_WAITERS,
    LAZ_SECTION_GROUPS,
    LAZ_SECTION_METAS,
    LAZ_SECTION_EXTERNALS,
    LAZ_SECTION_GLOBALS,
    LAZ_SECTION_IMPORTS,
    LAZ_SECTION_MATCHER,
    LAZ_SECTION_KNOWN,
    LAZ_SECTION_TAILS,
    LAZ_SECTION_LABELS,
    LAZ_SECTION_NAMES,
    LAZ_SECTION_LISTS,
    LAZ_SECTION_SIZES,
    LAZ_SECTION_ALLOW,
    LAZ_SECTION_ALLOW_TEXTS,
    LAZ_SECTION_COUNTS,
    LAZ_SECTION_BUILD,
    LAZ_SECTIONS
};

enum laz_record_size {
    LAZ_SOURCE_SIZE = 40,
    LAZ_RULE_SIZE = 52,
    LAZ_PATTERN_SIZE = 40,
    LAZ_FORM_SIZE = 48,
    LAZ_ATOM_SIZE = 12,
    LAZ_USE_SIZE = 12,
    LAZ_GUARD_SIZE = 12,
    LAZ_ALWAYS_SIZE = 8,
    LAZ_WAITER_SIZE = 4,
    LAZ_GROUP_SIZE = 24,
    LAZ_META_SIZE = 16,
    LAZ_EXTERNAL_SIZE = 16,
};

enum laz_source_flag { LAZ_SOURCE_HAS_DIGEST = 1, LAZ_SOURCE_UNSIGNED = 2 };

enum laz_rule_flag {
    LAZ_RULE_YARA = 1,
    LAZ_RULE_PRIVATE = 2,      /* only other rules see it */
    LAZ_RULE_TARGET_SHIFT = 8, /* enum laz_target in eight bits */
    LAZ_RULE_FLAGS_MAX = 0xffff,
};

enum laz_pattern_flag {
    LAZ_PATTERN_EXISTS_ONLY = 1, /* nobody asks where or how often */
    LAZ_PATTERN_EAGER = 2,       /* its atoms are looked for in each object; of others on demand */
    LAZ_PATTERN_PRIVATE = 4,     /* it is not shown */
    LAZ_PATTERN_HEX = 8,         /* it was written in hexadecimal */
    LAZ_PATTERN_XOR = 16,        /* a text under some key; eight bits from LAZ_PATTERN_FIRST_SHIFT
                                    are its first byte without the key */
    LAZ_PATTERN_FIRST_SHIFT = 8,
};

enum laz_form_flag {
    LAZ_FORM_FULLWORD = 1,
    LAZ_FORM_WIDE = 2, /* each character has a zero byte behind it: matters at a word's ends */
    LAZ_FORM_ATOM_NOCASE = 4,
    LAZ_FORM_REGEX = 8,      /* its programs are expressions (regex.h), and it may have no atom */
    LAZ_FORM_FROM_ATOM = 16, /* ahead begins at the atom's first byte */
    LAZ_FORM_GREEDY = 32,    /* of two lengths from one start the longer stays */
    LAZ_FORM_PCRE = 64,      /* ahead is a program of pcre.h, back is empty, and there is no atom */
    LAZ_FORM_BYTES = 256,    /* a REGEX reads bytes, whatever WIDE says of the ends of words */
    LAZ_FORM_ASCII_TOO = 128, /* of a wide form: what is found without zero bytes goes before */
};

enum laz_meta_kind { LAZ_META_NUMBER, LAZ_META_TRUTH, LAZ_META_TEXT, LAZ_META_KINDS };

#define LAZ_ATOM_MAX   8 /* bytes: what the matcher compares in its first stage */
#define LAZ_MAGIC_MAX  8 /* bytes that an object of a group begins with */
#define LAZ_GROUPS_MAX 16
#define LAZ_LEAD_NONE  UINT32_MAX /* of a form: its atom has no fixed distance from its start */

/* What the next build of a database takes over from the last one: sections as they are. */
struct laz_view laz_database_section(const struct laz_database *db, enum laz_section section);
struct laz_db_numbers {
    uint32_t platform, features, gap_count;
};
void laz_database_numbers_get(const struct laz_database *db, struct laz_db_numbers *out);

#define LAZ_BUILD_HEAD_SIZE 40

/* Four interleaved CRC-32C over words of 8 bytes, and one over them and the length: it finds
 * accidents, not intentions. */
uint32_t laz_db_checksum(struct laz_view v);

/* Which of the processor's extensions a matcher needs; the same numbers as Vectorscan's. */
enum laz_db_feature {
    LAZ_FEATURE_AVX2 = 1 << 2,
    LAZ_FEATURE_AVX512 = 1 << 3,
    LAZ_FEATURE_AVX512VBMI = 1 << 4,
};
#define LAZ_FEATURES (LAZ_FEATURE_AVX2 | LAZ_FEATURE_AVX512 | LAZ_FEATURE_AVX512VBMI)
/* Those that this processor has. */
uint32_t laz_db_features(void);

#endif
