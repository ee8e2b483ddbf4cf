/* module_magic.c - YARA's module magic, over format/magic.h. */
#include "format/magic.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

struct state {
    bool is_known[2]; /* of the type, and of the MIME type: each is asked for once */
    struct laz_value told[2];
};

static bool open_state(struct laz_modules *m, void *state)
{
    return m->magic != NULL;
}

/* libmagic's text is good until the next call only. */
static struct laz_value tell(struct laz_modules *m, bool as_mime)
{
    struct laz_view text;
    const char *told;

    if (!laz_magic_tell(m->magic, m->input.bytes, as_mime, &told))
        return laz_value_undefined();
    text = laz_view_of(told);
    return laz_modules_text(m, text.data, text.len);
}

bool laz_module_magic(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                      struct laz_value *out)
{
    bool as_mime = laz_fields_magic.fields[index].n == LAZ_MAGIC_MIME_TYPE;
    struct state *s = laz_modules_state(m, LAZ_MODULE_MAGIC, sizeof *s, open_state);

    if (s == NULL)
        return false;
    if (!s->is_known[as_mime])
        s->told[as_mime] = tell(m, as_mime);
    s->is_known[as_mime] = true;
    *out = s->told[as_mime];
    return true;
}
