/* symbols.h - digests of the names that an ELF file imports and exports: what elf.import_md5() and
 * elf.telfhash() give. */
#ifndef LAZ_SCAN_SYMBOLS_H
#define LAZ_SCAN_SYMBOLS_H

#include "format/elf.h"
#include "scan/modules_priv.h"

/* The MD5 of the names of all undefined symbols in lower case, sorted, with commas between them.
 * False when there is none. */
bool laz_symbols_import_md5(struct laz_modules *m, const struct laz_elf *elf,
                            struct laz_value *out);
/* The TLSH of the names of all global functions, but for those that most programs have (Trend
 * Micro's "telfhash"), written the same way. */
bool laz_symbols_telfhash(struct laz_modules *m, const struct laz_elf *elf, struct laz_value *out);

#endif
