#include "agent/guard_weigh.h"

#include <string.h>
#include <strings.h>

/* The bar is 100. A file that is encrypted in place shows two or three of the first
 * four and weighs 13 to 21, with a new extension 5 more, so 4 to 8 such files stop the actor:
 * CryptoDrop's median was 10 of 5,099. One file never weighs more than FILE_MAX_POINTS of guard.c,
 * however often it is written, so that a database, a container or a single encrypted file stays
 * below. */
#define W_ENTROPY_RISE     8.0f /* towards 8 bits a byte, no type, and even: chi-square */
#define W_TYPE_LOST        8.0f
#define W_TYPE_CHANGED     5.0f /* another type at the same name, nothing of the old content left */
#define W_CONTENT_LOST     5.0f
#define W_PARTLY_ENCRYPTED 13.0f /* stripes: the type may survive */
#define W_HEADER_DESTROYED 8.0f

/* What counts as encrypted. Random bytes: 7.95 bits a byte in 4 KiB, chi-square 255 +- 23. */
#define EVEN_ENTROPY_MIN  7.8
#define SMALL_ENTROPY_MIN 7.0 /* 256 random bytes have 7.17 +- 0.04 */
#define SMALL_SIZE        4096u
#define EVEN_CHI2_MAX     350.0
#define RISE_MIN          0.5 /* bits a byte */
#define LOST_SIMILARITY   0.05
#define SHARE_MIN         0.05 /* of blocks; LockBit's kind takes one block in 16 or more */

static bool is_one_of(const char *type, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(type, names[i]) == 0)
            return true;
    return false;
}

/* Compressed forms, whose content is as even as encrypted content, and the extensions that go with
 * them: their type alone could be put in front of anything. */
static bool is_packed(const char *type)
{
    static const char *const packed[] = {
        "gzip", "bzip2",    "xz",       "zstd", "lz4",      "lzip", "lzop", "lrzip",
        "rzip", "lzma",     "compress", "zip",  "7z",       "rar",  "rar5", "cab",
        "xar",  "squashfs", "zpaq",     "rpm",  "jpeg",     "png",  "jp2",  "webp",
        "mp4",  "mp3",      "flac",     "ogg",  "matroska", "woff", "woff2"};

    return is_one_of(type, packed, sizeof packed / sizeof *packed);
}

/* Forms that say of themselves that they are encrypted. */
static bool is_locked(const char *type)
{
    static const char *const locked[] = {"salted", "pgp", "age", "luks"};

    return is_one_of(type, locked, sizeof locked / sizeof *locked);
}

struct laz_view laz_guard_extension(struct laz_view path)
{
    size_t at = path.len;

    while (at > 0 && path.data[at - 1] != '.' && path.data[at - 1] != '/')
        at--;
    if (at == 0 || path.data[at - 1] == '/')
        return (struct laz_view){NULL, 0};
    return laz_view_from_offset(path, at);
}

static bool is_packed_extension(struct laz_view path)
{
    static const char *const known[] = {
        "gz",   "tgz",  "bz2",  "tbz",   "xz",  "txz", "zst",  "tzst", "lz4",  "lz",
        "lzma", "zip",  "7z",   "rar",   "cab", "jar", "war",  "apk",  "whl",  "epub",
        "docx", "xlsx", "pptx", "odt",   "ods", "odp", "odg",  "docm", "xlsm", "pptm",
        "vsdx", "kmz",  "xpi",  "ipa",   "deb", "rpm", "jpg",  "jpeg", "png",  "webp",
        "gif",  "heic", "mp4",  "m4a",   "mov", "mkv", "webm", "ogg",  "oga",  "flac",
        "mp3",  "jp2",  "woff", "woff2", "lzo", "lrz", "sqfs", "rz",   "z",    "svgz",
        "dcm",  "tmp",  "part", "new",   "bak", "swp", "npz"};
    struct laz_view extension = laz_guard_extension(path);

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (extension.len == strlen(known[i]) &&
            strncasecmp((const char *)extension.data, known[i], extension.len) == 0)
            return true;
    return false;
}

bool laz_guard_is_even(const struct laz_change *c)
{
    if (c->new_size < SMALL_SIZE)
        return c->new_entropy_max >= SMALL_ENTROPY_MIN || (c->new_size > 0 && c->new_size < 256);
    return c->new_entropy_max >= EVEN_ENTROPY_MIN && c->new_chi2 > 0 && c->new_chi2 < EVEN_CHI2_MAX;
}

/* Encrypted, or compressed without saying so; a compressed type under a name that does not go with
 * it is taken for a mask. */
bool laz_guard_is_encrypted(const struct laz_change *c, struct laz_view path)
{
    bool masked = c->new_known_type && is_packed(c->new_type) && !is_packed_extension(path);

    return laz_guard_is_even(c) && c->new_entropy >= SMALL_ENTROPY_MIN &&
           (!c->new_known_type || masked || is_locked(c->new_type));
}

bool laz_guard_is_text(const char *type)
{
    return strcmp(type, "text") == 0;
}

static void weigh_lost(const struct laz_change *c, bool encrypted, struct laz_guard_weight *w)
{
    bool had_type = c->old_known_type || laz_guard_is_text(c->old_type);
    bool has_type =
        (c->new_known_type && !is_locked(c->new_type)) || laz_guard_is_text(c->new_type);
    bool lost = c->similarity < LOST_SIMILARITY;
    /* Less than a block is encrypted of a small file: not even as a whole, but no text any more. */
    bool risen = c->new_entropy - c->old_entropy >= RISE_MIN;

    if (encrypted && risen)
        w->of[LAZ_GUARD_ENTROPY_RISE] = W_ENTROPY_RISE;
    if (had_type && !has_type && (encrypted || lost || risen || c->header_only))
        w->of[LAZ_GUARD_TYPE_LOST] = W_TYPE_LOST;
    else if (c->old_known_type && has_type && lost && strcmp(c->old_type, c->new_type) != 0)
        w->of[LAZ_GUARD_TYPE_CHANGED] = W_TYPE_CHANGED;
    if (lost && (encrypted || w->of[LAZ_GUARD_TYPE_LOST] > 0 || w->of[LAZ_GUARD_TYPE_CHANGED] > 0))
        w->of[LAZ_GUARD_CONTENT_LOST] = W_CONTENT_LOST;
    if (c->header_only)
        w->of[LAZ_GUARD_HEADER_DESTROYED] = W_HEADER_DESTROYED;
}

/* Stripes raise single blocks of content that was not even before. Old content that was as even
 * says nothing here: there, only the lost type does. */
static void weigh_stripes(const struct laz_change *c, struct laz_guard_weight *w)
{
    bool plain_before = c->old_entropy < SMALL_ENTROPY_MIN && !is_packed(c->old_type);

    if (w->of[LAZ_GUARD_ENTROPY_RISE] <= 0 && plain_before && laz_guard_is_even(c) &&
        c->encrypted_share >= SHARE_MIN && !is_packed(c->new_type))
        w->of[LAZ_GUARD_PARTLY_ENCRYPTED] = W_PARTLY_ENCRYPTED;
}

void laz_guard_weigh(const struct laz_change *c, struct laz_view path, struct laz_guard_weight *out)
{
    weigh_lost(c, laz_guard_is_encrypted(c, path), out);
    weigh_stripes(c, out);
}
