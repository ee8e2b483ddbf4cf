/* status.h - how functions fail, who owns what, and what must never be. */
#ifndef LAZ_BASE_STATUS_H
#define LAZ_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum laz_status {
    LAZ_OK = 0,
    LAZ_NOMEM,     /* memory ran out */
    LAZ_IO,        /* the system refused; errno's text stands in the error */
    LAZ_LIMIT,     /* a budget ran out: reaches the user as "not fully scanned", never as "clean" */
    LAZ_DAMAGED,   /* input that breaks its own format */
    LAZ_ENCRYPTED, /* input that cannot be read without a key */
    LAZ_INVALID,   /* an argument, a rule or a setting that makes no sense */
    LAZ_VERSION,   /* made by or for another version */
    LAZ_UNSUPPORTED, /* well formed, but nothing here reads it */
    LAZ_NOT_FOUND,
    LAZ_EXISTS,
    LAZ_DENIED, /* a permission or a right is missing */
    LAZ_BUSY,   /* somebody else holds it: another agent, another console */
    LAZ_TIMEOUT,
    LAZ_CLOSED, /* the other side is gone */
};

/* A short stable word for s ("limit", "damaged"): for logs, JSON and tests. Never NULL. */
const char *laz_status_name(enum laz_status s);

/* What a person needs to know of a failure. Text is cut to fit and always ends with NUL.
 * It prints as "lazaret: WHAT: WHERE: WHY (REMEDY)". */
struct laz_error {
    enum laz_status status;
    uint32_t line, column; /* of the place in a text; 0 when there is none */
    char what[32];
    char where[512];
    char why[256];
    char remedy[256];
};

#define LAZ_CHECKED                     __attribute__((warn_unused_result))
#define LAZ_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/* Fills err (may be NULL) and returns s, so that a caller can write `return laz_fail(...)`.
 * where and remedy may be "" when there is nothing to say. */
LAZ_CHECKED enum laz_status laz_fail(struct laz_error *err, enum laz_status s, const char *what,
                                     const char *where, const char *why, const char *remedy);

/* As laz_fail, for a place in a text: line and column count from 1. */
LAZ_CHECKED enum laz_status laz_fail_at(struct laz_error *err, enum laz_status s, const char *what,
                                        const char *where, uint32_t line, uint32_t column,
                                        const char *why, const char *remedy);

/* As laz_fail; why is the text of errno and s is LAZ_IO, LAZ_DENIED, LAZ_NOT_FOUND, LAZ_EXISTS or
 * LAZ_NOMEM, whichever says most. */
LAZ_CHECKED enum laz_status laz_fail_errno(struct laz_error *err, const char *what,
                                           const char *where, const char *remedy);

/* One line of text for err without a newline, in out[size]. Control bytes are escaped. */
void laz_error_text(const struct laz_error *err, char *out, size_t size);

/* Drops a result on purpose. The reason stands in a comment beside the call. */
#define laz_ignore(call)                                                                           \
    do {                                                                                           \
        if (call) {                                                                                \
        }                                                                                          \
    } while (0)

/* For our own mistakes only, in every build. Input is never asserted, it is refused. */
#define LAZ_ASSERT(condition)                                                                      \
    ((condition) ? (void)0 : laz_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void laz_assert_failed(const char *condition, const char *file, int line);

/* Scope cleanup: drop(&variable) runs when the variable leaves its scope. */
#define LAZ_OWNED(drop) __attribute__((cleanup(drop)))

/* Hands over an owned pointer: its value, with the variable set to NULL. */
#define laz_move(pointer)                                                                          \
    __extension__({                                                                                \
        __typeof__(pointer) laz_moved_ = (pointer);                                                \
        (pointer) = NULL;                                                                          \
        laz_moved_;                                                                                \
    })

/* Hands over an owned descriptor: its value, with the variable set to -1. */
int laz_move_fd(int *fd);

#endif
