#include "rules/pack.h"

#include <stdio.h>
#include <string.h>

#include "format/cvd.h"
#include "rules/language.h"
#include "sign/digest.h"

#define NAME_SIZE 1024

static enum laz_status check_md5(const struct laz_cvd *cvd, const char *name, struct laz_error *err)
{
    uint8_t md5[LAZ_DIGEST_SIZE_MAX];

    if (!cvd->has_md5)
        return laz_fail(err, LAZ_DAMAGED, "pack", name, "has no MD5 in its header", "get it again");
    if (laz_digest(LAZ_MD5, cvd->body, md5) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "pack", name, "no memory", "");
    if (memcmp(md5, cvd->md5, LAZ_CVD_MD5_SIZE) != 0)
        return laz_fail(err, LAZ_DAMAGED, "pack", name,
                        "its content does not have the MD5 that its header names", "get it again");
    return LAZ_OK;
}

static bool carries_signature(const struct laz_pack *pack)
{
    return laz_clamav_kind_of(laz_view_of(pack->source.name)).kind == LAZ_CLAMAV_PACK;
}

enum laz_status laz_pack_check(const struct laz_pack *pack, struct laz_error *err)
{
    const char *name = pack->source.name;
    struct laz_cvd cvd;
    enum laz_status s = laz_cvd_open(pack->source.text, name, &cvd, err);

    if (s != LAZ_OK)
        return s;
    if (!carries_signature(pack) && !pack->source.is_unsigned)
        return laz_fail(err, LAZ_DENIED, "pack", name, "carries no signature",
                        "it is taken from a folder that is root's or clamav's alone");
    if (!carries_signature(pack))
        return LAZ_OK;
    s = check_md5(&cvd, name, err);
    if (s == LAZ_OK && !laz_clamav_is_signed(pack->key, cvd.md5, cvd.signature))
        s = laz_fail(err, LAZ_DENIED, "pack", name, "is not signed by ClamAV",
                     "get it from ClamAV's own mirrors");
    if (s == LAZ_OK && pack->sign_file.len > 0)
        s = laz_clamav_check_detached(pack->key, pack->sign_file, name, pack->source.text,
                                      LAZ_PACK_SIGN_LEVEL, err);
    return s;
}

/* What is done with each list. */
struct reading {
    struct laz_ruleset *set;
    const struct laz_pack *pack;
    const struct laz_source_options *options; /* NULL: it is prepared */
};

static enum laz_status read_member(void *context, struct laz_view name, struct laz_view content,
                                   struct laz_error *err)
{
    struct reading *r = context;
    struct laz_source source = {.text = content, .is_unsigned = r->pack->source.is_unsigned};
    enum laz_language language = laz_language_of(name);
    char full[NAME_SIZE];

    if (language == LAZ_LANGUAGE_UNKNOWN || language == LAZ_LANGUAGE_PACK) {
        r->set->fates[LAZ_CLAMAV_NONE][LAZ_FATE_UNSUPPORTED] += r->options != NULL;
        return LAZ_OK;
    }
    snprintf(full, sizeof full, "%s/%.*s", r->pack->source.name, (int)name.len, name.data);
    source.name = full;
    return r->options == NULL ? laz_source_prepare(r->set, &source, err)
                              : laz_source_read(r->set, &source, r->options, err);
}

static enum laz_status read_members(struct reading *r, struct laz_error *err)
{
    struct laz_cvd cvd;
    enum laz_status s = laz_cvd_open(r->pack->source.text, r->pack->source.name, &cvd, err);

    return s == LAZ_OK ? laz_cvd_read(&cvd, r->pack->source.name, read_member, r, err) : s;
}

enum laz_status laz_pack_prepare(struct laz_ruleset *set, const struct laz_pack *pack,
                                 struct laz_error *err)
{
    struct reading r = {.set = set, .pack = pack};
    enum laz_status s;

    if (laz_language_of(laz_view_of(pack->source.name)) != LAZ_LANGUAGE_PACK)
        return laz_source_prepare(set, &pack->source, err);
    s = laz_pack_check(pack, err);
    return s == LAZ_OK ? read_members(&r, err) : s;
}

enum laz_status laz_pack_read(struct laz_ruleset *set, const struct laz_pack *pack,
                              const struct laz_source_options *options, struct laz_error *err)
{
    struct reading r = {.set = set, .pack = pack, .options = options};
    enum laz_status s = laz_source_read(set, &pack->source, options, err);

    if (s != LAZ_OK || laz_language_of(laz_view_of(pack->source.name)) != LAZ_LANGUAGE_PACK)
        return s;
    return read_members(&r, err); /* of the pack itself only the name was noted */
}
