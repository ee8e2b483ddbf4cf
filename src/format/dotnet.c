#include "format/dotnet.h"

#include <stdio.h>

#define HEADER_SIZE     72
#define METADATA_MAGIC  0x424A5342u
#define METADATA_SIZE   16 /* before the version's text */
#define VERSION_LEN_MAX 255
#define STREAM_NAME_MAX 32
#define STRING_LEN_MAX  1024 /* longer names are damage */
#define GUID_SIZE       16

struct header {
    struct laz_pe_directory metadata, resources;
};

static bool take_header(struct laz_view v, struct header *h)
{
    uint32_t size;

    return v.len >= HEADER_SIZE && laz_take_u32le(&v, &size) && size == HEADER_SIZE &&
           laz_skip(&v, 4) && laz_take_u32le(&v, &h->metadata.address) &&
           laz_take_u32le(&v, &h->metadata.size) && laz_skip(&v, 8) &&
           laz_take_u32le(&v, &h->resources.address) && laz_take_u32le(&v, &h->resources.size);
}

/* A program of 32 bits that is no library begins with the jump to the runtime. */
static bool starts_runtime(const struct laz_pe *pe)
{
    struct laz_view v;
    uint16_t jump;

    if (pe->is_64bit)
        return pe->directory_count >= LAZ_PE_DIRECTORY_DOTNET;
    if ((pe->characteristics & LAZ_PE_IS_DLL_FLAG) != 0)
        return true;
    return laz_pe_at(pe, pe->entry, &v) && laz_take_u16le(&v, &jump) && jump == 0x25FF;
}

/* Up to the streams' heads; *root is where the metadata begin. */
static bool take_root(struct laz_dotnet *d, struct laz_view *v)
{
    uint32_t magic, len;
    struct laz_view text;
    size_t end;

    if (v->len < METADATA_SIZE || !laz_take_u32le(v, &magic) || magic != METADATA_MAGIC ||
        !laz_skip(v, 8) || !laz_take_u32le(v, &len) || len == 0 || len > VERSION_LEN_MAX ||
        len % 4 != 0 || !laz_take(v, len, &text))
        return false;
    end = laz_view_find_byte(text, '\0');
    if (end < text.len)
        d->version = laz_view_first(text, end);
    return true;
}

static void note_stream(struct laz_dotnet *d, const struct laz_dotnet_stream *s)
{
    static const char *const starts[] = {"#~", "#-", "#Strings", "#Blob", "#US", "#GUID"};
    struct laz_dotnet_stream *const known[] = {&d->tables_stream, &d->tables_stream, &d->strings,
                                               &d->blobs,         &d->user_strings,  &d->guids};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (!laz_view_starts(s->name, laz_view_of(starts[i])))
            continue;
        /* Of several the first counts, but for #GUID, where it is the last. */
        if (!known[i]->is_there || known[i] == &d->guids) {
            *known[i] = *s;
            known[i]->is_there = true;
        }
        return;
    }
}

static bool take_stream(struct laz_view *v, uint64_t root, struct laz_dotnet_stream *s)
{
    struct laz_view head = *v, name;
    uint32_t offset;
    size_t len;

    if (!laz_take_u32le(&head, &offset) || !laz_take_u32le(&head, &s->size) ||
        !laz_take(&head, STREAM_NAME_MAX, &name))
        return false;
    len = laz_view_find_byte(name, '\0');
    if (len == name.len)
        return false;
    s->name = laz_view_first(name, len);
    s->offset = root + offset;
    return laz_skip(v, 8 + len + 4 - len % 4);
}

static void take_streams(struct laz_dotnet *d, struct laz_view *v, uint64_t root)
{
    uint8_t count;

    if (!laz_skip(v, 2) /* flags */ || v->len < 2 || !laz_take_u8(v, &count) || !laz_skip(v, 1))
        return;
    d->has_streams = true;
    while (d->stream_count < count && take_stream(v, root, &d->streams[d->stream_count])) {
        note_stream(d, &d->streams[d->stream_count]);
        d->stream_count++;
    }
}

bool laz_dotnet_read(const struct laz_pe *pe, struct laz_dotnet *out)
{
    struct laz_pe_directory directory;
    struct header h;
    struct laz_view v;
    uint64_t root;

    *out = (struct laz_dotnet){.pe = pe};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_DOTNET, &directory) ||
        !laz_pe_at(pe, directory.address, &v) || !take_header(v, &h) ||
        !laz_pe_offset(pe, h.metadata.address, &root))
        return false;
    v = laz_view_from_offset(pe->file, root);
    if (!take_root(out, &v) || !starts_runtime(pe))
        return false;
    take_streams(out, &v, root);
    out->has_resource_base = laz_pe_offset(pe, h.resources.address, &out->resource_base);
    if (out->tables_stream.is_there && out->strings.is_there && out->blobs.is_there)
        laz_dotnet_find_tables(out);
    return true;
}

uint32_t laz_dotnet_guids(const struct laz_dotnet *d,
                          char out[LAZ_DOTNET_GUIDS_MAX][LAZ_DOTNET_GUID_LEN + 1])
{
    struct laz_view v = laz_view_from_offset(d->pe->file, d->guids.offset), tail;
    uint32_t size = d->guids.size, count = 0, first;
    uint16_t second, third;

    while (d->guids.is_there && count < LAZ_DOTNET_GUIDS_MAX && size >= GUID_SIZE &&
           laz_take_u32le(&v, &first) && laz_take_u16le(&v, &second) &&
           laz_take_u16le(&v, &third) && laz_take(&v, 8, &tail)) {
        const uint8_t *b = tail.data;

        snprintf(out[count], sizeof out[count], "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                 first, second, third, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
        size -= GUID_SIZE;
        count++;
    }
    return count;
}

bool laz_dotnet_string(const struct laz_dotnet *d, uint32_t index, struct laz_view *out)
{
    struct laz_view v = laz_view_from_offset(d->pe->file, d->strings.offset + index);
    size_t len;

    if (index >= d->strings.size || v.len == 0)
        return false;
    v = laz_view_first(v, STRING_LEN_MAX + 1);
    len = laz_view_find_byte(v, '\0');
    if (len == v.len)
        return false;
    *out = laz_view_first(v, len);
    return true;
}

/* A length in one, two or four bytes, the high one first: ECMA-335, II.24.2.4. */
static bool take_blob_length(struct laz_view *v, uint32_t *len)
{
    uint8_t first, second;
    uint16_t low;

    if (!laz_take_u8(v, &first))
        return false;
    if ((first & 0x80) == 0) {
        *len = first;
        return true;
    }
    if (!laz_take_u8(v, &second))
        return false;
    *len = (uint32_t)(first & 0x3F) << 8 | second;
    if ((first & 0xC0) == 0x80)
        return true;
    if ((first & 0xE0) != 0xC0 || !laz_take_u16be(v, &low))
        return false;
    *len = (uint32_t)(first & 0x1F) << 24 | (uint32_t)second << 16 | low;
    return true;
}

bool laz_dotnet_blob_at(const struct laz_dotnet *d, uint64_t offset, struct laz_view *out,
                        uint64_t *end)
{
    struct laz_view v = laz_view_from_offset(d->pe->file, offset);
    uint32_t len;

    if (!take_blob_length(&v, &len) || !laz_take(&v, len, out))
        return false;
    *end = d->pe->file.len - v.len;
    return true;
}

bool laz_dotnet_blob(const struct laz_dotnet *d, uint32_t index, struct laz_view *out)
{
    uint64_t end;

    return laz_dotnet_blob_at(d, d->blobs.offset + index, out, &end);
}

/* One text; the byte behind its last says only whether it has characters beyond the plain ones, and
 * reads as an empty text of its own. */
static bool next_user_string(const struct laz_dotnet *d, uint64_t *offset, uint64_t end,
                             struct laz_view *out)
{
    uint64_t behind;
    bool has_last;

    if (*offset >= end || !laz_dotnet_blob_at(d, *offset, out, &behind))
        return false;
    has_last = out->len > 0;
    out->len -= has_last;
    *offset = behind - has_last;
    return true;
}

bool laz_dotnet_user_strings(const struct laz_dotnet *d, struct laz_arena *arena,
                             struct laz_dotnet_texts *out)
{
    const struct laz_dotnet_stream *s = &d->user_strings;
    uint64_t end = s->offset + s->size, offset;
    struct laz_view all, text, *items = NULL;

    *out = (struct laz_dotnet_texts){0};
    if (!s->is_there || s->size == 0 || !laz_view_at(d->pe->file, s->offset, s->size, &all) ||
        all.data[0] != 0)
        return true;
    for (int pass = 0; pass < 2; pass++) {
        uint32_t count = 0;

        for (offset = s->offset + 1; next_user_string(d, &offset, end, &text);)
            if (text.len > 0) {
                if (items != NULL)
                    items[count] = text;
                count++;
            }
        out->count = count;
        if (items == NULL)
            items = laz_arena_get_array(arena, count, sizeof *items);
        if (items == NULL)
            return false;
    }
    out->is_known = true;
    out->items = items;
    return true;
}
