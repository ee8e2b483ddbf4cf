/* Who signed a program: certificates that lists block, and those that they trust. */
#include "format/pe.h"
#include "match/known.h"
#include "scan/scan_priv.h"
#include "sign/authenticode.h"

#define SIGNATURES_MAX ((size_t)8 << 20) /* memory to read them in */

static bool is_listed(const struct laz_scanner *s, enum laz_hash_use use,
                      enum laz_certificate_use certificate, const struct laz_certificate_text *c,
                      struct laz_known *out)
{
    uint64_t size = laz_certificate_size(certificate);

    return c->has_mark &&
           (laz_database_find_digest(s->db, use, LAZ_DIGEST_SHA256, c->mark.exact, size, out) ||
            laz_database_find_digest(s->db, use, LAZ_DIGEST_SHA256, c->mark.any_serial, size, out));
}

static bool are_wanted(const struct laz_scanner *s, enum laz_hash_use use,
                       enum laz_certificate_use certificate)
{
    return laz_database_digests_wanted(s->db, use, laz_certificate_size(certificate)) != 0;
}

static bool read_signatures(const struct laz_pe *pe, bool verifies, struct laz_arena *arena,
                            struct laz_authenticode_list *out)
{
    struct laz_signed_parts parts = {.count = LAZ_PE_SIGNED_PARTS};
    struct laz_pe_signature signature;

    if (arena == NULL || !laz_pe_signature_read(pe, &signature))
        return false;
    for (unsigned i = 0; i < LAZ_PE_SIGNED_PARTS; i++)
        parts.parts[i] = signature.parts[i];
    return laz_authenticode_read(signature.pkcs7, verifies ? &parts : NULL, arena, out);
}

static bool find_blocked(const struct laz_scanner *s, const struct laz_authenticode_list *list,
                         struct laz_known *out)
{
    for (uint32_t i = 0; i < list->count; i++)
        for (uint32_t j = 0; j < list->items[i].certificates.count; j++)
            if (is_listed(s, LAZ_HASH_FILE, LAZ_CERTIFICATE_BLOCKED,
                          &list->items[i].certificates.items[j], out))
                return true;
    return false;
}

/* A blocked certificate is found whether the signature holds or not, as clamscan does it. */
bool laz_object_find_blocked(struct laz_scanner *s, const struct laz_pe *pe, struct laz_known *out)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *arena = NULL;
    struct laz_authenticode_list list;

    if (!are_wanted(s, LAZ_HASH_FILE, LAZ_CERTIFICATE_BLOCKED))
        return false;
    arena = laz_arena_new(SIGNATURES_MAX);
    return read_signatures(pe, false, arena, &list) && find_blocked(s, &list, out);
}

/* The signature holds, and the signer is trusted, or one of those who vouch for the signer. */
static bool is_trusted(const struct laz_scanner *s, const struct laz_authenticode *a)
{
    struct laz_known known;

    for (uint32_t i = 0; a->is_verified && i < a->proved_count && i < a->chain.count; i++)
        if (is_listed(s, LAZ_HASH_ALLOW, i == 0 ? LAZ_CERTIFICATE_SIGNER : LAZ_CERTIFICATE_ISSUER,
                      &a->chain.items[i], &known))
            return true;
    return false;
}

bool laz_object_is_trusted(struct laz_scanner *s)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *arena = NULL;
    struct laz_authenticode_list list;
    struct laz_known known;
    struct laz_pe pe;

    if (!are_wanted(s, LAZ_HASH_ALLOW, LAZ_CERTIFICATE_SIGNER) || !laz_pe_read(s->object, &pe))
        return false;
    arena = laz_arena_new(SIGNATURES_MAX);
    return read_signatures(&pe, true, arena, &list) && list.count > 0 &&
           is_trusted(s, &list.items[0]) && !find_blocked(s, &list, &known);
}
