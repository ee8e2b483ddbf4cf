/* demo.h - the scratch share of `lazaret demo`: documents whose every byte is known, so that a loss
 * is noticed. */
#ifndef LAZ_CLI_DEMO_H
#define LAZ_CLI_DEMO_H

#include "base/status.h"

#define LAZ_DEMO_MARK      ".lazaret-demo-share"
#define LAZ_DEMO_DOCUMENTS 60

/* Makes folder with its mark and the documents, in one step for each: those that stand there
 * already with the right content are left alone. */
LAZ_CHECKED enum laz_status laz_demo_share_make(const char *folder, struct laz_error *err);

/* How many documents differ from what was made or are missing; the first one's name in *first
 * (NAME_MAX + 1 bytes), "" when none. */
unsigned laz_demo_share_damaged(const char *folder, char *first, size_t first_size);

/* EICAR's test file, 68 bytes (eicar.org), put together at run time so that this program's own file
 * does not carry it. */
#define LAZ_DEMO_EICAR_SIZE 68
void laz_demo_eicar(char out[LAZ_DEMO_EICAR_SIZE + 1]);

#endif
