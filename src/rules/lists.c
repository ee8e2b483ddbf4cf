#include "rules/lists.h"

#include "base/number.h"
#include "base/text.h"
#include "rules/lists_priv.h"

bool laz_list_make_room(struct laz_buf *b, size_t max)
{
    uint8_t *room;

    laz_buf_init(b, max);
    if (laz_buf_extend(b, max, &room) != LAZ_OK)
        return false;
    laz_buf_reset(b);
    return true;
}

enum laz_status laz_list_leave_out(struct laz_list_reader *r, enum laz_status status, uint32_t line,
                                   uint32_t column, const char *why, const char *remedy,
                                   struct laz_error *err)
{
    struct laz_error told;

    if (r->options->skipped == NULL)
        return laz_fail_at(err, status, "list", r->source->name, line, column, why, remedy);
    r->unsupported += status == LAZ_UNSUPPORTED;
    if (r->left_out++ < LAZ_LIST_TOLD_MAX) {
        laz_ignore(laz_fail_at(&told, status, "list", r->source->name, line, column, why, remedy));
        r->options->skipped(r->options->context, &told);
    }
    return LAZ_OK;
}

/* Words with which lists say that they have no name. */
static bool is_no_name(struct laz_view v)
{
    return v.len == 0 || laz_list_word_is(v, "n/a") || laz_list_word_is(v, "none") ||
           laz_list_word_is(v, "null") || laz_list_word_is(v, "unknown");
}

/* A word of printable characters: name and category come from anybody. */
static void add_word(struct laz_buf *b, struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        laz_ignore(laz_buf_add_u8(b, v.data[i] > ' ' && v.data[i] <= '~'
                                         ? v.data[i]
                                         : '_')); /* what is too long is cut */
}

static void add_name(struct laz_buf *b, struct laz_view list, struct laz_view name)
{
    add_word(b, list);
    if (is_no_name(name))
        return;
    add_word(b, laz_view_of("."));
    add_word(b, name);
}

/* The label "LIST.NAME", or "LIST". Most lists have one for all their entries. */
static uint32_t label_of(struct laz_list_reader *r, const struct laz_list_row *row)
{
    struct laz_view name = laz_view_trim(row->fields[LAZ_ROLE_NAME]);
    struct laz_view category = laz_view_trim(row->fields[LAZ_ROLE_CATEGORY]);
    bool is_usual = name.len == 0 && category.len == 0;
    struct laz_buf words, word;
    uint32_t label;

    if (is_usual && r->has_label)
        return r->label;
    laz_buf_init(&words, LAZ_KNOWN_NAME_SIZE);
    laz_buf_init(&word, LAZ_KNOWN_NAME_SIZE);
    add_name(&words, r->name, name);
    if (!is_no_name(category))
        add_word(&word, category);
    if (laz_buf_failed(&words) == LAZ_NOMEM || laz_buf_failed(&word) == LAZ_NOMEM)
        r->set->failed = true;
    label = laz_known_label_in(r->set, laz_buf_view(&words), r->source_text, laz_buf_view(&word));
    laz_buf_clear(&words);
    laz_buf_clear(&word);
    if (is_usual) {
        r->has_label = true;
        r->label = label;
    }
    return label;
}

static bool digest_kind_of(size_t digit_count, enum laz_digest_kind *out)
{
    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        if (digit_count == 2 * laz_digest_size((enum laz_digest_kind)kind)) {
            *out = (enum laz_digest_kind)kind;
            return true;
        }
    return false;
}

static bool add_digest(struct laz_list_reader *r, const struct laz_list_row *row,
                       struct laz_view digits)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    enum laz_digest_kind kind;
    uint64_t size = LAZ_DB_SIZE_ANY;

    if (!digest_kind_of(digits.len, &kind) || !laz_hex_decode(digits, digest, digits.len / 2))
        return false;
    if (row->fields[LAZ_ROLE_SIZE].len > 0 &&
        !laz_parse_u64(row->fields[LAZ_ROLE_SIZE], UINT64_MAX - 1, &size))
        return false;
    laz_known_add_digest(r->set, r->wanted.allow ? LAZ_HASH_ALLOW : LAZ_HASH_FILE, kind, digest,
                         size, label_of(r, row));
    return true;
}

static bool add_url(struct laz_list_reader *r, const struct laz_list_row *row, struct laz_view v)
{
    struct laz_url url;

    if (!laz_url_read(v, &url))
        return false;
    laz_known_add_url(r->set, &url, r->wanted.allow, label_of(r, row));
    return true;
}

static bool add_host(struct laz_list_reader *r, const struct laz_list_row *row, struct laz_view v)
{
    char host[LAZ_HOST_SIZE];

    if (!laz_host_read(v, host))
        return false;
    laz_known_add_host(r->set, host, r->wanted.allow, label_of(r, row));
    return true;
}

/* Also with a port, which is not asked for: ADDRESS:PORT of IPv4, [ADDRESS]:PORT. */
static bool add_address(struct laz_list_reader *r, const struct laz_list_row *row,
                        struct laz_view v)
{
    struct laz_address address;
    struct laz_view four = laz_view_first(v, laz_view_find_byte(v, ':'));
    struct laz_view six =
        laz_view_first(laz_view_from_offset(v, 1), laz_view_find_byte(v, ']') - 1);

    if (!laz_address_read(v, &address) && !laz_address_read(four, &address) &&
        (v.len == 0 || v.data[0] != '[' || !laz_address_read(six, &address)))
        return false;
    laz_known_add_address(r->set, &address, r->wanted.allow, label_of(r, row));
    return true;
}

static bool has_path(struct laz_view v)
{
    return laz_view_find_byte(v, '/') < v.len || laz_view_find_byte(v, '?') < v.len;
}

/* Host and port: only as a URL can the port be kept. */
static bool has_port(struct laz_view v)
{
    size_t colon = laz_view_find_byte(v, ':');
    uint64_t port;

    return laz_parse_u64(laz_view_from_offset(v, colon + 1), UINT16_MAX, &port);
}

static bool is_network(struct laz_view v)
{
    struct laz_address address;
    size_t slash = laz_view_find_byte(v, '/');
    uint64_t bits;

    return laz_address_read(laz_view_first(v, slash), &address) &&
           laz_parse_u64(laz_view_from_offset(v, slash + 1), UINT64_MAX, &bits);
}

static bool add_any(struct laz_list_reader *r, const struct laz_list_row *row, struct laz_view v)
{
    if (add_digest(r, row, v) || add_address(r, row, v))
        return true;
    if (!has_path(v) && has_port(v))
        return add_host(r, row, laz_view_first(v, laz_view_find_byte(v, ':')));
    if (is_network(v))
        return false; /* a prefix that is too long makes no URL of it */
    return has_path(v) ? add_url(r, row, v) : add_host(r, row, v);
}

/* What fits what the list was said to hold. */
static bool add_as_wanted(struct laz_list_reader *r, const struct laz_list_row *row,
                          enum laz_role role, struct laz_view v)
{
    switch (r->wanted.content) {
    case LAZ_LIST_OF_ANY:
        break;
    case LAZ_LIST_OF_HASHES:
        return role <= LAZ_ROLE_MD5 || role == LAZ_ROLE_INDICATOR ? add_digest(r, row, v) : false;
    case LAZ_LIST_OF_URLS:
        return add_url(r, row, v);
    case LAZ_LIST_OF_HOSTS:
        return add_host(r, row, v);
    case LAZ_LIST_OF_ADDRESSES:
        return add_address(r, row, v);
    }
    if (role <= LAZ_ROLE_MD5)
        return add_digest(r, row, v);
    if (role == LAZ_ROLE_URL)
        return add_url(r, row, v);
    if (role == LAZ_ROLE_ADDRESS)
        return add_address(r, row, v);
    return role == LAZ_ROLE_HOST && !has_path(v) ? add_host(r, row, v) || add_address(r, row, v)
                                                 : add_any(r, row, v);
}

static const char *expected_of(const struct laz_list_reader *r, enum laz_role role)
{
    static const char *const wanted[] = {NULL, "expected an MD5, SHA-1 or SHA-256 in hexadecimal",
                                         "expected a URL", "expected the name of a host",
                                         "expected an IPv4 or IPv6 address, or a network"};
    const char *text = wanted[r->wanted.content];

    if (text != NULL)
        return text;
    if (role <= LAZ_ROLE_MD5)
        return wanted[LAZ_LIST_OF_HASHES];
    if (role == LAZ_ROLE_URL)
        return wanted[LAZ_LIST_OF_URLS];
    if (role == LAZ_ROLE_HOST)
        return wanted[LAZ_LIST_OF_HOSTS];
    if (role == LAZ_ROLE_ADDRESS)
        return wanted[LAZ_LIST_OF_ADDRESSES];
    return "expected a digest, a URL, a host or an address";
}

enum laz_status laz_list_take(struct laz_list_reader *r, const struct laz_list_row *row,
                              struct laz_error *err)
{
    for (unsigned role = 0; role <= LAZ_ROLE_INDICATOR; role++) {
        struct laz_view v = laz_view_trim(row->fields[role]);

        if (is_no_name(v))
            continue;
        if (!add_as_wanted(r, row, (enum laz_role)role, v))
            return laz_list_leave_out(r, LAZ_INVALID, row->line, row->columns[role],
                                      expected_of(r, (enum laz_role)role), "", err);
        r->taken++;
        return laz_ruleset_failed(r->set, err);
    }
    return laz_list_leave_out(r, LAZ_INVALID, row->line, row->column,
                              expected_of(r, LAZ_ROLE_INDICATOR), "", err);
}

/* "pack/urlhaus.csv" is called "urlhaus". */
static struct laz_view stem_of(const char *path)
{
    struct laz_view v = laz_view_of(path), part, name = v;
    size_t dot;

    while (laz_take_until(&v, '/', &part))
        name = part;
    dot = laz_view_find_byte(name, '.');
    return dot == 0 ? name : laz_view_first(name, dot);
}

static laz_list_form_fn *form_of(const struct laz_source *source)
{
    struct laz_view text = source->text, first = laz_view_trim(laz_view_first(text, 4096));

    if (first.len > 0 && (first.data[0] == '{' || laz_view_starts(first, laz_view_of("[{")) ||
                          laz_view_ends_text(laz_view_of(source->name), ".json")))
        return laz_list_read_json;
    return laz_list_is_csv(text) || laz_view_ends_text(laz_view_of(source->name), ".csv")
               ? laz_list_read_csv
               : laz_list_read_plain;
}

enum laz_status laz_list_read(struct laz_ruleset *set, const struct laz_source *source,
                              const struct laz_source_options *options, uint32_t source_text,
                              uint32_t *fates, struct laz_error *err)
{
    struct laz_list_reader r = {
        .set = set, .source = source, .options = options, .source_text = source_text};
    enum laz_status s;
    char why[96];

    if (source->list != NULL && source->list[0] != '\0' &&
        !laz_list_kind_read(laz_view_of(source->list), &r.wanted, &r.name))
        return laz_fail(err, LAZ_INVALID, "list", source->name, "is of no kind that is known",
                        "expected " LAZ_LIST_KIND_WORDS);
    if (r.name.len == 0)
        r.name = stem_of(source->name);
    s = form_of(source)(&r, err);
    fates[LAZ_SOURCE_TAKEN] = (uint32_t)r.taken;
    fates[LAZ_SOURCE_UNSUPPORTED] = (uint32_t)r.unsupported;
    fates[LAZ_SOURCE_WRONG] = (uint32_t)(r.left_out - r.unsupported);
    fates[LAZ_SOURCE_ENDED] = (uint32_t)r.ended;
    if (s == LAZ_OK && r.left_out > LAZ_LIST_TOLD_MAX) {
        struct laz_error told;

        snprintf(why, sizeof why, "%llu more entries are like these",
                 (unsigned long long)(r.left_out - LAZ_LIST_TOLD_MAX));
        laz_ignore(laz_fail(&told, LAZ_INVALID, "list", source->name, why, ""));
        options->skipped(options->context, &told);
    }
    return s;
}
