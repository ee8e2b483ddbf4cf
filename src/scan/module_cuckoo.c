/* module_cuckoo.c - YARA's module cuckoo: what a program did when it ran in a Cuckoo sandbox, by
 * the sandbox's report. */
#include "base/number.h"
#include "format/json_view.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

#define REPORT_LEN_MAX (64 * MIB)
#define TEXT_LEN_MAX   ((size_t)64 * 1024) /* of an address, a path or a name */

enum list { DOMAINS, DNS, HTTP, HOSTS, TCP, UDP, KEYS, FILES, MUTEXES, LISTS };

/* The report's lists, each as it stands; empty when the report has none. */
struct state {
    struct laz_modules *m;
    struct laz_view lists[LISTS];
    uint8_t *room; /* TEXT_LEN_MAX bytes for one text */
};

static bool open_report(struct laz_modules *m, void *state)
{
    static const struct {
        enum list list;
        const char *name;
    } of_network[] = {{DOMAINS, "domains"}, {DNS, "dns"}, {HTTP, "http"},
                      {HOSTS, "hosts"},     {TCP, "tcp"}, {UDP, "udp"}},
      of_summary[] = {{KEYS, "keys"}, {FILES, "files"}, {MUTEXES, "mutexes"}};
    struct laz_view report = m->input.cuckoo, network, summary;
    struct state *s = state;

    s->m = m;
    s->room = laz_modules_alloc(m, TEXT_LEN_MAX);
    if (s->room == NULL || report.len > REPORT_LEN_MAX || !laz_json_view_check(report))
        return false;
    for (size_t i = 0; i < 6 && laz_json_view_member(report, "network", &network); i++)
        laz_ignore(!laz_json_view_member(network, of_network[i].name,
                                         &s->lists[of_network[i].list])); /* stays empty */
    if (laz_json_view_member(report, "behavior", &summary) &&
        laz_json_view_member(summary, "summary", &summary))
        for (size_t i = 0; i < 3; i++)
            laz_ignore(!laz_json_view_member(summary, of_summary[i].name,
                                             &s->lists[of_summary[i].list])); /* stays empty */
    return true;
}

static bool matches(struct state *s, struct laz_view value, const struct laz_value *regex)
{
    struct laz_view text;

    return value.len <= TEXT_LEN_MAX && laz_json_view_text(value, s->room, &text) &&
           laz_modules_matches(s->m, regex, text);
}

static bool has_text(struct laz_view object, const char *name)
{
    struct laz_view value;

    return laz_json_view_member(object, name, &value) && value.data[0] == '"';
}

static bool member_matches(struct state *s, struct laz_view object, const char *name,
                           const struct laz_value *regex)
{
    struct laz_view value;

    return laz_json_view_member(object, name, &value) && matches(s, value, regex);
}

/* A method in whichever case. */
static bool has_method(struct state *s, struct laz_view request, const char *upper)
{
    struct laz_view value, text;

    if (!laz_json_view_member(request, "method", &value) || value.len > TEXT_LEN_MAX ||
        !laz_json_view_text(value, s->room, &text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (s->room[i] >= 'a' && s->room[i] <= 'z')
            s->room[i] = (uint8_t)(s->room[i] - 'a' + 'A');
    return laz_view_equal_text(text, upper);
}

static bool has_port(struct laz_view connection, int64_t port)
{
    struct laz_view value;
    int64_t n;

    return laz_json_view_member(connection, "dport", &value) && laz_json_view_number(value, &n) &&
           n == port;
}

static bool request_fits(struct state *s, int64_t id, struct laz_view item,
                         const struct laz_value *args)
{
    bool get = id != LAZ_CUCKOO_HTTP_POST && has_method(s, item, "GET");
    bool post = id != LAZ_CUCKOO_HTTP_GET && has_method(s, item, "POST");

    return (get || post) && member_matches(s, item, "uri", args);
}

static bool item_fits(struct state *s, int64_t id, enum list list, struct laz_view item,
                      const struct laz_value *args)
{
    switch (id) {
    case LAZ_CUCKOO_DNS_LOOKUP:
        return has_text(item, "ip") &&
               member_matches(s, item, list == DOMAINS ? "domain" : "hostname", args);
    case LAZ_CUCKOO_HTTP_GET:
    case LAZ_CUCKOO_HTTP_POST:
    case LAZ_CUCKOO_HTTP_REQUEST:
        return request_fits(s, id, item, args);
    case LAZ_CUCKOO_HTTP_USER_AGENT:
        return member_matches(s, item, "user-agent", args);
    case LAZ_CUCKOO_TCP:
    case LAZ_CUCKOO_UDP:
        return has_port(item, args[1].n) && member_matches(s, item, "dst", args);
    default:
        return matches(s, item, args);
    }
}

static enum list list_of(const struct state *s, int64_t id)
{
    switch (id) {
    case LAZ_CUCKOO_DNS_LOOKUP: /* older reports name it otherwise */
        return s->lists[DOMAINS].len > 0 ? DOMAINS : DNS;
    case LAZ_CUCKOO_HOST:
        return HOSTS;
    case LAZ_CUCKOO_TCP:
        return TCP;
    case LAZ_CUCKOO_UDP:
        return UDP;
    case LAZ_CUCKOO_KEY_ACCESS:
        return KEYS;
    case LAZ_CUCKOO_FILE_ACCESS:
        return FILES;
    case LAZ_CUCKOO_MUTEX:
        return MUTEXES;
    default:
        return HTTP;
    }
}

static bool some_item_fits(struct state *s, int64_t id, const struct laz_value *args)
{
    enum list list = list_of(s, id);
    struct laz_view rest, item;

    if (!laz_json_view_items(s->lists[list], &rest))
        return false;
    while (s->m->regex_steps_left > 0 && laz_json_view_item(&rest, &item))
        if (item_fits(s, id, list, item, args))
            return true;
    return false;
}

/* Without a report nothing was done. */
bool laz_module_cuckoo(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                       struct laz_value *out)
{
    struct state *s = laz_modules_state(m, LAZ_MODULE_CUCKOO, sizeof *s, open_report);

    *out =
        laz_value_number(s != NULL && some_item_fits(s, laz_fields_cuckoo.fields[index].n, args));
    return s == NULL || m->regex_steps_left > 0;
}
