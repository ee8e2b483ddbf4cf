#include "scan/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "format/tlsh.h"
#include "sign/digest.h"

#define NAMES_MAX    ((uint64_t)1 << 20)
#define TEXT_LEN_MAX ((size_t)16 * 1024 * 1024) /* all names; also what sorting them may cost */

#define BIND_GLOBAL        1
#define TYPE_FUNCTION      2
#define VISIBILITY_DEFAULT 0
#define SECTION_UNDEFINED  0

typedef bool wanted_fn(const struct laz_elf_symbol *s);

static bool is_import(const struct laz_elf_symbol *s)
{
    return s->section == SECTION_UNDEFINED;
}

/* What telfhash leaves out: names that say more of the compiler than of the program. */
static bool is_common(struct laz_view name)
{
    static const char *const names[] = {"main", "abort", "cachectl",   "cacheflush",
                                        "puts", "atol",  "malloc_trim"};

    if (name.data[0] == '_' || name.data[0] == '.' || laz_view_ends_text(name, "64") ||
        laz_view_starts(name, laz_view_of("str")) || laz_view_starts(name, laz_view_of("mem")))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (laz_view_equal_text(name, names[i]))
            return true;
    return false;
}

static bool is_own_function(const struct laz_elf_symbol *s)
{
    return s->type == TYPE_FUNCTION && s->bind == BIND_GLOBAL &&
           s->visibility == VISIBILITY_DEFAULT && !is_common(s->name);
}

static int order(const void *a, const void *b)
{
    return laz_view_compare(*(const struct laz_view *)a, *(const struct laz_view *)b);
}

static bool lower(struct laz_modules *m, struct laz_view name, struct laz_view *out)
{
    uint8_t *copy = laz_modules_alloc(m, name.len);

    if (copy == NULL)
        return false;
    for (size_t i = 0; i < name.len; i++)
        copy[i] = name.data[i] >= 'A' && name.data[i] <= 'Z' ? (uint8_t)(name.data[i] + 32)
                                                             : name.data[i];
    *out = laz_view_from(copy, name.len);
    return true;
}

/* The wanted names of table in names, which has room for count of them. False when a bound is
 * reached: a digest of some of the names would be that of another file. */
static bool take_names(struct laz_modules *m, const struct laz_elf *elf,
                       const struct laz_elf_symbols *table, wanted_fn *wanted,
                       struct laz_view *names, size_t *name_count, size_t *text_len)
{
    struct laz_elf_symbol s;

    *name_count = *text_len = 0;
    for (uint64_t i = 0; laz_elf_symbol(elf, table, i, &s); i++) {
        if (!s.has_name || s.name.len == 0 || !wanted(&s))
            continue;
        *text_len += s.name.len + 1;
        if (*text_len > TEXT_LEN_MAX || !lower(m, s.name, &names[(*name_count)++]))
            return false;
    }
    return *name_count > 0;
}

static bool join(struct laz_modules *m, const struct laz_view *names, size_t count, size_t len,
                 struct laz_view *out)
{
    uint8_t *text = laz_modules_alloc(m, len);
    size_t at = 0;

    if (text == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        memcpy(text + at, names[i].data, names[i].len);
        at += names[i].len;
        text[at++] = ',';
    }
    *out = laz_view_from(text, at - 1);
    return true;
}

static bool list_names(struct laz_modules *m, const struct laz_elf *elf, wanted_fn *wanted,
                       struct laz_view *out)
{
    const struct laz_elf_symbols *table =
        elf->dynamic_symbols.is_there ? &elf->dynamic_symbols : &elf->symbols;
    struct laz_view *names;
    size_t count, len;

    if (table->count == 0 || table->count > NAMES_MAX)
        return false;
    names = laz_modules_alloc(m, table->count * sizeof *names);
    if (names == NULL || !take_names(m, elf, table, wanted, names, &count, &len))
        return false;
    qsort(names, count, sizeof *names, order);
    return join(m, names, count, len, out);
}

bool laz_symbols_import_md5(struct laz_modules *m, const struct laz_elf *elf, struct laz_value *out)
{
    char digits[LAZ_MD5_SIZE * 2 + 1];
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    struct laz_view text;

    if (!list_names(m, elf, is_import, &text) || laz_digest(LAZ_MD5, text, digest) != LAZ_OK)
        return false;
    laz_hex_encode(laz_view_from(digest, LAZ_MD5_SIZE), digits);
    *out = laz_modules_text(m, digits, LAZ_MD5_SIZE * 2);
    return true;
}

bool laz_symbols_telfhash(struct laz_modules *m, const struct laz_elf *elf, struct laz_value *out)
{
    char digits[LAZ_TLSH_SIZE];
    struct laz_view text;

    if (!list_names(m, elf, is_own_function, &text) || !laz_tlsh(text, digits))
        return false;
    *out = laz_modules_text(m, digits, LAZ_TLSH_SIZE - 1);
    return true;
}
