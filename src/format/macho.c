#include "format/macho.h"

#define MAGIC_32           0xFEEDFACEu
#define MAGIC_64           0xFEEDFACFu
#define MAGIC_32_OTHER     0xCEFAEDFEu
#define MAGIC_64_OTHER     0xCFFAEDFEu
#define MAGIC_FAT          0xCAFEBABEu
#define MAGIC_FAT_64       0xCAFEBABFu
#define MAGIC_FAT_OTHER    0xBEBAFECAu
#define MAGIC_FAT_64_OTHER 0xBFBAFECAu
#define COMMAND_SEGMENT    0x1u
#define COMMAND_THREAD     0x5u /* LC_UNIXTHREAD */
#define COMMAND_SEG_64     0x19u
#define COMMAND_MAIN       0x80000028u
#define COMMAND_HEAD       8
#define NAME_LEN           16
#define ENTRIES_MAX        16u /* commands that say where the program starts; a program has one */
#define SECTION_SIZE_32    68
#define SECTION_SIZE_64    80
#define FAT_HEAD           8
#define ARCH_SIZE_32       20
#define ARCH_SIZE_64       32

static bool take_u32(const struct laz_macho *macho, struct laz_view *v, uint32_t *out)
{
    return macho->is_big_endian ? laz_take_u32be(v, out) : laz_take_u32le(v, out);
}

static bool take_u64(const struct laz_macho *macho, struct laz_view *v, uint64_t *out)
{
    return macho->is_big_endian ? laz_take_u64be(v, out) : laz_take_u64le(v, out);
}

static bool take_word(const struct laz_macho *macho, bool is_64, struct laz_view *v, uint64_t *out)
{
    uint32_t n;

    if (is_64)
        return take_u64(macho, v, out);
    if (!take_u32(macho, v, &n))
        return false;
    *out = n;
    return true;
}

static bool take_name(struct laz_view *v, struct laz_view *out)
{
    if (!laz_take(v, NAME_LEN, out))
        return false;
    *out = laz_view_first(*out, laz_view_find_byte(*out, 0));
    return true;
}

/* v is left at the first command. */
static bool take_header(struct laz_view *v, struct laz_macho *macho)
{
    if (!laz_take_u32le(v, &macho->magic))
        return false;
    macho->is_64 = macho->magic == MAGIC_64 || macho->magic == MAGIC_64_OTHER;
    macho->is_big_endian = macho->magic == MAGIC_32_OTHER || macho->magic == MAGIC_64_OTHER;
    return (macho->is_64 || macho->magic == MAGIC_32 || macho->magic == MAGIC_32_OTHER) &&
           take_u32(macho, v, &macho->cpu_type) && take_u32(macho, v, &macho->cpu_subtype) &&
           take_u32(macho, v, &macho->file_type) && take_u32(macho, v, &macho->command_count) &&
           take_u32(macho, v, &macho->commands_size) && take_u32(macho, v, &macho->flags) &&
           (!macho->is_64 || take_u32(macho, v, &macho->reserved));
}

/* The next command as a whole. False when there is none or it says that it ends before its head or
 * behind the file. */
static bool take_command(const struct laz_macho *macho, struct laz_view *v, uint32_t *kind,
                         struct laz_view *out)
{
    struct laz_view head = *v;
    uint32_t size;

    return take_u32(macho, &head, kind) && take_u32(macho, &head, &size) && size >= COMMAND_HEAD &&
           laz_take(v, size, out);
}

static bool is_segment(uint32_t kind)
{
    return kind == COMMAND_SEGMENT || kind == COMMAND_SEG_64;
}

/* A segment's own fields may lie behind the end that its command claims, as YARA has it; its
 * sections may not. */
static bool take_segment(const struct laz_macho *macho, uint64_t at, struct laz_macho_segment *s)
{
    struct laz_view v = laz_view_from_offset(macho->file, at), rest = v, command;
    size_t len = v.len;
    uint32_t kind;

    if (!take_command(macho, &rest, &kind, &command) || !is_segment(kind))
        return false;
    s->is_64 = kind == COMMAND_SEG_64;
    if (!laz_skip(&v, COMMAND_HEAD) || !take_name(&v, &s->name) ||
        !take_word(macho, s->is_64, &v, &s->address) ||
        !take_word(macho, s->is_64, &v, &s->memory_size) ||
        !take_word(macho, s->is_64, &v, &s->offset) ||
        !take_word(macho, s->is_64, &v, &s->file_size) ||
        !take_u32(macho, &v, &s->protection_max) || !take_u32(macho, &v, &s->protection) ||
        !take_u32(macho, &v, &s->section_count) || !take_u32(macho, &v, &s->flags))
        return false;
    s->sections = laz_view_from_offset(command, len - v.len);
    return true;
}

bool laz_macho_segment(const struct laz_macho *macho, uint64_t index, struct laz_macho_segment *out)
{
    return index < macho->segment_count && take_segment(macho, macho->segments_at[index], out);
}

static uint64_t section_stride(const struct laz_macho_segment *segment)
{
    return segment->is_64 ? SECTION_SIZE_64 : SECTION_SIZE_32;
}

uint64_t laz_macho_sections_here(const struct laz_macho_segment *segment)
{
    uint64_t room = segment->sections.len / section_stride(segment);

    return segment->section_count < room ? segment->section_count : room;
}

bool laz_macho_section(const struct laz_macho *macho, const struct laz_macho_segment *segment,
                       uint64_t index, struct laz_macho_section *out)
{
    struct laz_macho_section s = {.offset = 0};
    struct laz_view v;

    if (index >= laz_macho_sections_here(segment))
        return false;
    v = laz_view_from_offset(segment->sections, index * section_stride(segment));
    if (!take_name(&v, &s.name) || !take_name(&v, &s.segment) ||
        !take_word(macho, segment->is_64, &v, &s.address) ||
        !take_word(macho, segment->is_64, &v, &s.size) || !take_u32(macho, &v, &s.offset) ||
        !take_u32(macho, &v, &s.alignment) || !take_u32(macho, &v, &s.relocations_offset) ||
        !take_u32(macho, &v, &s.relocation_count) || !take_u32(macho, &v, &s.flags))
        return false;
    for (size_t i = 0; i < 2u + segment->is_64; i++)
        if (!take_u32(macho, &v, &s.reserved[i]))
            return false;
    *out = s;
    return true;
}

/* Which register of a thread's state is the program counter, by processor. */
static bool find_counter(uint32_t cpu_type, bool *is_64, uint64_t *index)
{
    static const struct {
        uint32_t cpu_type;
        bool is_64;
        uint8_t index;
    } counters[] = {
        {0x7, false, 10},      /* X86: eip */
        {0x1000007, true, 16}, /* X86_64: rip */
        {0xC, false, 15},      /* ARM: pc */
        {0x100000C, true, 32}, /* ARM64: pc */
        {0x12, false, 0},      /* POWERPC: srr0 */
        {0x1000012, true, 0},  /* POWERPC64: srr0 */
        {0xE, false, 1},       /* SPARC: pc */
        {0x6, false, 17},      /* MC680X0: pc */
        {0xD, false, 31},      /* MC88000: xip */
    };

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        if (counters[i].cpu_type != cpu_type)
            continue;
        *is_64 = counters[i].is_64;
        *index = counters[i].index;
        return true;
    }
    return false;
}

static bool offset_of(const struct laz_macho *macho, uint64_t address, uint64_t *offset)
{
    struct laz_macho_segment s;

    for (uint32_t i = 0; i < macho->segment_count; i++) {
        if (!laz_macho_segment(macho, i, &s) || address < s.address ||
            address - s.address >= s.memory_size)
            continue;
        *offset = s.offset + (address - s.address);
        return *offset >= s.offset;
    }
    return false;
}

static void take_thread(struct laz_macho *macho, struct laz_view v)
{
    uint64_t index, address, entry;
    bool is_64;

    if (!find_counter(macho->cpu_type, &is_64, &index) ||
        !laz_skip(&v, COMMAND_HEAD + 8 + index * (is_64 ? 8 : 4)) || /* flavour and count */
        !take_word(macho, is_64, &v, &address))
        return;
    if (offset_of(macho, address, &entry)) {
        macho->has_entry = true;
        macho->entry = entry;
    }
}

static void take_main(struct laz_macho *macho, struct laz_view v)
{
    uint64_t entry, stack_size;

    if (!laz_skip(&v, COMMAND_HEAD) || !take_u64(macho, &v, &entry) ||
        !take_u64(macho, &v, &stack_size))
        return;
    macho->has_entry = macho->has_stack_size = true;
    macho->entry = entry;
    macho->stack_size = stack_size;
}

/* What one pass over the commands does with each. */
typedef void command_fn(struct laz_macho *macho, uint32_t kind, uint64_t at,
                        struct laz_view command);

static void walk(struct laz_macho *macho, struct laz_view v, command_fn *visit)
{
    struct laz_view command;
    uint32_t kind;

    for (uint32_t i = 0; i < macho->command_count && i < LAZ_MACHO_COMMANDS_MAX; i++) {
        uint64_t at = macho->file.len - v.len;

        if (!take_command(macho, &v, &kind, &command))
            return;
        visit(macho, kind, at, command);
    }
}

static void count_segment(struct laz_macho *macho, uint32_t kind, uint64_t at,
                          struct laz_view command)
{
    struct laz_macho_segment s;

    macho->segment_count += take_segment(macho, at, &s);
}

static void keep_segment(struct laz_macho *macho, uint32_t kind, uint64_t at,
                         struct laz_view command)
{
    struct laz_macho_segment s;

    if (take_segment(macho, at, &s))
        macho->segments_at[macho->segment_count++] = at;
}

/* The last one that says it holds. */
static void keep_entry(struct laz_macho *macho, uint32_t kind, uint64_t at, struct laz_view command)
{
    if ((kind != COMMAND_THREAD && kind != COMMAND_MAIN) || macho->entry_count == ENTRIES_MAX)
        return;
    macho->entry_count++;
    if (kind == COMMAND_THREAD)
        take_thread(macho, command);
    else
        take_main(macho, command);
}

bool laz_macho_open(struct laz_view file, struct laz_arena *arena, struct laz_macho *out)
{
    struct laz_macho macho = {.file = file};
    struct laz_view commands = file;

    if (!take_header(&commands, &macho))
        return false;
    walk(&macho, commands, count_segment);
    macho.segments_at = laz_arena_get_array(arena, macho.segment_count, sizeof *macho.segments_at);
    if (macho.segments_at == NULL)
        return false;
    macho.segment_count = 0;
    walk(&macho, commands, keep_segment);
    walk(&macho, commands, keep_entry);
    *out = macho;
    return true;
}

static uint64_t arch_stride(const struct laz_macho_fat *fat)
{
    return fat->is_64 ? ARCH_SIZE_64 : ARCH_SIZE_32;
}

/* A fat header is big-endian whatever its files are: one of the other order is known by its magic,
 * and its numbers are what they are. */
bool laz_macho_fat_open(struct laz_view file, struct laz_macho_fat *out)
{
    struct laz_macho_fat fat = {.file = file};
    struct laz_view v = file, archs;

    if (!laz_take_u32be(&v, &fat.magic) || !laz_take_u32be(&v, &fat.arch_count) ||
        (fat.magic != MAGIC_FAT && fat.magic != MAGIC_FAT_64 && fat.magic != MAGIC_FAT_OTHER &&
         fat.magic != MAGIC_FAT_64_OTHER))
        return false;
    fat.is_64 = fat.magic == MAGIC_FAT_64 || fat.magic == MAGIC_FAT_64_OTHER;
    fat.has_archs = laz_view_at(file, FAT_HEAD, fat.arch_count * arch_stride(&fat), &archs);
    *out = fat;
    return true;
}

bool laz_macho_arch(const struct laz_macho_fat *fat, uint64_t index, struct laz_macho_arch *out)
{
    struct laz_macho_arch arch = {.alignment = 0};
    struct laz_view v;
    uint32_t offset = 0, len = 0;
    bool ok;

    if (!fat->has_archs || index >= fat->arch_count)
        return false;
    v = laz_view_from_offset(fat->file, FAT_HEAD + index * arch_stride(fat));
    ok = laz_take_u32be(&v, &arch.cpu_type) && laz_take_u32be(&v, &arch.cpu_subtype);
    if (fat->is_64)
        ok = ok && laz_take_u64be(&v, &arch.offset) && laz_take_u64be(&v, &arch.size);
    else
        ok = ok && laz_take_u32be(&v, &offset) && laz_take_u32be(&v, &len);
    ok = ok && laz_take_u32be(&v, &arch.alignment);
    if (!ok)
        return false;
    if (!fat->is_64) {
        arch.offset = offset;
        arch.size = len;
    }
    *out = arch;
    return true;
}
