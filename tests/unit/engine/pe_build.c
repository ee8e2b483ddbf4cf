#include "pe_build.h"

#include <string.h>

#include "dotnet_build.h"

#define SECTION_MAX ((size_t)64 * 1024)
#define TEXT_SIZE   0x200u
#define OPTIONAL_32 0xE0u
#define OPTIONAL_64 0xF0u
#define STUB_END    0x80u /* the header, when no table of tools stands before it */
#define RICH_KEY    0x8A3F21C4u

/* The second section holds all tables; addresses in it are known by its length so far. */
struct builder {
    const struct pe_shape *shape;
    struct laz_buf data;
    struct {
        uint32_t address, size;
    } directories[16];
};

void pe_patch(struct laz_buf *b, size_t place, uint32_t n)
{
    if (laz_buf_failed(b) != LAZ_OK)
        return;
    LAZ_ASSERT(place + 4 <= b->len);
    for (unsigned i = 0; i < 4; i++)
        b->data[place + i] = (uint8_t)(n >> 8 * i);
}

void pe_align(struct laz_buf *b, size_t border)
{
    while (laz_buf_failed(b) == LAZ_OK && b->len % border != 0)
        laz_buf_add_u8(b, 0);
}

static void add_zeros(struct laz_buf *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        laz_buf_add_u8(b, 0);
}

static uint32_t here(const struct builder *b)
{
    return PE_DATA_RVA + (uint32_t)b->data.len;
}

static size_t place_of(uint32_t rva)
{
    return rva - PE_DATA_RVA;
}

/* A text with its NUL, on an even border; its address. */
static uint32_t add_name(struct builder *b, const char *name)
{
    uint32_t rva;

    pe_align(&b->data, 2);
    rva = here(b);
    laz_buf_add_text(&b->data, name);
    laz_buf_add_u8(&b->data, 0);
    return rva;
}

static void add_pointer(struct builder *b, uint64_t n)
{
    if (b->shape->is_64bit)
        laz_buf_add_u64le(&b->data, n);
    else
        laz_buf_add_u32le(&b->data, (uint32_t)n);
}

/* Functions of one library; those that begin with # are numbers. */
static uint32_t add_thunks(struct builder *b, const char *const *functions)
{
    uint64_t names[8];
    uint32_t rva;
    size_t count = 0;

    for (; functions[count] != NULL; count++) {
        if (functions[count][0] == '#') {
            names[count] = (uint64_t)(functions[count][1] - '0') |
                           (b->shape->is_64bit ? UINT64_C(1) << 63 : UINT64_C(1) << 31);
            continue;
        }
        pe_align(&b->data, 2);
        names[count] = here(b);
        laz_buf_add_u16le(&b->data, 0); /* hint */
        add_name(b, functions[count]);
    }
    pe_align(&b->data, 8);
    rva = here(b);
    for (size_t i = 0; i < count; i++)
        add_pointer(b, names[i]);
    add_pointer(b, 0);
    return rva;
}

static const char *const kernel[] = {"ExitProcess", "CreateFileW", "bad name", NULL};
static const char *const sockets[] = {"#3", "send", "#9", NULL};
static const char *const odd[] = {"#7", NULL};
static const char *const user[] = {"MessageBoxA", "#5", NULL};

static void add_imports(struct builder *b)
{
    static const struct {
        const char *library;
        const char *const *functions;
    } all[] = {{"KERNEL32.dll", kernel},
               {"WS2_32.dll", sockets},
               {"odd.drv", odd},
               {"wrong|name.dll", odd}};
    uint32_t names[4], thunks[4], start;

    for (size_t i = 0; i < 4; i++) {
        names[i] = add_name(b, all[i].library);
        thunks[i] = add_thunks(b, all[i].functions);
    }
    start = here(b);
    for (size_t i = 0; i < 4; i++) {
        laz_buf_add_u32le(&b->data, thunks[i]);
        add_zeros(&b->data, 8);
        laz_buf_add_u32le(&b->data, names[i]);
        laz_buf_add_u32le(&b->data, thunks[i]);
    }
    add_zeros(&b->data, 20);
    b->directories[1].address = start;
    b->directories[1].size = here(b) - start;
}

static void add_delayed(struct builder *b)
{
    uint32_t name = add_name(b, "USER32.dll"), thunks = add_thunks(b, user), start;

    pe_align(&b->data, 4);
    start = here(b);
    laz_buf_add_u32le(&b->data, 1); /* addresses are relative */
    laz_buf_add_u32le(&b->data, name);
    laz_buf_add_u32le(&b->data, 0);
    laz_buf_add_u32le(&b->data, thunks);
    laz_buf_add_u32le(&b->data, thunks);
    add_zeros(&b->data, 12 + 32);
    b->directories[13].address = start;
    b->directories[13].size = here(b) - start;
}

/* Ordinals 5, 6 and 7: "first", one without a name, and "sent" that leads to another library. */
static void add_exports(struct builder *b)
{
    uint32_t start, forward, names[2], library;

    pe_align(&b->data, 4);
    start = here(b);
    add_zeros(&b->data, 40);
    library = add_name(b, "built.dll");
    names[0] = add_name(b, "first");
    names[1] = add_name(b, "sent");
    forward = add_name(b, "NTDLL.target");
    pe_align(&b->data, 4);
    pe_patch(&b->data, place_of(start) + 4, 0x5A000001); /* time */
    pe_patch(&b->data, place_of(start) + 12, library);
    pe_patch(&b->data, place_of(start) + 16, 5);
    pe_patch(&b->data, place_of(start) + 20, 3);
    pe_patch(&b->data, place_of(start) + 24, 2);
    pe_patch(&b->data, place_of(start) + 28, here(b));
    laz_buf_add_u32le(&b->data, PE_TEXT_RVA + 0x10);
    laz_buf_add_u32le(&b->data, PE_TEXT_RVA + 0x20);
    laz_buf_add_u32le(&b->data, forward);
    pe_patch(&b->data, place_of(start) + 32, here(b));
    laz_buf_add_u32le(&b->data, names[0]);
    laz_buf_add_u32le(&b->data, names[1]);
    pe_patch(&b->data, place_of(start) + 36, here(b));
    laz_buf_add_u16le(&b->data, 0);
    laz_buf_add_u16le(&b->data, 2);
    laz_buf_add_u16le(&b->data, 0xFFFF); /* as many as functions must be readable */
    b->directories[0].address = start;
    b->directories[0].size = here(b) - start;
}

static void add_wide(struct laz_buf *b, const char *text)
{
    for (; *text != '\0'; text++)
        laz_buf_add_u16le(b, (uint8_t)*text);
}

/* A box of the version: its length is patched when it ends. */
static size_t open_box(struct laz_buf *b, uint16_t value_len, const char *key)
{
    size_t place;

    pe_align(b, 4);
    place = b->len;
    laz_buf_add_u16le(b, 0);
    laz_buf_add_u16le(b, value_len);
    laz_buf_add_u16le(b, 1);
    add_wide(b, key);
    laz_buf_add_u16le(b, 0);
    pe_align(b, 4);
    return place;
}

static void close_box(struct laz_buf *b, size_t place)
{
    if (laz_buf_failed(b) != LAZ_OK)
        return;
    b->data[place] = (uint8_t)(b->len - place);
    b->data[place + 1] = (uint8_t)((b->len - place) >> 8);
}

static void add_string(struct laz_buf *b, const char *key, const char *value)
{
    size_t box = open_box(b, (uint16_t)(value[0] == '\0' ? 0 : strlen(value) + 1), key);

    add_wide(b, value);
    laz_buf_add_u16le(b, 0);
    close_box(b, box);
    pe_align(b, 4);
}

static void add_version(struct laz_buf *b)
{
    size_t root, info, table;

    pe_align(b, 4);
    root = open_box(b, 52, "VS_VERSION_INFO");
    add_zeros(b, 52);
    info = open_box(b, 0, "VarFileInfo");
    add_string(b, "Translation", "x");
    close_box(b, info);
    info = open_box(b, 0, "StringFileInfo");
    table = open_box(b, 0, "040904B0");
    add_string(b, "CompanyName", "Hospital of Tests");
    add_string(b, "FileVersion", "1.2.3");
    add_string(b, "Comments", "");
    add_string(b, "FileVersion", "4.5.6");
    close_box(b, table);
    close_box(b, info);
    close_box(b, root);
}

/* One directory; its entries' places are patched by the caller. */
static void add_directory(struct laz_buf *b, uint16_t named, uint16_t numbered)
{
    laz_buf_add_u32le(b, 0);
    laz_buf_add_u32le(b, 0x5B000002); /* time */
    laz_buf_add_u16le(b, 4);
    laz_buf_add_u16le(b, 2); /* version */
    laz_buf_add_u16le(b, named);
    laz_buf_add_u16le(b, numbered);
}

struct resource {
    uint32_t type, id, language;
    const char *data; /* NULL: the version */
};

#define NAMED 0x80000000u

/* A tree with one way to each resource: type, name and language have a directory of their own. */
static void add_resource(struct builder *b, size_t root, size_t entry, const struct resource *r)
{
    struct laz_buf *d = &b->data;
    size_t data;

    pe_patch(d, entry, r->type);
    pe_patch(d, entry + 4, (uint32_t)(d->len - root) | NAMED);
    add_directory(d, 0, 1);
    laz_buf_add_u32le(d, r->id);
    laz_buf_add_u32le(d, (uint32_t)(d->len + 4 - root) | NAMED);
    add_directory(d, 0, 1);
    laz_buf_add_u32le(d, r->language);
    laz_buf_add_u32le(d, (uint32_t)(d->len + 4 - root));
    data = d->len;
    add_zeros(d, 16);
    pe_align(d, 4);
    pe_patch(d, data, here(b));
    if (r->data == NULL)
        add_version(d);
    else
        laz_buf_add_text(d, r->data);
    pe_patch(d, data + 4, here(b) - PE_DATA_RVA - (uint32_t)(data + 16));
    pe_align(d, 4);
}

static void add_resources(struct builder *b)
{
    struct laz_buf *d = &b->data;
    size_t root, name;

    pe_align(d, 4);
    root = d->len;
    b->directories[2].address = here(b);
    add_directory(d, 1, 3);
    add_zeros(d, 4 * 8);
    name = d->len - root;
    laz_buf_add_u16le(d, 3);
    add_wide(d, "BIN");
    pe_align(d, 4);
    add_resource(b, root, root + 16,
                 &(struct resource){NAMED | (uint32_t)name, 7, 0x0407, "seven"});
    add_resource(b, root, root + 24, &(struct resource){10, NAMED | (uint32_t)name, 0x0409, "ten"});
    add_resource(b, root, root + 32, &(struct resource){10, 2, 0x040C, "zwei"});
    add_resource(b, root, root + 40, &(struct resource){16, 1, 0x0409, NULL});
    b->directories[2].size = here(b) - b->directories[2].address;
}

static void add_debug(struct builder *b)
{
    static const char path[] = "C:\\build\\tests\\built.pdb";
    uint32_t start;

    pe_align(&b->data, 4);
    start = here(b);
    add_zeros(&b->data, 28);
    pe_patch(&b->data, place_of(start) + 12, 2);
    pe_patch(&b->data, place_of(start) + 16, 24 + sizeof path);
    pe_patch(&b->data, place_of(start) + 20, here(b));
    laz_buf_add_text(&b->data, "RSDS");
    add_zeros(&b->data, 20);
    laz_buf_add(&b->data, laz_view_from(path, sizeof path));
    b->directories[6].address = start;
    b->directories[6].size = 28;
}

static void add_dotnet(struct builder *b)
{
    pe_align(&b->data, 4);
    b->directories[14].address = here(b);
    b->directories[14].size = DOTNET_HEADER_SIZE;
    dotnet_build(&b->data, PE_DATA_RVA);
}

static void add_parts(struct builder *b)
{
    static void (*const adders[])(struct builder *) = {add_imports, add_delayed, add_exports,
                                                       add_resources};
    for (unsigned i = 0; i < sizeof adders / sizeof *adders; i++)
        if ((b->shape->parts & 1u << i) != 0)
            adders[i](b);
    if ((b->shape->parts & PE_DEBUG) != 0)
        add_debug(b);
    if ((b->shape->parts & PE_DOTNET) != 0)
        add_dotnet(b);
    pe_align(&b->data, 0x200);
}

/* Tools 261 (30 objects) and 170 (4), of versions 24215 and 40219. */
static void add_rich(struct laz_buf *out)
{
    static const uint32_t words[] = {0x536E6144,         0, 0, 0, 261u << 16 | 24215, 30,
                                     170u << 16 | 40219, 4};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        laz_buf_add_u32le(out, words[i] ^ RICH_KEY);
    laz_buf_add_text(out, "Rich");
    laz_buf_add_u32le(out, RICH_KEY);
    pe_align(out, 16);
}

static void add_stub(const struct pe_shape *shape, struct laz_buf *out)
{
    laz_buf_add_text(out, "MZ");
    add_zeros(out, STUB_END - 2);
    if ((shape->parts & PE_RICH) != 0)
        add_rich(out);
    pe_patch(out, 0x3C, (uint32_t)out->len);
}

static void add_file_header(const struct pe_shape *shape, struct laz_buf *out, uint32_t symbols)
{
    laz_buf_add(out, laz_view_from("PE\0\0", 4));
    laz_buf_add_u16le(out, shape->is_64bit ? 0x8664 : 0x14C);
    laz_buf_add_u16le(out, 2);
    laz_buf_add_u32le(out, 0x5C000003);
    laz_buf_add_u32le(out, symbols);
    laz_buf_add_u32le(out, 0);
    laz_buf_add_u16le(out, shape->is_64bit ? OPTIONAL_64 : OPTIONAL_32);
    laz_buf_add_u16le(out, (uint16_t)(0x0102 | ((shape->parts & PE_DLL) != 0 ? 0x2000 : 0)));
}

static void add_word(const struct pe_shape *shape, struct laz_buf *out, uint64_t n)
{
    if (shape->is_64bit)
        laz_buf_add_u64le(out, n);
    else
        laz_buf_add_u32le(out, (uint32_t)n);
}

static void add_optional_header(const struct builder *b, struct laz_buf *out)
{
    const struct pe_shape *shape = b->shape;
    uint32_t data_size = (uint32_t)b->data.len;

    laz_buf_add_u16le(out, shape->is_64bit ? 0x20B : 0x10B);
    laz_buf_add_u8(out, 14);
    laz_buf_add_u8(out, 36);
    laz_buf_add_u32le(out, TEXT_SIZE);
    laz_buf_add_u32le(out, data_size);
    laz_buf_add_u32le(out, 0x30);
    laz_buf_add_u32le(out, PE_TEXT_RVA + 4);
    laz_buf_add_u32le(out, PE_TEXT_RVA);
    if (!shape->is_64bit)
        laz_buf_add_u32le(out, PE_DATA_RVA);
    add_word(shape, out, shape->is_64bit ? PE_BASE_64 : PE_BASE_32);
    laz_buf_add_u32le(out, 0x1000);
    laz_buf_add_u32le(out, 0x200);
    for (uint16_t i = 1; i <= 6; i++) /* versions of system, image and subsystem */
        laz_buf_add_u16le(out, i);
    laz_buf_add_u32le(out, 7);
    laz_buf_add_u32le(out, PE_DATA_RVA + (data_size + 0xFFF) / 0x1000 * 0x1000);
    laz_buf_add_u32le(out, PE_TEXT_PLACE);
    laz_buf_add_u32le(out, 0x12345); /* a checksum that is wrong */
    laz_buf_add_u16le(out, 3);
    laz_buf_add_u16le(out, 0x8140);
    for (uint64_t i = 1; i <= 4; i++) /* stack and heap */
        add_word(shape, out, i << 16);
    laz_buf_add_u32le(out, 9);
    laz_buf_add_u32le(out, 16);
    for (unsigned i = 0; i < 16; i++) {
        laz_buf_add_u32le(out, b->directories[i].address);
        laz_buf_add_u32le(out, b->directories[i].size);
    }
}

static void add_section_header(struct laz_buf *out, const char *name, uint32_t rva, uint32_t size,
                               uint32_t place, uint32_t characteristics)
{
    size_t start = out->len;

    laz_buf_add_text(out, name);
    add_zeros(out, start + 8 - out->len);
    laz_buf_add_u32le(out, size - 1); /* a little less in memory than in the file */
    laz_buf_add_u32le(out, rva);
    laz_buf_add_u32le(out, size);
    laz_buf_add_u32le(out, place);
    laz_buf_add_u32le(out, 0x11);
    laz_buf_add_u32le(out, 0x22);
    laz_buf_add_u16le(out, 0x33);
    laz_buf_add_u16le(out, 0x44);
    laz_buf_add_u32le(out, characteristics);
}

static void add_text_section(struct laz_buf *out)
{
    size_t end = out->len + TEXT_SIZE;

    add_zeros(out, 4);
    laz_buf_add_u16le(out, 0x25FF); /* the jump with which programs for .NET begin */
    while (laz_buf_failed(out) == LAZ_OK && out->len < end)
        laz_buf_add_u8(out, 0xCC);
}

/* A table of symbols without any, and of strings with one: behind the sections. */
static void add_strings(struct laz_buf *out)
{
    laz_buf_add_u32le(out, 4 + 20);
    laz_buf_add_text(out, ".a_long_section_name");
    laz_buf_add_u8(out, 0);
}

static void put_together(struct builder *b, struct laz_buf *out)
{
    uint32_t data_size = (uint32_t)b->data.len;
    bool has_long = (b->shape->parts & PE_LONG_NAME) != 0;

    add_stub(b->shape, out);
    add_file_header(b->shape, out, has_long ? PE_DATA_PLACE + data_size : 0);
    add_optional_header(b, out);
    add_section_header(out, ".text", PE_TEXT_RVA, TEXT_SIZE, PE_TEXT_PLACE, 0x60000020);
    add_section_header(out, has_long ? "/4" : ".data", PE_DATA_RVA, data_size, PE_DATA_PLACE,
                       0xC0000040);
    LAZ_ASSERT(out->len <= PE_TEXT_PLACE);
    pe_align(out, PE_TEXT_PLACE);
    add_text_section(out);
    laz_buf_add(out, laz_buf_view(&b->data));
    if (has_long)
        add_strings(out);
    if ((b->shape->parts & PE_OVERLAY) != 0)
        laz_buf_add_text(out, "behind the last section");
}

bool pe_build(const struct pe_shape *shape, struct laz_buf *out)
{
    struct builder b = {.shape = shape};

    LAZ_ASSERT(out->len == 0);
    laz_buf_init(&b.data, SECTION_MAX);
    add_parts(&b);
    if (laz_buf_failed(&b.data) == LAZ_OK)
        put_together(&b, out);
    laz_buf_clear(&b.data);
    return out->len > 0 && laz_buf_failed(out) == LAZ_OK;
}
