/* What the command line needs to know of lists: which files are some. */
#include <string.h>

#include "base/text.h"
#include "match/lists.h"
#include "rules/lists.h"
#include "rules/lists_priv.h"

#define LOOKED_AT ((size_t)64 << 10)
#define LINES_MAX 20

bool laz_list_kind_read(struct laz_view text, struct laz_list_kind_wanted *out,
                        struct laz_view *name)
{
    static const char *const words[] = {"list", "hashes", "urls", "hosts", "addresses"};
    struct laz_view word = laz_view_first(text, laz_view_find_byte(text, '='));

    *name = laz_view_from_offset(text, word.len + 1);
    out->allow = laz_view_starts(word, laz_view_of("allow-")) && laz_skip(&word, 6);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_equal_text(word, words[i])) {
            out->content = (enum laz_list_content)i;
            return true;
        }
    return false;
}

bool laz_list_word_is(struct laz_view v, const char *text)
{
    if (v.len != strlen(text))
        return false;
    for (size_t i = 0; i < v.len; i++)
        if ((v.data[i] | (v.data[i] >= 'A' && v.data[i] <= 'Z' ? 0x20 : 0)) != (uint8_t)text[i])
            return false;
    return true;
}

enum laz_role laz_role_of(struct laz_view name)
{
    static const struct {
        const char *name;
        enum laz_role role;
    } roles[] = {
        {"sha256_hash", LAZ_ROLE_SHA256},
        {"sha256", LAZ_ROLE_SHA256},
        {"sha1_hash", LAZ_ROLE_SHA1},
        {"sha1", LAZ_ROLE_SHA1},
        {"md5_hash", LAZ_ROLE_MD5},
        {"md5", LAZ_ROLE_MD5},
        {"url", LAZ_ROLE_URL},
        {"host", LAZ_ROLE_HOST},
        {"hostname", LAZ_ROLE_HOST},
        {"domain", LAZ_ROLE_HOST},
        {"dst_ip", LAZ_ROLE_ADDRESS},
        {"ip_address", LAZ_ROLE_ADDRESS},
        {"ip", LAZ_ROLE_ADDRESS},
        {"ioc_value", LAZ_ROLE_INDICATOR},
        {"ioc", LAZ_ROLE_INDICATOR},
        {"indicator", LAZ_ROLE_INDICATOR},
        {"hash", LAZ_ROLE_INDICATOR},
        {"file_size", LAZ_ROLE_SIZE},
        {"size", LAZ_ROLE_SIZE},
        {"signature", LAZ_ROLE_NAME},
        {"malware_printable", LAZ_ROLE_NAME},
        {"malware", LAZ_ROLE_NAME},
        {"family", LAZ_ROLE_NAME},
        {"threat_name", LAZ_ROLE_NAME},
        {"threat_type", LAZ_ROLE_CATEGORY},
        {"threat", LAZ_ROLE_CATEGORY},
        {"category", LAZ_ROLE_CATEGORY},
    };

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (laz_list_word_is(name, roles[i].name))
            return roles[i].role;
    return LAZ_ROLE_NONE;
}

enum laz_role laz_list_guess(struct laz_view v)
{
    static const struct {
        size_t digits;
        enum laz_role role;
    } digests[] = {{32, LAZ_ROLE_MD5}, {40, LAZ_ROLE_SHA1}, {64, LAZ_ROLE_SHA256}};
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    char host[LAZ_HOST_SIZE];
    struct laz_address address;
    struct laz_url url;

    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        if (v.len == digests[i].digits && laz_hex_decode(v, digest, v.len / 2))
            return digests[i].role;
    if (laz_view_find(v, laz_view_of("://")) < v.len)
        return laz_url_read(v, &url) ? LAZ_ROLE_URL : LAZ_ROLE_NONE;
    if (laz_address_read(v, &address))
        return LAZ_ROLE_ADDRESS;
    return laz_host_read(v, host) ? LAZ_ROLE_HOST : LAZ_ROLE_NONE;
}

static struct laz_view unquoted(struct laz_view v)
{
    v = laz_view_trim(v);
    if (v.len >= 2 && v.data[0] == '"' && v.data[v.len - 1] == '"')
        v = laz_view_first(laz_view_from_offset(v, 1), v.len - 2);
    return v;
}

static bool is_header(struct laz_view line)
{
    struct laz_view field;
    unsigned known = 0, count = 0;

    while (laz_take_until(&line, ',', &field)) {
        known += laz_role_of(unquoted(field)) <= LAZ_ROLE_INDICATOR;
        count++;
    }
    return count > 1 && known > 0;
}

/* Some field of the line is something that lists hold. */
static bool is_entry(struct laz_view line)
{
    struct laz_view rest = line, field, word;

    while (laz_take_until(&rest, ',', &field)) {
        field = unquoted(field);
        word = laz_view_first(field, laz_view_find_byte(field, ' '));
        if (laz_list_guess(word) != LAZ_ROLE_NONE && (word.len == field.len || word.len > 6))
            return true;
    }
    return false;
}

static bool looks_like_json(struct laz_view text)
{
    static const char *const words[] = {"\"indicator\"",   "\"to_ids\"",     "\"ioc_value\"",
                                        "\"sha256_hash\"", "\"ip_address\"", "\"urlhaus_link\""};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_find(text, laz_view_of(words[i])) < text.len)
            return true;
    return false;
}

bool laz_list_looks_like(struct laz_view text)
{
    struct laz_view rest = laz_view_first(text, LOOKED_AT), line;
    unsigned entries = 0, others = 0;

    line = laz_view_trim(rest);
    if (line.len > 0 && (line.data[0] == '{' || line.data[0] == '['))
        return looks_like_json(line);
    while (entries + others < LINES_MAX && laz_take_until(&rest, '\n', &line)) {
        line = laz_view_trim(line);
        if (is_header(line.len > 0 && line.data[0] == '#' ? laz_view_from_offset(line, 1) : line))
            return true;
        if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';' || line.data[0] == '!')
            continue;
        entries += is_entry(line);
        others += !is_entry(line);
    }
    return entries > 0 && others * 10 <= entries;
}
