#include "format/magic.h"

#include <magic.h>
#include <stdlib.h>

/* libmagic's own limits of nesting, names, notes and bytes stay as the distribution sets them: its
 * answers are to be those of the file command. What it reads is hostile all the same, so only a
 * sandboxed worker asks it, and only where a rule does. */
struct laz_magic {
    magic_t cookie;
};

enum laz_status laz_magic_new(struct laz_magic **out, struct laz_error *err)
{
    LAZ_OWNED(laz_magic_drop) struct laz_magic *m = calloc(1, sizeof *m);

    if (m == NULL)
        return laz_fail(err, LAZ_NOMEM, "magic", "", "no memory", "");
    m->cookie = magic_open(MAGIC_NONE);
    if (m->cookie == NULL)
        return laz_fail(err, LAZ_NOMEM, "magic", "", "no memory", "");
    if (magic_load(m->cookie, NULL) != 0)
        return laz_fail(err, LAZ_NOT_FOUND, "magic", "", "the table of file types cannot be read",
                        "install libmagic-mgc");
    *out = laz_move(m);
    return LAZ_OK;
}

void laz_magic_free(struct laz_magic *m)
{
    if (m == NULL)
        return;
    if (m->cookie != NULL)
        magic_close(m->cookie);
    free(m);
}

void laz_magic_drop(struct laz_magic **m)
{
    laz_magic_free(*m);
    *m = NULL;
}

bool laz_magic_tell(struct laz_magic *m, struct laz_view bytes, bool as_mime, const char **out)
{
    if (magic_setflags(m->cookie, as_mime ? MAGIC_MIME_TYPE : MAGIC_NONE) != 0)
        return false;
    *out = magic_buffer(m->cookie, bytes.len > 0 ? (const void *)bytes.data : "", bytes.len);
    return *out != NULL;
}
