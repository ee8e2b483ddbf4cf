#include "format/pe_priv.h"

#define ENTRY_SIZE    28
#define ENTRIES_MAX   4096u
#define TYPE_CODEVIEW 2
#define PATH_LEN_MAX  4096        /* PATH_MAX, as YARA has it on Linux */
#define MARK_PDB20    0x3031424Eu /* "NB10" */
#define MARK_PDB70    0x53445352u /* "RSDS" */
#define MARK_MTOC     0x434F544Du /* "MTOC" */
#define HEAD_SIZE     8

struct entry {
    uint32_t type, address, offset;
};

static bool take_entry(struct laz_view *v, struct entry *e)
{
    uint32_t size;

    return laz_skip(v, 12) && laz_take_u32le(v, &e->type) && laz_take_u32le(v, &size) &&
           laz_take_u32le(v, &e->address) && laz_take_u32le(v, &e->offset);
}

/* Bytes before the path, by the mark that the data begin with; 0 for other kinds. */
static unsigned path_place(uint32_t mark)
{
    switch (mark) {
    case MARK_PDB20:
        return 16;
    case MARK_PDB70:
        return 24;
    case MARK_MTOC:
        return 20;
    default: /* any other number */
        return 0;
    }
}

static bool read_path(struct laz_view data, struct laz_view *out)
{
    struct laz_view v = data;
    unsigned place;
    uint32_t mark;
    size_t len;

    if (data.len < HEAD_SIZE || !laz_take_u32le(&v, &mark))
        return false;
    place = path_place(mark);
    v = laz_view_first(laz_view_from_offset(data, place), PATH_LEN_MAX);
    if (place == 0 || v.len == 0)
        return false;
    len = laz_view_find_byte(v, '\0');
    if (len == PATH_LEN_MAX)
        return false;
    *out = laz_view_first(v, len);
    return true;
}

/* The place is told twice, and one of the two may be missing. */
static bool find_data(const struct laz_pe *pe, const struct entry *e, struct laz_view *out)
{
    uint64_t offset = 0;

    if ((e->address == 0 || !laz_pe_offset(pe, e->address, &offset) || offset == 0))
        offset = e->offset;
    *out = laz_view_from_offset(pe->file, offset);
    return offset != 0;
}

bool laz_pe_pdb_path(const struct laz_pe *pe, struct laz_view *out)
{
    struct laz_pe_directory directory;
    struct laz_view v, data;
    struct entry e;
    uint32_t count;

    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_DEBUG, &directory) || directory.address == 0 ||
        !laz_pe_at(pe, directory.address, &v))
        return false;
    count = directory.size / ENTRY_SIZE;
    for (uint32_t i = 0; i < count && i < ENTRIES_MAX && take_entry(&v, &e); i++)
        if (e.type == TYPE_CODEVIEW && find_data(pe, &e, &data) && read_path(data, out))
            return true;
    return false;
}
