#include "match/fields.h"
#include "match/fields_ids.h"

/* What a program did, by a report of its run in a Cuckoo sandbox. */
static const struct laz_field fields[] = {
    {"cuckoo.network.dns_lookup()", "r", 'i', false, LAZ_CUCKOO_DNS_LOOKUP},
    {"cuckoo.network.http_get()", "r", 'i', false, LAZ_CUCKOO_HTTP_GET},
    {"cuckoo.network.http_post()", "r", 'i', false, LAZ_CUCKOO_HTTP_POST},
    {"cuckoo.network.http_request()", "r", 'i', false, LAZ_CUCKOO_HTTP_REQUEST},
    {"cuckoo.network.http_user_agent()", "r", 'i', false, LAZ_CUCKOO_HTTP_USER_AGENT},
    {"cuckoo.network.host()", "r", 'i', false, LAZ_CUCKOO_HOST},
    {"cuckoo.network.tcp()", "ri", 'i', false, LAZ_CUCKOO_TCP},
    {"cuckoo.network.udp()", "ri", 'i', false, LAZ_CUCKOO_UDP},
    {"cuckoo.registry.key_access()", "r", 'i', false, LAZ_CUCKOO_KEY_ACCESS},
    {"cuckoo.filesystem.file_access()", "r", 'i', false, LAZ_CUCKOO_FILE_ACCESS},
    {"cuckoo.sync.mutex()", "r", 'i', false, LAZ_CUCKOO_MUTEX},
};

const struct laz_field_table laz_fields_cuckoo = {"cuckoo", fields, sizeof fields / sizeof *fields};
