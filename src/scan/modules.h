/* modules.h - the values of YARA's modules for one object: each module is read when a condition
 * asks for it first, into an arena that is emptied with the object. Hostile bytes: every module
 * bounds what it reads, and what it cannot read is undefined. */
#ifndef LAZ_SCAN_MODULES_H
#define LAZ_SCAN_MODULES_H

#include "base/buf.h"
#include "match/fields.h"
#include "scan/budget.h"

struct laz_modules;

/* What an object lies in, from the outermost one: ClamAV's words for their types, "CL_TYPE_ZIP". */
struct laz_modules_around {
    const char *const *types;
    uint32_t depth;
    uint64_t size; /* of the innermost */
    /* of the object in it */
    struct laz_view name;
    uint64_t position; /* from 1; 0: it lies in nothing */
    uint64_t object_size;
    bool is_encrypted;
};

/* What is known of an object besides its bytes. Texts are borrowed and may be NULL or empty. */
struct laz_modules_input {
    struct laz_view bytes;
    struct laz_view cuckoo; /* a report of a sandbox, JSON, or empty */
    int64_t now_s;          /* Unix time, for time.now() */
    /* What console.log and its kind write; NULL: nobody listens. */
    void (*say)(void *context, struct laz_view line);
    void *context;
    const struct laz_modules_around *around; /* NULL: it lies in nothing */
    bool is_unbounded; /* functions may take their time: somebody else ends the run */
};

LAZ_CHECKED enum laz_status laz_modules_new(struct laz_modules **out);
void laz_modules_free(struct laz_modules *m);
void laz_modules_drop(struct laz_modules **m);

/* Reads what the module magic needs, before a sandbox closes. Without it, it knows nothing. */
LAZ_CHECKED enum laz_status laz_modules_load_magic(struct laz_modules *m, struct laz_error *err);

/* Forgets the object before and takes the next one; input's views must live until the next start.
 */
void laz_modules_start(struct laz_modules *m, const struct laz_modules_input *input);
/* True there once a value of the object is undefined because finding it took too long. Fits
 * laz_match_object.is_field_cut. */
const bool *laz_modules_cut(const struct laz_modules *m);
/* The value of a field (match/fields.h). False: undefined. Fits laz_match_object.field with m as
 * its context. */
bool laz_modules_field(void *m, uint32_t field, const struct laz_value *args,
                       struct laz_value *out);

/* Adds to out all that module says of the object, as `yara -D` prints it: names, values, and
 * YR_UNDEFINED. Ends where out is full, which is then marked as failed. */
void laz_modules_print(struct laz_modules *m, enum laz_module module, struct laz_buf *out);

#endif
