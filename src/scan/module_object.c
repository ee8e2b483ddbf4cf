/* module_object.c - what rules ask of any object, whatever its format: no module of YARA's. */
#include "base/arena.h"
#include "format/elf.h"
#include "format/macho.h"
#include "format/pe.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

struct state {
    bool has_entry;
    uint64_t entry;
};

/* Where in the file the program starts: YARA's word entrypoint, and EP of ClamAV's offsets. */
static bool find_entry(struct laz_modules *m, uint64_t *out)
{
    struct laz_macho macho;
    struct laz_elf elf;
    struct laz_pe pe;

    if (laz_pe_read(m->input.bytes, &pe))
        return laz_pe_entry_offset(&pe, out);
    if (laz_elf_open(m->input.bytes, &elf))
        return laz_elf_offset_of(&elf, elf.entry, out);
    if (!laz_macho_open(m->input.bytes, m->arena, &macho) || !macho.has_entry)
        return false;
    *out = macho.entry;
    return true;
}

static bool open_object(struct laz_modules *m, void *state)
{
    struct state *s = state;

    s->has_entry = find_entry(m, &s->entry);
    return true;
}

bool laz_module_object(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                       struct laz_value *out)
{
    const struct state *s = laz_modules_state(m, LAZ_MODULE_OBJECT, sizeof *s, open_object);

    if (laz_fields_object.fields[index].n != LAZ_OBJECT_ENTRY_POINT || s == NULL || !s->has_entry)
        return false;
    *out = laz_value_number((int64_t)s->entry);
    return true;
}
