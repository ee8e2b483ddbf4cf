#include "dotnet_build.h"

#include <string.h>

#include "pe_build.h"

/* Places in the heap of names, told by add_name as it grows. */
struct heaps {
    struct laz_buf names, blobs, tables;
};

static uint16_t add_name(struct heaps *h, const char *name)
{
    uint16_t place = (uint16_t)h->names.len;

    laz_buf_add_text(&h->names, name);
    laz_buf_add_u8(&h->names, 0);
    return place;
}

static uint16_t add_blob(struct heaps *h, const void *bytes, size_t len)
{
    uint16_t place = (uint16_t)h->blobs.len;

    laz_buf_add_u8(&h->blobs, (uint8_t)len);
    laz_buf_add(&h->blobs, laz_view_from(bytes, len));
    return place;
}

/* Numbers of 2 bytes; of 4 where the letter is d. */
static void add_row(struct heaps *h, const char *columns, const uint32_t *values)
{
    for (size_t i = 0; columns[i] != '\0'; i++)
        if (columns[i] == 'd')
            laz_buf_add_u32le(&h->tables, values[i]);
        else
            laz_buf_add_u16le(&h->tables, (uint16_t)values[i]);
}
#define ROW(columns, ...) add_row(h, columns, (const uint32_t[]){__VA_ARGS__})

/* Module, what is referred to, and the classes: Outer<T> with two methods and a field of bytes,
 * Inner inside of it, which is an interface. */
static void add_types(struct heaps *h)
{
    static const uint8_t run[] = {0x20, 2, 0x15, 0x12, 0x05, 1, 0x13, 0, 0x10, 0x08, 0x1D, 0x0E};
    static const uint8_t make[] = {0x30, 1, 1, 0x1E, 0, 0x14, 0x08, 2, 1, 3, 2, 0, 2};
    static const uint8_t constructor[] = {0x20, 0, 0x01};
    uint16_t runs, makes, constructs;

    ROW("wwwww", 0, add_name(h, "built.exe"), 1, 0, 0);
    ROW("www", 6, add_name(h, "Object"), add_name(h, "System"));
    ROW("www", 6, add_name(h, "GuidAttribute"), add_name(h, "System.Runtime.InteropServices"));
    ROW("dwwwww", 0, add_name(h, "<Module>"), 0, 0, 1, 1);
    ROW("dwwwww", 0x100181, add_name(h, "Outer`1"), add_name(h, "Tests.Built"), 5, 1, 1);
    ROW("dwwwww", 0xA2, add_name(h, "Inner"), 0, 0, 2, 4);
    ROW("www", 0x0016, add_name(h, "bytes"), 0); /* a field */
    runs = add_blob(h, run, sizeof run);
    makes = add_blob(h, make, sizeof make);
    constructs = add_blob(h, constructor, sizeof constructor);
    ROW("dwwwww", 0, 0, 0x0046, add_name(h, "Run"), runs, 1);
    ROW("dwwwww", 0, 0, 0x0011, add_name(h, "Make"), makes, 3);
    ROW("dwwwww", 0, 0, 0x1806, add_name(h, ".ctor"), constructs, 0);
    ROW("www", 0, 1, add_name(h, "count"));
    ROW("www", 0, 2, add_name(h, "names"));
    ROW("ww", 2, 6); /* Outer is a TypeSpec, see there */
}

static void add_details(struct heaps *h, uint32_t rva)
{
    static const uint8_t guid[] = "\1\0\44aabbccdd-0011-2233-4455-66778899aabb\0";
    static const uint8_t list[] = {0x15, 0x12, 0x05, 1, 0x08};
    static const uint8_t token[] = {1, 2, 3, 4, 5, 6, 7, 8};

    ROW("www", 0x11, add_name(h, "make guid"), 0);              /* MemberRef */
    ROW("www", 0x0E, 4, add_blob(h, "c\0o\0n\0s\0t\0", 10));    /* Constant */
    ROW("www", 0x2E, 0x0B, add_blob(h, guid, sizeof guid - 1)); /* attribute */
    ROW("w", add_name(h, "kernel32"));                          /* ModuleRef */
    ROW("w", add_blob(h, list, sizeof list));                   /* TypeSpec */
    ROW("dw", rva, 1);                                          /* FieldRVA */
    ROW("dwwwwdwww", 0x8004, 1, 2, 3, 4, 0, 0, add_name(h, "built"), add_name(h, "fr"));
    ROW("wwwwdwwww", 4, 0, 0, 0, 0, add_blob(h, token, sizeof token), add_name(h, "mscorlib"), 0,
        0);
    ROW("ddww", 0, 1, add_name(h, "built.resources"), 0);
    ROW("ww", 3, 2); /* Inner is in Outer */
    ROW("wwww", 0, 0, 4, add_name(h, "T"));
    ROW("wwww", 0, 0, 5, add_name(h, "U"));
}

/* Which tables there are, and how many rows each has. */
static void add_counts(struct heaps *h)
{
    static const struct {
        uint8_t table, rows;
    } counts[] = {{0x00, 1}, {0x01, 2}, {0x02, 3}, {0x04, 1}, {0x06, 3}, {0x08, 2},
                  {0x09, 1}, {0x0A, 1}, {0x0B, 1}, {0x0C, 1}, {0x1A, 1}, {0x1B, 1},
                  {0x1D, 1}, {0x20, 1}, {0x23, 1}, {0x28, 1}, {0x29, 1}, {0x2A, 2}};
    uint64_t present = 0;

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        present |= UINT64_C(1) << counts[i].table;
    laz_buf_add_u32le(&h->tables, 0);
    laz_buf_add_u8(&h->tables, 2);
    laz_buf_add_u8(&h->tables, 0);
    laz_buf_add_u8(&h->tables, 0); /* all indexes have 2 bytes */
    laz_buf_add_u8(&h->tables, 1);
    laz_buf_add_u64le(&h->tables, present);
    laz_buf_add_u64le(&h->tables, 0);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        laz_buf_add_u32le(&h->tables, counts[i].rows);
}

/* A stream's head; the place of its offset, which is patched when the stream is there. */
static size_t add_head(struct laz_buf *b, const char *name, size_t size)
{
    size_t place = b->len;

    laz_buf_add_u32le(b, 0);
    laz_buf_add_u32le(b, (uint32_t)size);
    laz_buf_add_text(b, name);
    for (size_t n = 4 - strlen(name) % 4; n > 0; n--)
        laz_buf_add_u8(b, 0);
    return place;
}

static void add_streams(struct laz_buf *b, struct heaps *h)
{
    static const uint8_t user[] = "\0\7h\0i\0!\0\0\3\xE9\0\1";
    static const uint8_t guid[] =
        "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF";
    const struct {
        const char *name;
        struct laz_view bytes;
    } streams[] = {{"#~", laz_buf_view(&h->tables)},
                   {"#Strings", laz_buf_view(&h->names)},
                   {"#US", {user, sizeof user - 1}},
                   {"#GUID", {guid, sizeof guid - 1}},
                   {"#Blob", laz_buf_view(&h->blobs)}};
    size_t root = b->len, heads[5];

    laz_buf_add_u32le(b, 0x424A5342);
    laz_buf_add_u32le(b, 0x00010001);
    laz_buf_add_u32le(b, 0);
    laz_buf_add_u32le(b, 12);
    laz_buf_add(b, laz_view_from("v4.0.30319\0\0", 12));
    laz_buf_add_u16le(b, 0);
    laz_buf_add_u16le(b, 5);
    for (size_t i = 0; i < 5; i++)
        heads[i] = add_head(b, streams[i].name, streams[i].bytes.len);
    for (size_t i = 0; i < 5; i++) {
        pe_align(b, 4);
        pe_patch(b, heads[i], (uint32_t)(b->len - root));
        laz_buf_add(b, streams[i].bytes);
    }
}

void dotnet_build(struct laz_buf *section, uint32_t rva)
{
    uint32_t header = (uint32_t)section->len;
    struct heaps h;

    laz_buf_init(&h.names, PE_BUILD_MAX);
    laz_buf_init(&h.blobs, PE_BUILD_MAX);
    laz_buf_init(&h.tables, PE_BUILD_MAX);
    laz_buf_add_u8(&h.names, 0);
    laz_buf_add_u8(&h.blobs, 0);
    add_counts(&h);
    add_types(&h);
    add_details(&h, rva + header);
    for (uint32_t i = 0; i < DOTNET_HEADER_SIZE; i++)
        laz_buf_add_u8(section, 0);
    pe_patch(section, header, DOTNET_HEADER_SIZE);
    pe_patch(section, header + 8, rva + (uint32_t)section->len);
    add_streams(section, &h);
    pe_align(section, 4);
    pe_patch(section, header + 24, rva + (uint32_t)section->len);
    laz_buf_add_u32le(section, 8);
    laz_buf_add_text(section, "resource");
    /* What could not be added ends the test where the section is looked at. */
    if (h.names.failed != LAZ_OK || h.blobs.failed != LAZ_OK || h.tables.failed != LAZ_OK)
        section->failed = LAZ_NOMEM;
    laz_buf_clear(&h.names);
    laz_buf_clear(&h.blobs);
    laz_buf_clear(&h.tables);
}
