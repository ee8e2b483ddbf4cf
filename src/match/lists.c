#include "match/lists.h"

#include "match/known_priv.h"
#include "match/known_text.h"

#define LEVELS_MAX 16 /* of a host above which lists are asked for */

static const char *const kind_names[LAZ_LIST_KINDS] = {"url", "host", "address"};

unsigned laz_database_lists_wanted(const struct laz_database *db)
{
    struct laz_view head = laz_view_from_offset(db->sections[LAZ_SECTION_KNOWN], 16);
    uint32_t lists = 0;

    laz_ignore(laz_take_u32le(&head, &lists)); /* none when the section is empty */
    return lists & ((1u << LAZ_LIST_KINDS) - 1);
}

static bool allows_text(const struct laz_database *db, struct laz_view text)
{
    struct laz_view all = db->sections[LAZ_SECTION_ALLOW_TEXTS];
    size_t low = 0, high = all.len / 4;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = laz_view_compare(
            laz_view_of(laz_database_text(db, laz_load_u32(all.data + middle * 4))), text);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The host without its first label; false when fewer than two would be left. */
static bool go_up(struct laz_view *host)
{
    struct laz_view up = laz_view_from_offset(*host, laz_view_find_byte(*host, '.') + 1);

    if (laz_view_find_byte(up, '.') == up.len)
        return false;
    *host = up;
    return true;
}

static bool allows_host(const struct laz_database *db, struct laz_view host)
{
    if (db->sections[LAZ_SECTION_ALLOW_TEXTS].len == 0)
        return false;
    for (unsigned i = 0; i < LEVELS_MAX; i++) {
        if (allows_text(db, host))
            return true;
        if (!go_up(&host))
            return false;
    }
    return false;
}

static bool find_text(const struct laz_database *db, enum laz_list_kind kind, struct laz_view text,
                      struct laz_known *out)
{
    struct laz_text_hash hash = laz_text_hash(text);
    uint32_t label;

    if (!laz_known_find(db, laz_known_key(hash.a, hash.b, laz_known_what_list(kind), 0), &label))
        return false;
    laz_known_fill(db, label, kind_names[kind], out);
    return true;
}

bool laz_database_find_host(const struct laz_database *db, const char *host, struct laz_known *out)
{
    struct laz_view v = laz_view_of(host);

    if ((laz_database_lists_wanted(db) & 1u << LAZ_LIST_HOST) == 0 || allows_host(db, v))
        return false;
    for (unsigned i = 0; i < LEVELS_MAX; i++) {
        if (find_text(db, LAZ_LIST_HOST, v, out))
            return true;
        if (!go_up(&v))
            return false;
    }
    return false;
}

static void clear_behind(uint8_t bytes[32], unsigned bits)
{
    for (unsigned i = 0; i < 16; i++)
        if (i * 8 >= bits)
            bytes[i] = 0;
        else if (bits - i * 8 < 8)
            bytes[i] &= (uint8_t)(0xff00u >> (bits - i * 8));
}

/* Whether some listed network, of those that allow or of the others, holds the address. */
static bool find_network(const struct laz_database *db, const struct laz_address *address,
                         bool allow, uint32_t *label)
{
    struct laz_view head = laz_view_from_offset(db->sections[LAZ_SECTION_KNOWN], 24);
    uint32_t what = laz_known_what_list(LAZ_LIST_ADDRESS);
    uint8_t bytes[32] = {0};
    uint64_t prefixes[3];

    for (unsigned i = 0; i < 3; i++)
        if (!laz_take_u64le(&head, &prefixes[i]))
            return false;
    memcpy(bytes, address->bytes, sizeof address->bytes);
    for (unsigned bits = address->prefix_bits + 1u; bits-- > 0;) {
        if ((prefixes[bits / 64] >> bits % 64 & 1) == 0)
            continue;
        clear_behind(bytes, bits);
        if (allow ? laz_known_allows(db, what, bytes, bits, label)
                  : laz_known_find(db, laz_known_key_of(bytes, what, bits), label))
            return true;
    }
    return false;
}

bool laz_database_find_address(const struct laz_database *db, const struct laz_address *address,
                               struct laz_known *out)
{
    uint32_t label;

    LAZ_ASSERT(address->prefix_bits <= 128);
    if ((laz_database_lists_wanted(db) & 1u << LAZ_LIST_ADDRESS) == 0 ||
        find_network(db, address, true, &label) || !find_network(db, address, false, &label))
        return false;
    laz_known_fill(db, label, kind_names[LAZ_LIST_ADDRESS], out);
    return true;
}

static bool is_allowed(const struct laz_database *db, const struct laz_url *url,
                       struct laz_view whole, struct laz_view plain)
{
    uint32_t label;

    return allows_text(db, whole) || allows_text(db, plain) ||
           (url->has_address ? find_network(db, &url->address, true, &label)
                             : allows_host(db, laz_view_of(url->host)));
}

bool laz_database_find_url(const struct laz_database *db, const struct laz_url *url,
                           struct laz_known *out)
{
    struct laz_view whole = laz_view_from(url->text, url->len);
    struct laz_view plain = laz_view_first(whole, url->query);
    unsigned wanted = laz_database_lists_wanted(db);

    if (wanted == 0 || is_allowed(db, url, whole, plain))
        return false;
    if ((wanted & 1u << LAZ_LIST_URL) != 0 &&
        (find_text(db, LAZ_LIST_URL, whole, out) ||
         (plain.len < whole.len && find_text(db, LAZ_LIST_URL, plain, out))))
        return true;
    return url->has_address ? laz_database_find_address(db, &url->address, out)
                            : laz_database_find_host(db, url->host, out);
}

uint64_t laz_database_list_count(const struct laz_database *db, enum laz_list_kind kind)
{
    return laz_known_count(db, LAZ_SIZES_COUNT + (unsigned)kind);
}
