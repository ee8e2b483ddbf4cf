#include "format/pe_priv.h"

#define CHECKSUM_PLACE     64  /* in the optional header of both kinds */
#define SECURITY_PE32      128 /* the directory's entry in it */
#define SECURITY_PE32_PLUS 144
#define CERTIFICATE_HEAD   8 /* length, revision, type */

/* What is signed is the file up to the signature, without the checksum and without the entry that
 * says where the signature is, for both are written afterwards. */
static bool find_parts(const struct laz_pe *pe, uint64_t end, struct laz_view *parts)
{
    uint64_t checksum = pe->optional_offset + CHECKSUM_PLACE;
    uint64_t entry = pe->optional_offset + (pe->is_64bit ? SECURITY_PE32_PLUS : SECURITY_PE32);

    return entry + 8 <= end && laz_view_at(pe->file, 0, checksum, &parts[0]) &&
           laz_view_at(pe->file, checksum + 4, entry - checksum - 4, &parts[1]) &&
           laz_view_at(pe->file, entry + 8, end - entry - 8, &parts[2]);
}

bool laz_pe_signature_read(const struct laz_pe *pe, struct laz_pe_signature *out)
{
    struct laz_pe_directory d;
    struct laz_view v;
    uint32_t len;

    *out = (struct laz_pe_signature){0};
    if (!laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_SECURITY, &d) || d.address == 0 ||
        d.size < CERTIFICATE_HEAD || !laz_view_at(pe->file, d.address, d.size, &v))
        return false;
    /* The length within counts: the entry's may be smaller. */
    v = laz_view_from_offset(pe->file, d.address);
    if (!laz_take_u32le(&v, &len) || len <= CERTIFICATE_HEAD || !laz_skip(&v, 4) ||
        !laz_take(&v, len - CERTIFICATE_HEAD, &out->pkcs7))
        return false;
    if (!find_parts(pe, d.address, out->parts))
        *out->parts = out->parts[1] = out->parts[2] = laz_view_from(NULL, 0);
    return true;
}
