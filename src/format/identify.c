#include "format/identify.h"

#include <stddef.h>

#include "format/identify_priv.h"

struct magic {
    struct laz_type type;
    uint32_t offset;
    const char *bytes;
    uint8_t len;
};

#define MAGIC(name, group, id, offset, bytes)                                                      \
    {                                                                                              \
        {name, LAZ_TYPE_##group, LAZ_TYPE_##id, true, false}, offset, bytes, sizeof(bytes) - 1     \
    }
#define WEAK(name, group, id, offset, bytes)                                                       \
    {                                                                                              \
        {name, LAZ_TYPE_##group, LAZ_TYPE_##id, true, true}, offset, bytes, sizeof(bytes) - 1      \
    }

/* From each format's own description; the first that fits wins, so longer and surer ones stand
 * before shorter ones. */
static const struct magic magics[] = {
    MAGIC("zip", ARCHIVE, ZIP, 0, "PK\x03\x04"),
    MAGIC("zip", ARCHIVE, ZIP, 0, "PK\x05\x06"),
    MAGIC("zip", ARCHIVE, ZIP, 0, "PK00PK\x03\x04"),
    MAGIC("zip", ARCHIVE, ZIP, 0, "PK\x07\x08PK\x03\x04"),
    MAGIC("7z", ARCHIVE, 7Z, 0, "7z\xBC\xAF\x27\x1C"),
    MAGIC("rar", ARCHIVE, RAR, 0, "Rar!\x1A\x07\x00"),
    MAGIC("rar5", ARCHIVE, RAR, 0, "Rar!\x1A\x07\x01\x00"),
    MAGIC("cab", ARCHIVE, CAB, 0, "MSCF\0\0\0\0"),
    MAGIC("xar", ARCHIVE, XAR, 0, "xar!"),
    MAGIC("ar", ARCHIVE, AR, 0, "!<arch>\n"),
    MAGIC("cpio", ARCHIVE, CPIO, 0, "070701"),
    MAGIC("cpio", ARCHIVE, CPIO, 0, "070702"),
    MAGIC("cpio", ARCHIVE, CPIO, 0, "070707"),
    WEAK("cpio", ARCHIVE, CPIO, 0, "\xC7\x71"),
    WEAK("cpio", ARCHIVE, CPIO, 0, "\x71\xC7"),
    MAGIC("warc", ARCHIVE, WARC, 0, "WARC/1."),
    MAGIC("tar", ARCHIVE, TAR, 257, "ustar"),
    MAGIC("iso", ARCHIVE, ISO, 32769, "CD001"),
    MAGIC("gzip", STREAM, GZIP, 0, "\x1F\x8B\x08"),
    MAGIC("xz", STREAM, XZ, 0,
          "\xFD"
          "7zXZ\0"),
    MAGIC("lzip", STREAM, LZIP, 0, "LZIP\x01"),
    MAGIC("zstd", STREAM, ZSTD, 0, "\x28\xB5\x2F\xFD"),
    MAGIC("lz4", STREAM, LZ4, 0, "\x04\x22\x4D\x18"),
    WEAK("compress", STREAM, COMPRESS, 0, "\x1F\x9D"),
    MAGIC("rpm", STREAM, RPM, 0, "\xED\xAB\xEE\xDB"),
    MAGIC("pdf", ARCHIVE, PDF, 0, "%PDF-"),
    MAGIC("rtf", MIXED, RTF, 0, "{\\rt"),
    MAGIC("elf", MIXED, ELF, 0,
          "\x7F"
          "ELF"),
    MAGIC("ole2", CLOSED, OLE2, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
    MAGIC("macho", PLAIN, MACHO, 0, "\xCA\xFE\xBA\xBE\0\0\0\x02"),
    MAGIC("macho", PLAIN, MACHO, 0, "\xCF\xFA\xED\xFE"),
    MAGIC("macho", PLAIN, MACHO, 0, "\xCE\xFA\xED\xFE"),
    MAGIC("java", PLAIN, JAVA, 0, "\xCA\xFE\xBA\xBE\0\0\0"),
    MAGIC("flash", PLAIN, FLASH, 0, "FWS"),
    MAGIC("flash", CLOSED, FLASH, 0, "CWS"),
    MAGIC("flash", CLOSED, FLASH, 0, "ZWS"),
    /* Pictures, sound and film: their content is what they show. */
    MAGIC("png", PLAIN, PICTURE, 0, "\x89PNG\r\n\x1A\n"),
    MAGIC("jpeg", PLAIN, PICTURE, 0, "\xFF\xD8\xFF"),
    MAGIC("gif", PLAIN, PICTURE, 0, "GIF8"),
    MAGIC("tiff", PLAIN, PICTURE, 0, "II*\0"),
    MAGIC("tiff", PLAIN, PICTURE, 0, "MM\0*"),
    MAGIC("webp", PLAIN, PICTURE, 8, "WEBP"),
    MAGIC("ico", PLAIN, PICTURE, 0, "\0\0\1\0"),
    MAGIC("psd", PLAIN, PICTURE, 0, "8BPS"),
    MAGIC("djvu", PLAIN, PICTURE, 0, "AT&TFORM"),
    MAGIC("jp2", PLAIN, PICTURE, 0, "\0\0\0\x0CjP  "),
    MAGIC("dicom", PLAIN, OTHER, 128, "DICM"),
    MAGIC("mp4", PLAIN, OTHER, 4, "ftyp"),
    MAGIC("matroska", PLAIN, OTHER, 0, "\x1A\x45\xDF\xA3"),
    MAGIC("ogg", PLAIN, OTHER, 0, "OggS"),
    MAGIC("flac", PLAIN, OTHER, 0, "fLaC"),
    MAGIC("wav", PLAIN, OTHER, 8, "WAVE"),
    MAGIC("avi", PLAIN, OTHER, 8, "AVI "),
    MAGIC("mp3", PLAIN, OTHER, 0, "ID3"),
    MAGIC("midi", PLAIN, OTHER, 0, "MThd"),
    /* Data with a name. */
    MAGIC("sqlite", PLAIN, OTHER, 0, "SQLite format 3"),
    MAGIC("woff", PLAIN, OTHER, 0, "wOFF"),
    MAGIC("woff2", PLAIN, OTHER, 0, "wOF2"),
    MAGIC("ttf", PLAIN, OTHER, 0, "\0\1\0\0\0"),
    MAGIC("otf", PLAIN, OTHER, 0, "OTTO"),
    MAGIC("wasm", PLAIN, OTHER, 0, "\0asm"),
    MAGIC("lnk", PLAIN, OTHER, 0, "L\0\0\0\x01\x14\x02\0"),
    MAGIC("registry", PLAIN, OTHER, 0, "regf"),
    MAGIC("access", PLAIN, OTHER, 4, "Standard Jet DB"),
    MAGIC("access", PLAIN, OTHER, 4, "Standard ACE DB"),
    MAGIC("pcap", PLAIN, OTHER, 0, "\xD4\xC3\xB2\xA1"),
    MAGIC("gettext", PLAIN, OTHER, 0, "\xDE\x12\x04\x95"),
    MAGIC("postscript", PLAIN, OTHER, 0, "%!PS"),
    /* Containers that nothing here opens. */
    MAGIC("ace", CLOSED, OTHER, 7, "**ACE**"),
    MAGIC("chm", CLOSED, OTHER, 0, "ITSF\3\0\0\0"),
    MAGIC("szdd", CLOSED, OTHER, 0, "SZDD\x88\xF0\x27\x33"),
    MAGIC("kwaj", CLOSED, OTHER, 0, "KWAJ\x88\xF0\x27\xD1"),
    MAGIC("tnef", CLOSED, OTHER, 0, "\x78\x9F\x3E\x22"),
    MAGIC("sis", CLOSED, OTHER, 4, "\x12\x3A\x00\x10"),
    MAGIC("sis", CLOSED, OTHER, 8, "\x19\x04\x00\x10"),
    MAGIC("sis", CLOSED, OTHER, 0, "\x7A\x1A\x20\x10"),
    MAGIC("binhex", CLOSED, OTHER, 0, "(This file must be converted with BinHex"),
    MAGIC("installshield", CLOSED, OTHER, 0, "ISc("),
    MAGIC("alz", CLOSED, OTHER, 0, "ALZ\1"),
    MAGIC("egg", CLOSED, OTHER, 0, "EGGA"),
    MAGIC("zoo", CLOSED, OTHER, 20, "\xDC\xA7\xC4\xFD"),
    MAGIC("stuffit", CLOSED, OTHER, 0, "StuffIt (c)"),
    MAGIC("stuffit", CLOSED, OTHER, 0, "SIT!"),
    MAGIC("wim", CLOSED, OTHER, 0, "MSWIM\0\0\0"),
    MAGIC("lrzip", CLOSED, OTHER, 0, "LRZI"),
    MAGIC("lzop", CLOSED, OTHER, 0, "\x89LZO\0\r\n\x1A\n"),
    MAGIC("rzip", CLOSED, OTHER, 0, "RZIP"),
    MAGIC("zpaq", CLOSED, OTHER, 0, "7kSt"),
    MAGIC("zpaq", CLOSED, OTHER, 0, "zPQ"),
    MAGIC("squashfs", CLOSED, OTHER, 0, "hsqs"),
    MAGIC("cramfs", CLOSED, OTHER, 0, "\x45\x3D\xCD\x28"),
    MAGIC("romfs", CLOSED, OTHER, 0, "-rom1fs-"),
    MAGIC("qcow2", CLOSED, OTHER, 0, "QFI\xFB"),
    MAGIC("vmdk", CLOSED, OTHER, 0, "KDMV"),
    MAGIC("vdi", CLOSED, OTHER, 64, "\x7F\x10\xDA\xBE"),
    MAGIC("vhd", CLOSED, OTHER, 0, "conectix"),
    MAGIC("vhdx", CLOSED, OTHER, 0, "vhdxfile"),
    MAGIC("ext", CLOSED, OTHER, 1080, "\x53\xEF\x01\x00"),
    MAGIC("ext", CLOSED, OTHER, 1080, "\x53\xEF\x02\x00"),
    MAGIC("ntfs", CLOSED, OTHER, 3, "NTFS    "),
    MAGIC("pst", CLOSED, OTHER, 0, "!BDN"),
    MAGIC("git-pack", CLOSED, OTHER, 0, "PACK\0\0\0\2"),
    MAGIC("luks", LOCKED, OTHER, 0, "LUKS\xBA\xBE"),
    MAGIC("pgp", LOCKED, OTHER, 0, "-----BEGIN PGP MESSAGE-----"),
    MAGIC("age", LOCKED, OTHER, 0, "age-encryption.org/v1"),
    MAGIC("salted", LOCKED, OTHER, 0, "Salted__"),
    MAGIC("autoit", CLOSED, OTHER, 0, "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9"),
    MAGIC("nsis", CLOSED, OTHER, 4, "\xEF\xBE\xAD\xDENullsoftInst"),
    MAGIC("onenote", CLOSED, OTHER, 0, "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D"),
};

static const struct laz_type type_data = {"data", LAZ_TYPE_PLAIN, LAZ_TYPE_OTHER, false, false};
static const struct laz_type type_empty = {"empty", LAZ_TYPE_PLAIN, LAZ_TYPE_OTHER, false, false};
static const struct laz_type type_text = {"text", LAZ_TYPE_MIXED, LAZ_TYPE_TEXT, false, false};
static const struct laz_type type_html = {"html", LAZ_TYPE_MIXED, LAZ_TYPE_HTML, true, false};
static const struct laz_type type_mail = {"mail", LAZ_TYPE_MIXED, LAZ_TYPE_MAIL, true, false};
static const struct laz_type type_uu = {"uuencode", LAZ_TYPE_STREAM, LAZ_TYPE_UU, true, false};
static const struct laz_type type_pe = {"pe", LAZ_TYPE_MIXED, LAZ_TYPE_PE, true, false};
static const struct laz_type type_dos = {"dos", LAZ_TYPE_MIXED, LAZ_TYPE_PE, true, false};
static const struct laz_type type_tar = {"tar", LAZ_TYPE_ARCHIVE, LAZ_TYPE_TAR, true, true};
static const struct laz_type type_lha = {"lha", LAZ_TYPE_ARCHIVE, LAZ_TYPE_LHA, true, false};
static const struct laz_type type_bzip2 = {"bzip2", LAZ_TYPE_STREAM, LAZ_TYPE_BZIP2, true, false};
static const struct laz_type type_lzma = {"lzma", LAZ_TYPE_STREAM, LAZ_TYPE_LZMA, true, false};
static const struct laz_type type_bmp = {"bmp", LAZ_TYPE_PLAIN, LAZ_TYPE_PICTURE, true, false};
static const struct laz_type type_arj = {"arj", LAZ_TYPE_CLOSED, LAZ_TYPE_OTHER, true, false};
static const struct laz_type type_dmg = {"dmg", LAZ_TYPE_CLOSED, LAZ_TYPE_OTHER, true, false};

#define TAR_HEADER_SIZE  512
#define TAR_SUM_OFFSET   148
#define TAR_SUM_SIZE     8
#define DMG_TRAILER_SIZE 512
#define BMP_HEADER_MIN   26

static const struct laz_type *find_magic(struct laz_view bytes)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        struct laz_view part;

        if (laz_view_at(bytes, magics[i].offset, magics[i].len, &part) &&
            laz_view_equal(part, laz_view_from(magics[i].bytes, magics[i].len)))
            return &magics[i].type;
    }
    return NULL;
}

/* The sum of a tar header is written in octal digits among blanks and NULs (POSIX ustar). */
static bool read_octal(struct laz_view v, uint32_t *out)
{
    uint32_t sum = 0;
    unsigned digits = 0;

    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.data[i];

        if (c >= '0' && c <= '7') {
            sum = sum * 8 + (c - '0');
            digits++;
        } else if (digits > 0 || (c != ' ' && c != 0)) {
            break;
        }
    }
    *out = sum;
    return digits > 0;
}

/* Tar before POSIX has no magic: its header's sum is what tells it. */
static bool is_old_tar(struct laz_view bytes)
{
    struct laz_view header, digits;
    uint32_t expected, sum = 0;

    if (!laz_view_at(bytes, 0, TAR_HEADER_SIZE, &header) ||
        !laz_view_at(header, TAR_SUM_OFFSET, TAR_SUM_SIZE, &digits) || header.data[0] == 0 ||
        !read_octal(digits, &expected))
        return false;
    for (size_t i = 0; i < header.len; i++)
        sum += i >= TAR_SUM_OFFSET && i < TAR_SUM_OFFSET + TAR_SUM_SIZE ? ' ' : header.data[i];
    return sum == expected;
}

/* "-lh5-" at 2: method of LHA, or of its relatives. */
static bool is_lha(struct laz_view bytes)
{
    struct laz_view method;

    return laz_view_at(bytes, 2, 5, &method) && method.data[0] == '-' && method.data[1] == 'l' &&
           (method.data[2] == 'h' || method.data[2] == 'z') && method.data[4] == '-';
}

/* "BZh", a size of blocks, and the magic of a block or of the end of a stream of none. */
static bool is_bzip2(struct laz_view bytes)
{
    struct laz_view magic;

    return laz_view_starts(bytes, laz_view_of("BZh")) && laz_view_at(bytes, 4, 6, &magic) &&
           bytes.data[3] >= '1' && bytes.data[3] <= '9' &&
           (laz_view_equal_text(magic, "1AY&SY") ||
            laz_view_equal_text(magic, "\x17\x72\x45\x38\x50\x90"));
}

/* No magic either: the property byte, a dictionary of 2^n or 2^n + 2^(n-1), and a size that is
 * unknown or below 256 GiB, as xz itself checks. */
static bool is_lzma(struct laz_view bytes)
{
    uint8_t properties;
    uint32_t dictionary, low;
    uint64_t size;

    if (!laz_take_u8(&bytes, &properties) || properties != 0x5D ||
        !laz_take_u32le(&bytes, &dictionary) || !laz_take_u64le(&bytes, &size))
        return false;
    low = dictionary & -dictionary;
    return dictionary >= 4096 && (dictionary == low || dictionary == low * 3) &&
           (size == UINT64_MAX || size < (uint64_t)1 << 38);
}

/* "BM", the file's size, four zero bytes, and where the picture starts. */
static bool is_bmp(struct laz_view bytes)
{
    uint32_t size, zero, offset;
    uint64_t len = bytes.len;

    return len >= BMP_HEADER_MIN && laz_view_starts(bytes, laz_view_of("BM")) &&
           laz_skip(&bytes, 2) && laz_take_u32le(&bytes, &size) && laz_take_u32le(&bytes, &zero) &&
           laz_take_u32le(&bytes, &offset) && zero == 0 && offset < len;
}

/* The main header: its size, at most 2600, and the file type 2, which only it has. */
static bool is_arj(struct laz_view bytes)
{
    uint16_t magic, size;
    uint8_t file_type;

    return laz_take_u16le(&bytes, &magic) && magic == 0xEA60 && laz_take_u16le(&bytes, &size) &&
           size <= 2600 && laz_skip(&bytes, 6) && laz_take_u8(&bytes, &file_type) && file_type == 2;
}

static bool is_dmg(struct laz_view bytes)
{
    struct laz_view trailer;

    return bytes.len >= DMG_TRAILER_SIZE &&
           laz_view_at(bytes, bytes.len - DMG_TRAILER_SIZE, 4, &trailer) &&
           laz_view_equal_text(trailer, "koly");
}

const struct laz_type *laz_identify(struct laz_view bytes)
{
    const struct laz_type *found;

    if (bytes.len == 0)
        return &type_empty;
    found = find_magic(bytes);
    if (found != NULL)
        return found;
    if (laz_view_starts(bytes, laz_view_of("MZ")) || laz_view_starts(bytes, laz_view_of("ZM")))
        return laz_pe_has_header(bytes) ? &type_pe : &type_dos;
    if (is_old_tar(bytes))
        return &type_tar;
    if (is_lha(bytes))
        return &type_lha;
    if (is_bzip2(bytes))
        return &type_bzip2;
    if (is_lzma(bytes))
        return &type_lzma;
    if (is_bmp(bytes))
        return &type_bmp;
    if (is_arj(bytes))
        return &type_arj;
    if (is_dmg(bytes))
        return &type_dmg;
    switch (laz_text_kind(bytes)) {
    case LAZ_TEXT_NONE:
        return &type_data;
    case LAZ_TEXT_PLAIN:
        return &type_text;
    case LAZ_TEXT_HTML:
        return &type_html;
    case LAZ_TEXT_MAIL:
        return &type_mail;
    case LAZ_TEXT_UU:
        return &type_uu;
    }
    return &type_data;
}
