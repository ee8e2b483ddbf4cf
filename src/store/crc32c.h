/* crc32c.h - the Castagnoli checksum (RFC 3720 appendix B.4): finds what a disk has changed, not
 * what a person has. Pure. */
#ifndef LAZ_STORE_CRC32C_H
#define LAZ_STORE_CRC32C_H

#include "base/view.h"

/* Goes on from before, which is 0 at the start. */
uint32_t laz_crc32c(uint32_t before, struct laz_view v);

#endif
