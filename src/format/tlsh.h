/* tlsh.h - Trend Micro's locality sensitive hash: texts that are alike have digests that are alike.
 * The form with 128 buckets and a checksum of one byte, written as "T1" and 70 digits (J. Oliver,
 * C. Cheng, Y. Chen: "TLSH - A Locality Sensitive Hash", 2013). */
#ifndef LAZ_FORMAT_TLSH_H
#define LAZ_FORMAT_TLSH_H

#include "base/view.h"

#define LAZ_TLSH_SIZE 73 /* with the NUL */

/* False when v is shorter than 50 bytes or too uniform to have a digest. */
bool laz_tlsh(struct laz_view v, char out[LAZ_TLSH_SIZE]);

#endif
