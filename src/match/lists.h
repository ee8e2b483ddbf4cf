/* lists.h - URLs, hosts and addresses that a database lists, in one canonical form each.
 *
 *   host     lower case, without a dot at its end; labels of letters, digits, "-" and "_", of at
 *            most 63 bytes, 253 in all. Punycode (xn--) stays as it is; other letters than ASCII's
 *            are not taken: a list that holds them writes them as punycode, as links do on the
 * wire. address  IPv4 in four decimal numbers without zeros before them, or IPv6 in any form of RFC
 *            4291; IPv4 mapped into IPv6 is IPv4. A network has the bits behind its prefix cleared.
 *   URL      without scheme, user and fragment: HOST[:PORT]PATH[?QUERY], with the port only when it
 *            is neither 80 for http nor 443 for https; an empty path is "/". In path and query,
 *            %XX of what needs no escape (letters, digits, "-._~") is that character, every other
 *            %XX has upper case digits, a "%" that begins none is "%25"; "." and ".." are taken out
 *            of the path. IPv6 stands in brackets, as 32 digits.
 *
 * "hxxp", "[.]" and "(.)", by which lists and reports keep links from being followed, are read as
 * what they stand for. */
#ifndef LAZ_MATCH_LISTS_H
#define LAZ_MATCH_LISTS_H

#include "match/known.h"

enum laz_list_kind { LAZ_LIST_URL, LAZ_LIST_HOST, LAZ_LIST_ADDRESS };
#define LAZ_LIST_KINDS 3

#define LAZ_HOST_SIZE 254  /* with a NUL */
#define LAZ_URL_SIZE  2048 /* with a NUL; a longer one is not looked up */

struct laz_address {
    uint8_t bytes[16];   /* IPv4 as ::ffff:a.b.c.d */
    uint8_t prefix_bits; /* 128: one address */
};

struct laz_url {
    char text[LAZ_URL_SIZE];  /* canonical */
    size_t len, query;        /* where "?" stands, or len */
    char host[LAZ_HOST_SIZE]; /* "" when it is an address */
    bool has_address;
    struct laz_address address;
};

/* False when v is no such thing. */
bool laz_host_read(struct laz_view v, char out[LAZ_HOST_SIZE]);
bool laz_address_read(struct laz_view v, struct laz_address *out); /* "a", "a/bits" */
/* With or without a scheme; one that is neither http, https nor ftp is not taken. */
bool laz_url_read(struct laz_view v, struct laz_url *out);

/* Which kinds the database lists: bit 1 << kind. Nothing need be looked for when it is 0. */
unsigned laz_database_lists_wanted(const struct laz_database *db);

/* The URL itself, then without its query; then its host or address. out's kind says which: "url",
 * "host" or "address". False also when an allow list has the URL, its host, one above it, or its
 * address. */
bool laz_database_find_url(const struct laz_database *db, const struct laz_url *url,
                           struct laz_known *out);
/* The host or one above it, down to two labels. */
bool laz_database_find_host(const struct laz_database *db, const char *host, struct laz_known *out);
/* The address or a network that it lies in. */
bool laz_database_find_address(const struct laz_database *db, const struct laz_address *address,
                               struct laz_known *out);

uint64_t laz_database_list_count(const struct laz_database *db, enum laz_list_kind kind);

#endif
