#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

const char *laz_status_name(enum laz_status s)
{
    switch (s) {
    case LAZ_OK:
        return "ok";
    case LAZ_NOMEM:
        return "no-memory";
    case LAZ_IO:
        return "io";
    case LAZ_LIMIT:
        return "limit";
    case LAZ_DAMAGED:
        return "damaged";
    case LAZ_ENCRYPTED:
        return "encrypted";
    case LAZ_INVALID:
        return "invalid";
    case LAZ_VERSION:
        return "version";
    case LAZ_UNSUPPORTED:
        return "unsupported";
    case LAZ_NOT_FOUND:
        return "not-found";
    case LAZ_EXISTS:
        return "exists";
    case LAZ_DENIED:
        return "denied";
    case LAZ_BUSY:
        return "busy";
    case LAZ_TIMEOUT:
        return "timed-out";
    case LAZ_CLOSED:
        return "closed";
    }
    return "unknown";
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);

    memcpy(out, text, len);
    out[len] = '\0';
}

enum laz_status laz_fail_at(struct laz_error *err, enum laz_status s, const char *what,
                            const char *where, uint32_t line, uint32_t column, const char *why,
                            const char *remedy)
{
    LAZ_ASSERT(s != LAZ_OK);
    if (err == NULL)
        return s;
    err->status = s;
    err->line = line;
    err->column = column;
    copy_text(err->what, sizeof err->what, what);
    copy_text(err->where, sizeof err->where, where);
    copy_text(err->why, sizeof err->why, why);
    copy_text(err->remedy, sizeof err->remedy, remedy);
    return s;
}

enum laz_status laz_fail(struct laz_error *err, enum laz_status s, const char *what,
                         const char *where, const char *why, const char *remedy)
{
    return laz_fail_at(err, s, what, where, 0, 0, why, remedy);
}

static enum laz_status status_of_errno(int number)
{
    switch (number) {
    case ENOMEM:
        return LAZ_NOMEM;
    case EPERM:
    case EACCES:
        return LAZ_DENIED;
    case ENOENT:
        return LAZ_NOT_FOUND;
    case EEXIST:
        return LAZ_EXISTS;
    default:
        return LAZ_IO;
    }
}

enum laz_status laz_fail_errno(struct laz_error *err, const char *what, const char *where,
                               const char *remedy)
{
    int number = errno;
    char why[128];

    /* The GNU form: it may return a text of its own instead of filling the buffer. */
    return laz_fail(err, status_of_errno(number), what, where, strerror_r(number, why, sizeof why),
                    remedy);
}

void laz_error_text(const struct laz_error *err, char *out, size_t size)
{
    struct laz_buf b;

    LAZ_ASSERT(size > 0);
    laz_buf_init(&b, 4096);
    laz_ignore(laz_buf_addf(&b, "lazaret: %s", err->what)); /* cut short is better than nothing */
    if (err->where[0] != '\0') {
        laz_ignore(laz_buf_addf(&b, ": "));
        laz_ignore(laz_buf_add_terminal(&b, laz_view_of(err->where)));
    }
    if (err->line != 0)
        laz_ignore(laz_buf_addf(&b, ":%u:%u", err->line, err->column));
    laz_ignore(laz_buf_addf(&b, ": "));
    laz_ignore(laz_buf_add_terminal(&b, laz_view_of(err->why)));
    if (err->remedy[0] != '\0') {
        laz_ignore(laz_buf_addf(&b, " ("));
        laz_ignore(laz_buf_add_terminal(&b, laz_view_of(err->remedy)));
        laz_ignore(laz_buf_addf(&b, ")"));
    }
    copy_text(out, size, laz_buf_text(&b));
    laz_buf_clear(&b);
}

void laz_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "lazaret: assertion failed: %s (%s:%d)\n", condition, file, line);
    abort();
}

int laz_move_fd(int *fd)
{
    int moved = *fd;

    *fd = -1;
    return moved;
}
