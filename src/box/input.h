/* input.h - the bytes of a file that somebody else may change or cut at any moment. */
#ifndef LAZ_BOX_INPUT_H
#define LAZ_BOX_INPUT_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_INPUT_SMALL_MAX ((size_t)1024 * 1024)       /* read; larger ones are mapped */
#define LAZ_INPUT_MAX       (64 * 1024 * 1024 * 1024ULL) /* of a larger one the start is judged */

struct laz_input {
    struct laz_view bytes;
    uint64_t size; /* of the whole file */
    void *mapped;  /* NULL when it was read */
};

/* Makes a mapped file that is cut while it is read a return to laz_input_guard instead of the end
 * of the process. */
LAZ_CHECKED enum laz_status laz_input_catch_faults(struct laz_error *err);

/* Fills *out from a regular file. room (LAZ_INPUT_SMALL_MAX bytes) holds a small one. LAZ_IO when
 * it cannot be read, LAZ_INVALID when it is no regular file. */
LAZ_CHECKED enum laz_status laz_input_open(int fd, uint8_t *room, struct laz_input *out);
void laz_input_close(struct laz_input *in);

/* Runs use(context). False when a fault of a mapped file ended it: what use was about is then in an
 * unknown state, and the process should answer and end. */
bool laz_input_guard(void (*use)(void *context), void *context);

#endif
