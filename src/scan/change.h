/* change.h - what a write did to a file: old content against new. Pure, and bounded: however large
 * the contents are, at most LAZ_CHANGE_SAMPLE_MAX bytes of each are looked at. */
#ifndef LAZ_SCAN_CHANGE_H
#define LAZ_SCAN_CHANGE_H

#include <stdbool.h>

#include "base/view.h"

#define LAZ_CHANGE_SAMPLE_MAX ((size_t)256 * 1024)
#define LAZ_CHANGE_TYPE_SIZE  16

/* Writes a short stable name for the type of content into type ("pdf", "zip", "text", "data"). True
 * when something in the content names the format: not for "text" and "data". */
typedef bool laz_change_identify_fn(struct laz_view content, char type[LAZ_CHANGE_TYPE_SIZE]);

struct laz_change {
    uint64_t old_size, new_size;
    /* Bits per byte, 0 to 8, over the sampled blocks: of all together and of the block that has
     * most. An encryption that skips blocks raises the largest and hardly the mean. */
    double old_entropy, new_entropy, new_entropy_max;
    /* Chi-square of the new content's bytes against equal frequency, of the most even block scaled
     * to 255 degrees of freedom: encrypted bytes lie at about 255 (192 to 330), compressed ones
     * mostly above, text far above. 0 when there is too little to say. */
    double new_chi2;
    /* The share of sampled blocks of the new content whose bytes changed although old content
     * stands there and which look encrypted; 0 to 1. */
    double encrypted_share;
    /* 1: the same; 0: nothing of the old content is found in the new one. Shifted content counts.
     */
    double similarity;
    char old_type[LAZ_CHANGE_TYPE_SIZE], new_type[LAZ_CHANGE_TYPE_SIZE]; /* "" when not known */
    bool old_known_type, new_known_type;
    /* Only the first block changed, and the type is lost: the header was destroyed. */
    bool header_only;
};

/* identify may be NULL: then no type is known, and their names are "". */
void laz_change_measure(struct laz_view old, struct laz_view new_, laz_change_identify_fn *identify,
                        struct laz_change *out);

#endif
